import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { McpError } from '@modelcontextprotocol/sdk/types.js';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Cluster } from '../support/cluster.js';
import type { NodeProcess } from '../support/nodeProcess.js';
import { backends } from './support/backends/kinds.js';
import { Fixture, mcpUrl, on, seen } from './support/fixture.js';
import type { NodeRecord } from './support/sentRecorder.js';
import { responsesIn, storedMessages } from './support/sessionLog.js';
import { Wire } from './support/wire.js';
import { logged, resultText, type WireStream } from './support/wireStream.js';

const paused = new Set<NodeProcess>();

const GONE = { code: -32000, message: expect.stringContaining('is gone') as string };

function pause(node: NodeProcess): void {
    process.kill(node.pid!, 'SIGSTOP');
    paused.add(node);
}

function goOn(node: NodeProcess): void {
    paused.delete(node);
    process.kill(node.pid!, 'SIGCONT');
}

const isHanging = (node: NodeProcess, name: string) => Fixture.until(`${name} runs`, async () => (await seen(node)).hanging.includes(name));

/** A call whose stream has begun, and the id that it began with. */
async function primed(call: Promise<WireStream>): Promise<{ stream: WireStream; primingId: string }> {
    const stream = await call;
    const event = await stream.event();
    expect(event?.data).toBe('');
    return { stream, primingId: event!.id! };
}

