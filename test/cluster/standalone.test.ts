import { connect } from 'node:net';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Cluster } from '../support/cluster.js';
import type { NodeProcess } from '../support/nodeProcess.js';
import { backends } from './support/backends/kinds.js';
import { closeTransports, Fixture, mcpUrl, on } from './support/fixture.js';
import { officialClient } from './support/officialClient.js';
import { sessionAt } from './support/sessionAt.js';
import { NOT_FOUND, type Wire } from './support/wire.js';
import { logged, type WireStream } from './support/wireStream.js';

const paused = new Set<NodeProcess>();

function pause(node: NodeProcess): void {
    process.kill(node.pid!, 'SIGSTOP');
    paused.add(node);
}

function goOn(node: NodeProcess): void {
    paused.delete(node);
    process.kill(node.pid!, 'SIGCONT');
}

const words = (name: string, to: number, from = 1) => Array.from({ length: to - from + 1 }, (_, index) => `${name}-${from + index}`);
const say = (wire: Wire, name: string, to: number) => wire.tool('notify', { name, to });

async function take(stream: WireStream, count: number): Promise<unknown[]> {
    const messages = [];
    while (messages.length < count) messages.push(logged(await stream.next()));
    return messages;
}

/** Nothing came before this: what a stream gets next is what is said now. */
async function expectNext(stream: WireStream, by: Wire, name: string): Promise<void> {
    await say(by, name, 1);
    expect(await take(stream, 1)).toEqual([`${name}-1`]);
}

/** A stream that the server ends, with a hint before the end, and without a message. */
async function expectHungUp(stream: WireStream, retryMs?: string): Promise<void> {
    expect(await stream.rest()).toEqual([]);
    expect(stream.seen.at(-1)?.retry).toEqual(retryMs ?? (expect.stringMatching(/^\d+$/) as string));
}

/** Opens the standalone stream as soon as it is no longer refused. */
async function letIn(wire: Wire, lastEventId?: string): Promise<WireStream> {
    let stream: WireStream | undefined;
    await Fixture.until('it is let in', async () => {
        stream = await wire.listen(lastEventId);
        return stream.status === 200;
    });
    return stream!;
}

