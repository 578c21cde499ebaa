import { beforeAll, describe, expect, it } from 'vitest';
import type { Cluster } from '../support/cluster.js';
import type { NodeProcess } from '../support/nodeProcess.js';
import { backends } from './support/backends/kinds.js';
import { Fixture, mcpUrl, on, seen } from './support/fixture.js';
import type { State } from './support/server.js';
import { Wire } from './support/wire.js';
import { logged, resultText } from './support/wireStream.js';

async function session(nodes: readonly NodeProcess[]): Promise<Wire[]> {
    const wire = new Wire(mcpUrl(nodes[0]!));
    await wire.begin();
    return nodes.map(node => wire.at(mcpUrl(node)));
}

const state = async (wire: Wire): Promise<State> => JSON.parse(await wire.tool('state')) as State;

/** Resolves when the server there knows this. */
const knows = (wire: Wire, what: string, holds: (state: State) => boolean): Promise<void> =>
    Fixture.until(`the other node knows of ${what}`, async () => holds(await state(wire)));

/** Changes what a server keeps of a session at one node, and waits until the server of another node has it. */
async function changeAndCompare(at: Wire, elsewhere: Wire): Promise<void> {
    await at.request('logging/setLevel', { level: 'error' });
    await knows(elsewhere, 'the level', ({ logLevel }) => logLevel === 'error');
    await at.request('logging/setLevel', { level: 'debug' });
    await knows(elsewhere, 'the other level', ({ logLevel }) => logLevel === 'debug');
    for (const uri of ['note://one', 'note://two']) await at.request('resources/subscribe', { uri });
    await knows(elsewhere, 'both subscriptions', ({ subscriptions }) => subscriptions.join() === 'note://one,note://two');
    await at.request('resources/unsubscribe', { uri: 'note://one' });
    await knows(elsewhere, 'the end of one', ({ subscriptions }) => subscriptions.join() === 'note://two');
}

describe.each(backends)('on $name', kind => {
    const fixture = on(kind);

    describe('what one node is told', () => {
        let nodes: readonly NodeProcess[];
        beforeAll(async () => {
            // A copy of the record would be trusted for longer than any test: news can come over the bus only.
            ({ nodes } = await fixture.cluster(2, { BACKEND: 'whole', REVALIDATE_MS: '600000' }));
        });

        it('X7: log level and subscriptions hold at once on a node that has a stream open', async () => {
            const [a, b] = (await session(nodes)) as [Wire, Wire];
            const standalone = await b.listen();
            await changeAndCompare(a, b);
            // And the other way round, where the node that begins with the stream makes the change.
            await b.request('logging/setLevel', { level: 'alert' });
            const call = await a.call('hang', { name: 'x7-a' });
            await knows(a, 'the level', ({ logLevel }) => logLevel === 'alert');
            await Promise.all([standalone.cut(), call.cut()]);
            await a.end();
        });

        it('X7: also where only a call runs', async () => {
            const [a, b] = (await session(nodes)) as [Wire, Wire];
            const call = await b.call('hang', { name: 'x7-b' });
            await Fixture.until('it runs', async () => (await seen(nodes[1]!)).hanging.includes('x7-b'));
            await changeAndCompare(a, b);
            await call.cut();
            await a.end();
        });

        it('X7: a change for one session is none for another', async () => {
            const [mine, others] = [await session(nodes), await session(nodes)];
            const streams = [await mine[1]!.listen(), await others[1]!.listen()];
            await mine[0]!.request('logging/setLevel', { level: 'error' });
            await mine[0]!.request('resources/subscribe', { uri: 'note://one' });
            await knows(mine[1]!, 'the subscription', ({ subscriptions }) => subscriptions.length === 1);
            expect(await state(others[1]!)).toMatchObject({ logLevel: null, subscriptions: [] });
            await Promise.all(streams.map(stream => stream.cut()));
        });

        it('X7: changes on both nodes at the same time are all kept', async () => {
            const [a, b] = (await session(nodes)) as [Wire, Wire];
            const streams = [await b.listen(), await a.call('hang', { name: 'x7-both' })];
            const uris = Array.from({ length: 20 }, (_, n) => `note://${String(n).padStart(2, '0')}`);
            await Promise.all(uris.map((uri, n) => [a, b][n % 2]!.request('resources/subscribe', { uri })));
            for (const wire of [a, b]) await knows(wire, 'all of them', ({ subscriptions }) => subscriptions.join() === uris.join());
            await Promise.all(streams.map(stream => stream.cut()));
            await a.end();
        });
    });

    describe('what one node is told while the other rests', () => {
        it('X7: holds there with its first request after revalidateMs', async () => {
            const { nodes } = await fixture.cluster(2, { BACKEND: 'whole', REVALIDATE_MS: '100' });
            const [a, b] = (await session(nodes)) as [Wire, Wire];
            await state(b);
            await changeAndCompare(a, b);
            await a.end();
        });
    });

    describe('one JSON-RPC id for everything', () => {
        let cluster: Cluster;
        beforeAll(async () => {
            cluster = await fixture.cluster(3, { BACKEND: 'whole' });
        });

        it('X9: concurrent requests with the same id get each its own answer, on one node', async () => {
            const [a] = (await session(cluster.nodes)) as [Wire];
            const texts = Array.from({ length: 30 }, (_, n) => `text ${n}`);
            expect(await Promise.all(texts.map(text => a.tool('echo', { text })))).toEqual(texts);
        });

        it('X9: on three nodes behind round robin, slow ones and quick ones mixed', async () => {
            const [a] = (await session(cluster.nodes)) as [Wire];
            const wire = a.at(cluster.proxy.url);
            const names = Array.from({ length: 24 }, (_, n) => `call${n}`);
            const answers = await Promise.all(
                names.map(async (name, n) => {
                    if (n % 3 === 0) return `${await wire.tool('echo', { text: `${name} is done` })}`;
                    const messages = await (await wire.call('count', { name, to: n % 4, intervalMs: (n * 7) % 30 })).rest();
                    expect(messages.slice(0, -1).map(logged)).toEqual(Array.from({ length: n % 4 }, (_, i) => `${name}-${i + 1}`));
                    expect(messages.at(-1)?.id).toBe(1);
                    return resultText(messages.at(-1));
                })
            );
            expect(answers).toEqual(names.map(name => `${name} is done`));
        });

        it('X9: each keeps its own stream when they are cut and resumed on other nodes', async () => {
            const wires = await session(cluster.nodes);
            const names = ['one', 'two', 'three', 'four'];
            const calls = await Promise.all(
                // The last two run on one node.
                names.map((name, n) => wires[Math.min(n, 2)]!.call('count', { name, to: 20, intervalMs: 50 }, { id: 'same' }))
            );
            const before = await Promise.all(calls.map(async call => [logged(await call.next()), logged(await call.next())]));
            await Promise.all(calls.map(call => call.cut()));
            const rest = await Promise.all(calls.map(async (call, n) => (await wires[(n + 1) % 3]!.listen(call.lastEventId)).rest()));
            for (const [n, name] of names.entries()) {
                const sent = [...before[n]!, ...rest[n]!.slice(0, -1).map(logged)];
                // What had come when the connection was cut, but was not read, is known to nobody here.
                expect(sent).toEqual(Array.from({ length: 20 }, (_, i) => `${name}-${i + 1}`));
                expect([rest[n]!.at(-1)?.id, resultText(rest[n]!.at(-1))]).toEqual(['same', `${name} is done`]);
            }
        });
    });
});
