import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Cluster } from '../support/cluster.js';
import type { NodeProcess } from '../support/nodeProcess.js';
import { backends } from './support/backends/kinds.js';
import { redisPlain } from './support/backends/redis.js';
import { closeTransports, mcpUrl, on, seen } from './support/fixture.js';
import { Wire } from './support/wire.js';

async function officialClient({ proxy }: Cluster) {
    const transport = new StreamableHTTPClientTransport(new URL(proxy.url));
    const client = new Client({ name: 'official', version: '1.0.0' });
    await client.connect(transport);
    return { client, transport };
}

async function echo(client: Client, text: string): Promise<unknown> {
    return ((await client.callTool({ name: 'echo', arguments: { text } })).content as { text: string }[])[0]?.text;
}

const counts = ['servers', 'begun', 'initialized', 'restored', 'closed', 'transports'] as const;

/** By how much each count of these nodes grew while something was done. */
async function growth(nodes: readonly NodeProcess[], act: () => Promise<void>): Promise<Record<string, number>[]> {
    const before = await Promise.all(nodes.map(seen));
    await act();
    const after = await Promise.all(nodes.map(seen));
    return after.map((all, index) => Object.fromEntries(counts.map(count => [count, all[count] - before[index]![count]])));
}

describe.each([...backends, redisPlain])('on $name', kind => {
    const fixture = on(kind);
    /** Two nodes that are counted or replaced, and three. */
    let pair: Cluster;
    let three: Cluster;

    beforeAll(async () => {
        pair = await fixture.cluster(2);
        three = await fixture.cluster(3);
    });
    afterEach(async () => {
        await Promise.all(three.nodes.filter(node => !node.isRunning).map(node => node.start()));
    });

    describe('sessions on several nodes', () => {
        it('S1: 200 mixed requests of the official client are all answered, by two nodes about equally', async () => {
            const { client } = await officialClient(pair);
            const before = pair.proxy.served();
            const kinds = [
                async (n: number) => expect(await echo(client, `text ${n}`)).toBe(`text ${n}`),
                async () => expect((await client.listTools()).tools.length).toBeGreaterThan(0),
                async () => expect((await client.listResources()).resources[0]?.uri).toBe('note://one'),
                async () => expect((await client.getPrompt({ name: 'greet' })).messages).toHaveLength(1),
                async () => expect(await client.ping()).toEqual({})
            ];
            const lanes = Array.from({ length: 4 }, async (_, lane) => {
                for (let n = lane; n < 200; n += 4) await kinds[n % kinds.length]?.(n);
            });
            await Promise.all(lanes);

            const served = pair.proxy.served();
            const shares = pair.nodes.map(({ name }) => (served[name] ?? 0) - (before[name] ?? 0));
            expect(shares[0]! + shares[1]!).toBeGreaterThanOrEqual(200);
            expect(Math.abs(shares[0]! - shares[1]!)).toBeLessThanOrEqual(10);
            expect(pair.proxy.passed.every(({ status }) => status < 400)).toBe(true);
            await client.close();
        });

        it('S2: every node is replaced one by one, then all at once, and the client goes on with its session', async () => {
            const { client, transport } = await officialClient(pair);
            const { sessionId } = transport;
            for (const node of pair.nodes) {
                await node.kill();
                expect(await echo(client, 'one less')).toBe('one less');
                await node.start();
                for (const text of ['a', 'b', 'c', 'd']) expect(await echo(client, text)).toBe(text);
            }
            await Promise.all(pair.nodes.map(node => node.kill()));
            await Promise.all(pair.nodes.map(node => node.start()));
            for (const text of ['a', 'b', 'c', 'd']) expect(await echo(client, text)).toBe(text);
            expect(transport.sessionId).toBe(sessionId);
            await client.close();
        });

        it('S3: neither SIGTERM nor close() ends a session', async () => {
            const [a, b] = three.nodes;
            const wire = new Wire(mcpUrl(a!));
            await wire.begin();
            expect(await wire.at(mcpUrl(b!)).tool('echo', { text: 'warm' })).toBe('warm');

            await closeTransports(b!);
            expect((await seen(b!)).transports).toBe(0);
            expect(await wire.at(mcpUrl(b!)).tool('echo', { text: 'closed' })).toBe('closed');

            await Promise.all([a!.terminate(), b!.terminate()]);
            expect([a!.isRunning, b!.isRunning]).toEqual([false, false]);
            await b!.start();
            expect(await wire.at(mcpUrl(b!)).tool('echo', { text: 'new process' })).toBe('new process');
        });

        it('S4: initialized, three lists and a GET sent at once to other nodes all succeed', async () => {
            const [a, b, c] = three.nodes.map(mcpUrl);
            for (let round = 0; round < 20; round++) {
                const wire = new Wire(a!);
                await wire.initialize();
                const [onB, onC] = [wire.at(b!), wire.at(c!)];
                const [confirmed, tools, resources, prompts, stream] = await Promise.all([
                    onB.notify('notifications/initialized'),
                    onC.request('tools/list', {}, {}, 1),
                    onB.request('resources/list', {}, {}, 2),
                    onC.request('prompts/list', {}, {}, 3),
                    onB.open()
                ]);
                expect([confirmed.status, tools.status, resources.status, prompts.status, stream.status]).toEqual([
                    202, 200, 200, 200, 200
                ]);
                expect(tools.messages[0]?.result?.['tools']).toBeDefined();
                expect(resources.messages[0]?.result?.['resources']).toBeDefined();
                expect(prompts.messages[0]?.result?.['prompts']).toBeDefined();
                stream.close();
            }
        });

        it('S5: fifty first requests at one cold node make one recovery, one server and fifty right answers', async () => {
            const [a, b] = three.nodes;
            const wire = new Wire(mcpUrl(a!));
            await wire.begin();
            const onB = wire.at(mcpUrl(b!));
            const grown = await growth([b!], async () => {
                const answers = await Promise.all(
                    Array.from({ length: 50 }, (_, n) =>
                        onB.request('tools/call', { name: 'echo', arguments: { text: `text ${n}` } }, {}, n)
                    )
                );
                answers.forEach((answer, n) => {
                    expect(answer.messages).toEqual([
                        { jsonrpc: '2.0', id: n, result: { content: [{ type: 'text', text: `text ${n}` }] } }
                    ]);
                });
            });
            expect(grown).toMatchObject([{ servers: 1, restored: 1, transports: 1 }]);
        });

        it('S14: what tools keep is seen by both nodes, and updates of both at once all count', async () => {
            const [a, b] = pair.nodes;
            const wire = new Wire(mcpUrl(a!));
            await wire.begin();
            const nodes = [wire, wire.at(mcpUrl(b!))];
            for (const n of [1, 2, 3, 4]) expect(await nodes[n % 2]!.tool('tally')).toBe(`${n}`);
            const tallies = await Promise.all(Array.from({ length: 16 }, (_, n) => nodes[n % 2]!.tool('tally')));
            expect(tallies.map(Number).sort((x, y) => x - y)).toEqual(Array.from({ length: 16 }, (_, n) => n + 5));
        });

        it('S7: oninitialized fires once per session, onsessionrestored once per recovery, onsessionclosed once where DELETE arrives', async () => {
            const [a, b, c] = three.nodes;
            const wire = new Wire(mcpUrl(a!));
            const grown = await growth([a!, b!, c!], async () => {
                await wire.initialize();
                const [onB, onC] = [wire.at(mcpUrl(b!)), wire.at(mcpUrl(c!))];
                expect((await onB.notify('notifications/initialized')).status).toBe(202);
                // A client that repeats itself, on every node.
                for (const at of [wire, onB, onC]) expect((await at.notify('notifications/initialized')).status).toBe(202);
                await onC.tool('echo', { text: 'x' });
                expect((await onC.end()).status).toBe(200);
            });
            expect(grown).toMatchObject([
                { begun: 1, initialized: 0, restored: 0, closed: 0 },
                { begun: 0, initialized: 1, restored: 1, closed: 0 },
                { begun: 0, initialized: 0, restored: 1, closed: 1 }
            ]);
        });

        it('S7: of DELETEs that arrive on three nodes at the same moment one calls onsessionclosed', async () => {
            const { nodes } = three;
            const wires = nodes.map(node => new Wire(mcpUrl(node)));
            const sessions = 20;
            const grown = await growth(nodes, async () => {
                for (let n = 0; n < sessions; n++) {
                    const wire = wires[n % 3]!;
                    await wire.begin();
                    const answers = await Promise.all(nodes.map(node => wire.at(mcpUrl(node)).end()));
                    const statuses = answers.map(({ status }) => status);
                    expect(statuses).toContain(200);
                    for (const status of statuses) expect([200, 404]).toContain(status);
                    wire.sessionId = undefined;
                }
            });
            expect(grown.reduce((sum, { closed = 0 }) => sum + closed, 0)).toBe(sessions);
        });
    });
});