describe.each(backends)('on $name', kind => {
    const fixture = on(kind);

    /** Clusters of the nodes A, B and C: one where a newer GET takes over, and one where it is rejected. */
    let cluster: Cluster;
    let strict: Cluster;
    beforeAll(async () => {
        cluster = await fixture.cluster(3, { BACKEND: 'whole', RETRY_MS: '250' });
        strict = await fixture.cluster(3, { BACKEND: 'whole', STANDALONE: 'reject' });
    });
    afterEach(async () => {
        paused.forEach(goOn);
        await Promise.all([...cluster.nodes, ...strict.nodes].filter(node => !node.isRunning).map(node => node.start()));
    });

    describe('messages that belong to no request', { timeout: 60_000 }, () => {
        it('X5: of three nodes at once reach the one GET, each once and in the order of its sender', async () => {
            const wires = await sessionAt(cluster.nodes);
            for (const wire of wires) {
                const stream = await wire.listen();
                await Promise.all(wires.flatMap((by, index) => [say(by, `${index}a`, 20), say(by, `${index}b`, 20)]));
                const heard = (await take(stream, 120)) as string[];
                for (const name of ['0a', '0b', '1a', '1b', '2a', '2b']) {
                    expect(heard.filter(word => word.startsWith(`${name}-`))).toEqual(words(name, 20));
                }
                await expectNext(stream, wires[0], 'last');
                await stream.cut();
            }
        });

        it('X5: wait while no GET is open, for the next one on any node, and are not said again', async () => {
            const wires = await sessionAt(cluster.nodes);
            for (const [turn, wire] of [...wires, ...wires].entries()) {
                for (const [index, by] of wires.entries()) await say(by, `${turn}${index}`, 2);
                const stream = await wire.listen();
                expect(await take(stream, 6)).toEqual([...words(`${turn}0`, 2), ...words(`${turn}1`, 2), ...words(`${turn}2`, 2)]);
                await stream.cut();
            }
        });

        it('X5: outlive the node that said them, and the node where the GET was open', async () => {
            const [a, b] = await sessionAt(cluster.nodes);
            await say(a, 'early', 3);
            await cluster.nodes[0]!.kill();
            const stream = await b.listen();
            expect(await take(stream, 3)).toEqual(words('early', 3));

            await cluster.nodes[0]!.start();
            await say(a.at(mcpUrl(cluster.nodes[0]!)), 'anew', 3);
            expect(await take(stream, 1)).toEqual(['anew-1']);
            await cluster.nodes[1]!.kill();
            await expect(take(stream, 10)).rejects.toThrow();
            const heard = stream.seen.flatMap(({ data }) => (data ? [logged(JSON.parse(data) as object)] : []));

            const third = a.at(mcpUrl(cluster.nodes[2]!));
            await say(third, 'late', 2);
            const next = await third.listen(stream.lastEventId);
            const rest = await take(next, 8 - heard.length);
            expect([...heard, ...rest]).toEqual([...words('early', 3), ...words('anew', 3), ...words('late', 2)]);
            await expectNext(next, third, 'last');
            await next.cut();
        });

        it('X5: reach the official client once and in order, while its GET is cut and comes back elsewhere', async () => {
            const { client, heard, tool } = await officialClient(cluster.proxy.url);
            try {
                await tool('notify', { name: '0', to: 5 });
                await Fixture.until('it listens', () => heard.length === 5);
                for (const turn of [1, 2, 3]) {
                    const said = tool('notify', { name: `${turn}`, to: 60 });
                    cluster.proxy.cut('GET');
                    await said;
                    await tool('notify', { name: `${turn} later`, to: 5 });
                    await Fixture.until('all of it is heard', () => heard.includes(`${turn} later-5`));
                }
                expect(heard).toEqual([
                    ...words('0', 5),
                    ...[1, 2, 3].flatMap(turn => [...words(`${turn}`, 60), ...words(`${turn} later`, 5)])
                ]);
            } finally {
                await client.close();
            }
        });
    });

    describe('a second GET', { timeout: 60_000 }, () => {
        it('L7, L8: takes over from the older one, on another node or on the same, and the older one ends with a hint', async () => {
            const wires = await sessionAt(cluster.nodes);
            let older = await wires[0].listen();
            for (const [turn, wire] of [wires[1], wires[2], wires[2], wires[0]].entries()) {
                await expectNext(older, wires[turn % 3]!, `before ${turn}`);
                const newer = await wire.listen();
                await expectHungUp(older, '15000');
                await expectNext(newer, wires[(turn + 1) % 3]!, `after ${turn}`);
                older = newer;
            }
            await older.cut();
        });

        it('L7: of ten at the same moment on three nodes one stays open, and it alone gets what is said', async () => {
            const wires = await sessionAt(cluster.nodes);
            const streams = await Promise.all(Array.from({ length: 10 }, (_, index) => wires[index % 3]!.listen()));
            expect(streams.map(({ status }) => status)).toEqual(Array(10).fill(200));
            await say(wires[0], 'said', 3);
            const heard = await Promise.all(
                streams.map(async stream => {
                    const priming = await stream.event();
                    const first = priming?.data === '' ? await stream.event() : priming;
                    return first?.data ? [logged(JSON.parse(first.data) as object), ...(await take(stream, 2))] : [];
                })
            );
            expect(heard.filter(({ length }) => length > 0)).toEqual([words('said', 3)]);
            await Promise.all(streams.map(stream => stream.cut()));
        });

        it('L7: of another principal takes nothing over', async () => {
            const wires = await sessionAt(cluster.nodes, { headers: { authorization: 'Bearer token1-of-alice' } });
            const stream = await wires[0].listen();
            for (const wire of wires) {
                const refused = await wire.at(wire.url, { authorization: 'Bearer token1-of-mallory' }).listen();
                expect([refused.status, await refused.body()]).toEqual([404, NOT_FOUND]);
            }
            await expectNext(stream, wires[1], 'still open');
            await stream.cut();
        });

        it('L7: takes over from one whose node does not answer, and that one ends when its node is back', async () => {
            const [a, b, c] = await sessionAt(cluster.nodes);
            const older = await a.listen();
            await expectNext(older, c, 'before');
            pause(cluster.nodes[0]!);
            const newer = await b.listen(older.lastEventId);
            await expectNext(newer, c, 'meanwhile');
            goOn(cluster.nodes[0]!);
            await expectHungUp(older);
            await expectNext(newer, a, 'after');
            await newer.cut();
        });

        it('L7: takes over from one that nobody reads', async () => {
            const [a, b, c] = await sessionAt(cluster.nodes);
            const { hostname, port } = new URL(a.url);
            const socket = connect(Number(port), hostname);
            socket.write(`GET /mcp HTTP/1.1\r\nhost: ${hostname}\r\naccept: text/event-stream\r\nmcp-session-id: ${a.sessionId}\r\n\r\n`);
            let text = await new Promise<string>(resolve => socket.once('data', chunk => resolve(String(chunk))));
            expect(text).toMatch(/^HTTP\/1\.1 200 /);
            socket.pause();
            const newer = await b.listen();
            await expectNext(newer, c, 'to the newer');
            socket.on('data', chunk => (text += String(chunk))).resume();
            // The answer's last chunk: the server has ended it.
            await Fixture.until('the older one has ended', () => text.endsWith('0\r\n\r\n'));
            expect(text).toContain('retry: 15000\n\n');
            expect(text).not.toContain('to the newer');
            socket.destroy();
            await newer.cut();
        });

        it('L7: with reject gets 409 on every node while the older one is open, and is let in when that is gone', async () => {
            const wires = await sessionAt(strict.nodes);
            const all = await Promise.all(Array.from({ length: 9 }, (_, index) => wires[index % 3]!.listen()));
            expect(all.map(({ status }) => status).sort()).toEqual([200, ...Array<number>(8).fill(409)]);
            const older = all.find(({ status }) => status === 200)!;
            for (const wire of wires) {
                const refused = await wire.listen();
                expect([refused.status, JSON.parse(await refused.body())]).toMatchObject([409, { error: { code: -32000 } }]);
            }
            await expectNext(older, wires[1], 'still open');
            await older.cut();
            const next = await letIn(wires[2]);
            await expectNext(next, wires[0], 'to the next');
            await next.cut();
        });

        it('L7: with reject is let in when the node of the older one was killed, or does not answer', async () => {
            const [a, b, c] = await sessionAt(strict.nodes);
            const first = await a.listen();
            expect((await b.listen()).status).toBe(409);
            await strict.nodes[0]!.kill();
            const second = await letIn(b);
            await expectNext(second, c, 'after the first');
            expect((await c.listen()).status).toBe(409);

            pause(strict.nodes[1]!);
            const third = await letIn(c, second.lastEventId);
            await expectNext(third, c, 'after the second');
            goOn(strict.nodes[1]!);
            await expectHungUp(second);
            await expectNext(third, b, 'last');
            await Promise.all([first, third].map(stream => stream.cut()));
        });
    });

    describe('a connection that the server closes', { timeout: 60_000 }, () => {
        it('L8: is told before when to come back: its tool closes it, or its node lets the session go', async () => {
            const [a, b, c] = await sessionAt(cluster.nodes);
            const first = await b.listen();
            await expectNext(first, a, 'first');
            // On whichever node the tool runs.
            await c.tool('closeStandalone');
            await expectHungUp(first, '250');

            const second = await b.listen(first.lastEventId);
            await expectNext(second, a, 'second');
            const call = await b.call('count', { name: 'n', to: 1000, intervalMs: 20 });
            expect(await take(call, 1)).toEqual(['n-1']);
            await closeTransports(cluster.nodes[1]!);
            await expectHungUp(second, '250');
            await call.rest();
            expect(call.seen.at(-1)?.retry).toBe('250');

            const third = await c.listen(second.lastEventId);
            await expectNext(third, a, 'third');
            await cluster.nodes[2]!.terminate();
            await expectHungUp(third, '250');
        });
    });
});