describe.each(backends)('on $name', kind => {
    const fixture = on(kind);

    let cluster: Cluster;
    let folder: string | undefined;
    /** Where the nodes write down what their servers send. */
    const recordFile = () => join(folder ?? '', 'sent');
    beforeAll(async () => {
        folder = await mkdtemp(join(tmpdir(), 'mcp-death-'));
        cluster = await fixture.cluster(3, { BACKEND: 'whole', RECORD_FILE: recordFile() });
    });
    afterAll(async () => {
        if (folder !== undefined) await rm(folder, { recursive: true });
    });
    afterEach(async () => {
        paused.forEach(goOn);
        await Promise.all(cluster.nodes.filter(node => !node.isRunning).map(node => node.start()));
    });

    /** Whether the server has sent a message to its end, whatever became of it. */
    async function hasSent(token: string): Promise<boolean> {
        const records = (await readFile(recordFile(), 'utf8'))
            .trim()
            .split('\n')
            .map(line => JSON.parse(line) as NodeRecord);
        const begun = records.find(record => record.what === 'begun' && record.token === token);
        return records.some(
            record => record.what === 'done' && begun?.what === 'begun' && record.order === begun.order && record.pid === begun.pid
        );
    }

    const logOf = (wire: Wire, eventId: string) => storedMessages(fixture, wire, eventId);

    /** A session that began on the first of three nodes. */
    async function started(): Promise<{ wires: Wire[]; nodes: readonly NodeProcess[] }> {
        const { nodes } = cluster;
        const wire = new Wire(mcpUrl(nodes[0]!));
        await wire.begin();
        return { nodes, wires: nodes.map(node => wire.at(mcpUrl(node))) };
    }

    describe('the node that runs a call is killed', { timeout: 60_000 }, () => {
        it('L5: who resumes on any other node gets what was sent, then one error for that request, and the stream ends', async () => {
            const { nodes, wires } = await started();
            const { stream, primingId } = await primed(wires[0]!.call('count', { name: 'n', to: 1000, intervalMs: 50 }, { id: 'work' }));
            const before = [await stream.next(), await stream.next()];
            const lastEventId = stream.lastEventId!;
            await nodes[0]!.kill();
            await expect(stream.rest()).rejects.toThrow();

            const resumed = await wires[1]!.listen(lastEventId);
            const rest = await resumed.rest();
            expect(rest.at(-1)).toEqual({ jsonrpc: '2.0', id: 'work', error: GONE });
            const sent = [...before, ...rest.slice(0, -1)].map(logged);
            expect(sent).toEqual(sent.map((_, index) => `n-${index + 1}`));

            // From the beginning, elsewhere, and from the end: the same once more, and nothing.
            expect((await (await wires[2]!.listen(primingId)).rest()).map(message => message.error ?? logged(message))).toEqual([
                ...sent,
                GONE
            ]);
            expect(await (await wires[2]!.listen(resumed.lastEventId)).rest()).toEqual([]);
            expect(responsesIn(await logOf(wires[0]!, primingId))).toHaveLength(1);
            expect(await wires[1]!.tool('echo', { text: 'the session goes on' })).toBe('the session goes on');
        });

        it('L5: nothing was sent yet, and several clients resume at once on two nodes: one error in the log, and no silence', async () => {
            const { nodes, wires } = await started();
            const { primingId } = await primed(wires[0]!.call('hang', { name: 'h' }, { id: 7 }));
            await isHanging(nodes[0]!, 'h');
            await nodes[0]!.kill();
            // The newest has the stream; those before it end, with the error or without.
            const resumed = await Promise.all([1, 2, 1, 2].map(index => wires[index]!.listen(primingId)));
            const ends = await Promise.all(resumed.map(stream => stream.rest()));
            for (const messages of ends) expect([[], [{ jsonrpc: '2.0', id: 7, error: GONE }]]).toContainEqual(messages);
            expect(ends.flat().length).toBeGreaterThan(0);
            expect(await logOf(wires[0]!, primingId)).toEqual([{ jsonrpc: '2.0', id: 7, error: GONE }]);
        });

        it('L5: of a batch, the requests without an answer get an error each, and the answered ones keep theirs', async () => {
            const { nodes, wires } = await started();
            const call = (id: number | string, name: string, args: object) => ({
                ...{ jsonrpc: '2.0', id, method: 'tools/call' },
                params: { name, arguments: args }
            });
            const batch = [call('a', 'echo', { text: 'done' }), call('b', 'hang', { name: 'b' }), call(3, 'hang', { name: 'c' })];
            const { stream, primingId } = await primed(wires[0]!.stream(batch));
            expect(resultText(await stream.next())).toBe('done');
            await isHanging(nodes[0]!, 'c');
            await nodes[0]!.kill();
            await expect(stream.rest()).rejects.toThrow();

            const errors = ['b', 3].map(id => ({ jsonrpc: '2.0', id, error: GONE }));
            expect(await (await wires[1]!.listen(stream.lastEventId)).rest()).toEqual(errors);
            const whole = await (await wires[2]!.listen(primingId)).rest();
            expect([resultText(whole[0]), ...whole.slice(1)]).toEqual(['done', ...errors]);
        });

        it('L5: the result was stored before the node died: that is the answer, not an error', async () => {
            const { nodes, wires } = await started();
            const { stream, primingId } = await primed(
                wires[0]!.call('cut', { name: 'c', before: 1, after: 1, pauseMs: 50 }, { id: 'kept' })
            );
            await stream.rest();
            await Fixture.until('the result is stored', async () => responsesIn(await logOf(wires[0]!, primingId)).length === 1);
            await nodes[0]!.kill();
            const rest = await (await wires[1]!.listen(stream.lastEventId)).rest();
            expect(rest.map(message => resultText(message) ?? logged(message))).toEqual(['c-2', 'c is done']);
        });

        it('L5, F3: the official client behind round robin is told by an error, not by silence, and calls on', async () => {
            const client = new Client({ name: 'official', version: '1' }, { capabilities: {} });
            await client.connect(new StreamableHTTPClientTransport(new URL(cluster.proxy.url)));
            try {
                const failed = client.callTool({ name: 'hang', arguments: { name: 'official' } }).catch((error: unknown) => error);
                await Fixture.until('it runs', async () => {
                    const all = await Promise.all(cluster.nodes.map(seen));
                    return all.some(({ hanging }) => hanging.includes('official'));
                });
                const runs = await Promise.all(cluster.nodes.map(async node => (await seen(node)).hanging.includes('official')));
                await cluster.nodes[runs.indexOf(true)]!.kill();
                const error = await failed;
                expect(error).toBeInstanceOf(McpError);
                expect((error as McpError).code).toBe(-32000);
                expect(await client.callTool({ name: 'echo', arguments: { text: 'on' } })).toMatchObject({ content: [{ text: 'on' }] });
            } finally {
                await client.close();
            }
        });
    });

    describe('the node that runs a call is paused, and comes back', { timeout: 60_000 }, () => {
        it('L5: after the error was given, the late result is in no log and reaches no client', async () => {
            const { nodes, wires } = await started();
            const acts = [
                { do: 'say', token: 'tok:late/one/1' },
                { do: 'pause', ms: 500 }
            ];
            const { stream: first, primingId } = await primed(wires[0]!.call('play', { acts, end: 'tok:late/one/2' }, { id: 'slow' }));
            await first.next();
            pause(nodes[0]!);
            const resumed = await wires[1]!.listen(primingId);
            const told = await resumed.rest(20_000);
            expect(told.at(-1)).toEqual({ jsonrpc: '2.0', id: 'slow', error: GONE });

            goOn(nodes[0]!);
            // The connection to the node that was paused is still open: it ends, without a second answer.
            expect(responsesIn(await first.rest())).toEqual([]);
            await Fixture.until('its server has sent the result', () => hasSent('tok:late/one/2'));
            expect(responsesIn(await logOf(wires[0]!, primingId))).toEqual([{ jsonrpc: '2.0', id: 'slow', error: GONE }]);
            for (const wire of wires) {
                expect(responsesIn(await (await wire.listen(primingId)).rest())).toEqual([{ jsonrpc: '2.0', id: 'slow', error: GONE }]);
            }
            expect(await wires[0]!.tool('echo', { text: 'here again' })).toBe('here again');
        });

        it('L5: back before anybody gave it up, its result is the answer, once', async () => {
            const { nodes, wires } = await started();
            const { stream: first, primingId } = await primed(wires[0]!.call('wait', { ms: 300 }, { id: 'slow' }));
            pause(nodes[0]!);
            const resumed = await wires[1]!.listen(primingId);
            const rest = resumed.rest();
            goOn(nodes[0]!);
            const messages = await rest;
            expect(messages.map(resultText)).toEqual(['waited']);
            await first.cut();
            expect((await logOf(wires[0]!, primingId)).map(resultText)).toEqual(['waited']);
        });
    });

    describe('everybody else', { timeout: 60_000 }, () => {
        it('F3: calls and streams of other sessions on other nodes go on as if nothing had happened, and nobody sees anything of others', async () => {
            const { nodes } = await started();
            const calls = await Promise.all(
                [0, 2, 0, 2].map(async (index, session) => {
                    const name = `session${session}`;
                    const wire = new Wire(mcpUrl(nodes[index]!));
                    await wire.begin();
                    const standalone = await wire.at(mcpUrl(nodes[2 - index]!)).listen();
                    const call = await wire.call('count', { name, to: 20, intervalMs: 100 });
                    return { name, wire, standalone, call };
                })
            );
            const victim = new Wire(mcpUrl(nodes[1]!));
            await victim.begin();
            const { primingId } = await primed(victim.call('hang', { name: 'victim' }));
            await isHanging(nodes[1]!, 'victim');
            await nodes[1]!.kill();

            const requests = await Promise.all(
                calls.flatMap(({ wire, name }) =>
                    Array.from({ length: 10 }, () =>
                        wire
                            .at(cluster.proxy.url)
                            .tool('echo', { text: name })
                            .then(text => text === name)
                    )
                )
            );
            expect(requests.every(Boolean)).toBe(true);
            for (const { name, wire, standalone, call } of calls) {
                const counted = await call.rest();
                expect(counted.map(message => resultText(message) ?? logged(message))).toEqual([
                    ...Array.from({ length: 20 }, (_, index) => `${name}-${index + 1}`),
                    `${name} is done`
                ]);
                await wire.tool('notify', { name, to: 3 });
                expect([await standalone.next(), await standalone.next(), await standalone.next()].map(logged)).toEqual(
                    [1, 2, 3].map(n => `${name}-${n}`)
                );
                await standalone.cut();
                // The stream of another session is no stream here, also while its node is dead.
                expect((await wire.listen(primingId)).status).toBe(400);
            }
            expect(await (await victim.at(mcpUrl(nodes[0]!)).listen(primingId)).rest()).toEqual([{ jsonrpc: '2.0', id: 1, error: GONE }]);
        });
    });
});
