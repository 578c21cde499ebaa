import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Cluster } from '../support/cluster.js';
import { backends } from './support/backends/kinds.js';
import { Fixture, mcpUrl, on } from './support/fixture.js';
import { officialClient } from './support/officialClient.js';
import { sessionAt } from './support/sessionAt.js';
import { Wire } from './support/wire.js';
import { logged, resultText, type WireMessage, type WireStream } from './support/wireStream.js';

/** Clocks of the nodes A, B and C: right, fast and slow. */
const SKEW = 'const skew = { B: 5000, C: -5000 }[process.env.NODE_NAME] ?? 0, now = Date.now; Date.now = () => now() + skew';
const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(SKEW)}`;

/** What a message says: the text of a result, or of a log message. */
const said = (message: WireMessage) => resultText(message) ?? logged(message);
const counted = (name: string, from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => `${name}-${from + index}`);
const whole = (name: string, to: number, from = 1) => [...counted(name, from, to), `${name} is done`];
const rest = async (stream: WireStream) => (await stream.rest()).map(said);

/** Reads so many messages, or until the stream ends. */
async function take(stream: WireStream, count: number): Promise<unknown[]> {
    const messages = [];
    while (messages.length < count) messages.push(said(await stream.next()));
    return messages;
}

/** The ids of everything that came on a stream, priming events included. */
const idsOf = (stream: WireStream) => stream.seen.map(({ id }) => id!);

/** Where an id stands among all ids of its session, as numbers. */
const place = (id: string) => (/~([^~]*)$/.exec(id)?.[1] ?? '').split('-').map(BigInt);
const isBefore = (a: string, b: string) => {
    const [[a1 = 0n, a2 = 0n], [b1 = 0n, b2 = 0n]] = [place(a), place(b)];
    return a1 < b1 || (a1 === b1 && a2 < b2);
};
function expectRising(ids: readonly string[]): void {
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.filter((id, index) => index > 0 && !isBefore(ids[index - 1]!, id))).toEqual([]);
}

/** Ids of events; priming events are cursors, which may stand where an event stands. */
const eventIds = (stream: WireStream) => stream.seen.flatMap(({ id, data }) => (data && id ? [id] : []));

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
    beforeAll(async () => {
        cluster = await fixture.cluster(3, { BACKEND: 'whole', NODE_OPTIONS });
    });
    afterEach(async () => {
        await Promise.all(cluster.nodes.filter(node => !node.isRunning).map(node => node.start()));
    });

    /** Waits until the result of a call is kept. */
    async function isDone({ sessionId }: Wire, eventId: string): Promise<void> {
        const log = fixture.backend.eventLog();
        let since = '';
        await Fixture.until('the result is kept', async () => {
            const page = await log.read(sessionId!, eventId.split('~')[0]!, { since }, 1000);
            since = page?.position ?? since;
            return page?.events.some(({ message }) => 'result' in message) ?? false;
        });
    }

    describe('event ids', { timeout: 60_000 }, () => {
        it('L1: are unique and increase over streams, nodes with clocks 10 s apart, and restarts', async () => {
            let wires = await sessionAt(cluster.nodes);
            const ids: string[] = [];
            let lastOfStandalone: string | undefined;
            for (const turn of [0, 1, 2, 3]) {
                for (const [index, wire] of wires.entries()) {
                    const standalone = await wires[(index + 1) % 3]!.listen(lastOfStandalone);
                    const call = await wire.call('count', { name: 'n', to: 3 });
                    expect(await rest(call)).toEqual(whole('n', 3));
                    await wire.tool('notify', { name: 's', to: 2 });
                    expect(await take(standalone, 2)).toEqual(counted('s', 1, 2));
                    ids.push(...eventIds(call), ...eventIds(standalone));
                    lastOfStandalone = standalone.lastEventId;
                    await standalone.cut();
                }
                if (turn === 1) {
                    await cluster.nodes[0]!.restart();
                    await cluster.nodes[2]!.restart();
                    wires = wires.map((wire, index) => wire.at(mcpUrl(cluster.nodes[index]!))) as typeof wires;
                }
            }
            expect(ids).toHaveLength(72);
            expectRising(ids);
        });

        it('L1: are unique and increase in each stream when calls on all nodes run at once', async () => {
            const wires = await sessionAt(cluster.nodes);
            const calls = await Promise.all(
                Array.from({ length: 9 }, (_, n) => wires[n % 3]!.call('count', { name: `n${n}`, to: 20, intervalMs: 2 }))
            );
            for (const [n, call] of calls.entries()) {
                expect(await rest(call)).toEqual(whole(`n${n}`, 20));
                expectRising(eventIds(call));
            }
            const all = calls.flatMap(eventIds);
            expect(all).toHaveLength(9 * 21);
            expect(new Set(all.map(id => id.slice(id.lastIndexOf('~')))).size).toBe(all.length);
        });
    });

    describe('a stream that breaks', { timeout: 60_000 }, () => {
        it.each([0, 1, 7])(
            'L2: after %i messages on A is resumed on B and then on C: each message once, in order, the result, the end',
            async first => {
                const [a, b, c] = await sessionAt(cluster.nodes);
                const { stream } = await primed(a.call('count', { name: 'n', to: 40, intervalMs: 20 }));
                const heard = await take(stream, first);
                await stream.cut();
                const second = await b.listen(stream.lastEventId);
                heard.push(...(await take(second, 10)));
                await second.cut();
                const third = await c.listen(second.lastEventId);
                heard.push(...(await rest(third)));
                expect(third.hasEnded).toBe(true);
                expect(heard).toEqual(whole('n', 40));
                expectRising([stream, second, third].flatMap(eventIds));
            }
        );

        it('L2: is resumed on the node that runs the call, also when it breaks again and again', async () => {
            const [a] = await sessionAt(cluster.nodes);
            const { stream } = await primed(a.call('count', { name: 'n', to: 40, intervalMs: 10 }));
            const heard: unknown[] = [];
            let current = stream;
            for (let turn = 0; turn < 8; turn++) {
                heard.push(...(await take(current, 4)));
                await current.cut();
                current = await a.listen(current.lastEventId);
            }
            expect([...heard, ...(await rest(current))]).toEqual(whole('n', 40));
        });

        it('L2, L8: is closed by the server in mid-call, with a hint, and resumed elsewhere', async () => {
            const [a, b] = await sessionAt(cluster.nodes);
            const { stream } = await primed(a.call('cut', { name: 'n', before: 3, after: 3, pauseMs: 300 }));
            expect(await rest(stream)).toEqual(counted('n', 1, 3));
            expect(stream.seen.at(-1)?.retry).toMatch(/^\d+$/);
            expect(await rest(await b.listen(stream.lastEventId))).toEqual(whole('n', 6, 4));
        });

        it('L3: its result came while nobody listened, and is replayed on every node, also when its own has died', async () => {
            const [a, b, c] = await sessionAt(cluster.nodes);
            const { stream, primingId } = await primed(a.call('count', { name: 'n', to: 10, intervalMs: 10 }));
            await stream.cut();
            await isDone(a, primingId);
            for (const wire of [b, a, c]) expect(await rest(await wire.listen(primingId))).toEqual(whole('n', 10));
            await cluster.nodes[0]!.kill();
            for (const wire of [b, c]) expect(await rest(await wire.listen(primingId))).toEqual(whole('n', 10));
        });

        it('L2: ends at once when it is resumed behind its result', async () => {
            const wires = await sessionAt(cluster.nodes);
            const call = await wires[0].call('count', { name: 'n', to: 2 });
            await call.rest();
            for (const wire of wires) expect(await rest(await wire.listen(call.lastEventId))).toEqual([]);
        });

        it('L2: of the official client is cut by the proxy in a call of many messages, and cut again: it hears each once, and the result', async () => {
            const { client, heard, tool } = await officialClient(cluster.proxy.url);
            try {
                const result = tool('count', { name: 'n', to: 300, intervalMs: 10 });
                await Fixture.until('the call is under way', () => heard.length >= 20, 30_000);
                cluster.proxy.cut('POST');
                await Fixture.until('it goes on', () => heard.length >= 150, 30_000);
                cluster.proxy.cut('GET');
                expect(await result).toBe('n is done');
                expect(heard).toEqual(counted('n', 1, 300));
            } finally {
                await client.close();
            }
        });
    });

    describe('a stream that is resumed more than once', { timeout: 60_000 }, () => {
        it('L4, X6: while it is open on other nodes: the newest goes on, the others end, and none has a gap or a message twice', async () => {
            const [a, b, c] = await sessionAt(cluster.nodes);
            const { stream, primingId } = await primed(a.call('count', { name: 'n', to: 60, intervalMs: 30 }));
            await take(stream, 3);
            const second = await b.listen(primingId);
            const onSecond = await take(second, 5);
            const third = await c.listen(second.lastEventId);
            // What the first two have by now is a beginning of the whole.
            const [lateOnFirst, lateOnSecond, onThird] = await Promise.all([rest(stream), rest(second), rest(third)]);
            expect([...onSecond, ...onThird]).toEqual(whole('n', 60));
            expect(counted('n', 4, 60).slice(0, lateOnFirst.length)).toEqual(lateOnFirst);
            expect(counted('n', 6, 60).slice(0, lateOnSecond.length)).toEqual(lateOnSecond);
            expect(lateOnFirst.length).toBeLessThan(57);
            expect(lateOnSecond.length).toBeLessThan(55);
        });

        it('L4: by several at the same moment: one of them has all of it', async () => {
            const [a, b, c] = await sessionAt(cluster.nodes);
            const { stream, primingId } = await primed(a.call('count', { name: 'n', to: 40, intervalMs: 20 }));
            await take(stream, 3);
            await stream.cut();
            const streams = await Promise.all([b, c, a, b].map(wire => wire.listen(primingId)));
            const all = await Promise.all(streams.map(rest));
            for (const heard of all) expect(whole('n', 40).slice(0, heard.length)).toEqual(heard);
            expect(all.filter(heard => heard.length === 41)).toHaveLength(1);
        });

        it('L4: during a long replay, with the client gone in the middle of it, again and again: no gap and nothing twice', async () => {
            // Each message waits until it is stored, which takes longer over REST.
            const long = kind.name === 'Redis' ? 1500 : 600;
            const wires = await sessionAt(cluster.nodes);
            const { stream, primingId } = await primed(wires[0].call('count', { name: 'n', to: long }));
            await isDone(wires[0], primingId);
            const heard: unknown[] = [];
            let current = stream;
            for (let turn = 0; turn < 9; turn++) {
                heard.push(...(await take(current, 40)));
                // Every third time the connection of before is still there when the client is back.
                const before = current;
                if (turn % 3 > 0) await before.cut();
                current = await wires[turn % 3]!.listen(before.lastEventId);
                if (turn % 3 === 0) await before.cut();
            }
            expect([...heard, ...(await rest(current))]).toEqual(whole('n', long));
        });

        it('L4: leaves nothing behind: no subscription, and no key that does not expire', async () => {
            const [a, b, c] = await sessionAt(cluster.nodes);
            const { stream, primingId } = await primed(a.call('count', { name: 'n', to: 30, intervalMs: 10 }));
            await take(stream, 1);
            for (const wire of [b, c, b, c]) await (await wire.listen(primingId)).cut();
            await isDone(a, primingId);
            await stream.cut();
            await Fixture.until('nobody listens', async () => !(await fixture.backend.listened()), 20_000);
            expect((await fixture.backend.kept()).immortal).toEqual([]);
        });
    });

    describe('what is on which stream', { timeout: 60_000 }, () => {
        it('X6, X10: each message is on exactly one stream, its own, and what belongs to a call comes before its result', async () => {
            const [a, b, c] = await sessionAt(cluster.nodes);
            const standalone = await c.listen();
            const names = ['a1', 'a2', 'b1', 'b2', 'c1'];
            const calls = await Promise.all(
                names.map((name, index) =>
                    [a, a, b, b, c][index]!.call(
                        'count',
                        { name, to: 20, intervalMs: 5, asProgress: index % 2 === 0 },
                        { id: name, meta: { progressToken: `token ${name}` } }
                    )
                )
            );
            const notified = Promise.all([a, b, c].map((wire, index) => wire.tool('notify', { name: `s${index}`, to: 10 })));
            for (const [index, call] of calls.entries()) {
                const name = names[index]!;
                const messages = await call.rest();
                expect(messages.map(message => message.params?.['message'] ?? said(message))).toEqual(whole(name, 20));
                expect(messages.at(-1)?.id).toBe(name);
                const tokens = messages.flatMap(({ params }) => params?.['progressToken'] ?? []);
                expect(new Set(tokens)).toEqual(new Set(index % 2 === 0 ? [`token ${name}`] : []));
            }
            await notified;
            const onStandalone = (await take(standalone, 30)) as string[];
            for (const index of [0, 1, 2])
                expect(onStandalone.filter(text => text.startsWith(`s${index}-`))).toEqual(counted(`s${index}`, 1, 10));
            await standalone.cut();
        });

        it('L6: resuming one brings nothing of another', async () => {
            const [a, b, c] = await sessionAt(cluster.nodes);
            const first = await primed(a.call('count', { name: 'first', to: 20, intervalMs: 5 }, { id: 1 }));
            const second = await primed(a.call('count', { name: 'second', to: 20, intervalMs: 5 }, { id: 2 }));
            const third = await primed(b.call('count', { name: 'third', to: 20, intervalMs: 5 }, { id: 1 }));
            await a.tool('notify', { name: 'standalone', to: 5 });
            const resumed = [];
            for (const { stream, primingId } of [first, second, third]) {
                await stream.cut();
                resumed.push(await c.listen(primingId));
            }
            expect(await Promise.all(resumed.map(rest))).toEqual([whole('first', 20), whole('second', 20), whole('third', 20)]);
            const standalone = await b.listen();
            expect(await take(standalone, 5)).toEqual(counted('standalone', 1, 5));
            await standalone.cut();
        });

        it.each([
            { protocolVersion: '2025-11-25', primes: true },
            { protocolVersion: '2025-06-18', primes: false },
            { protocolVersion: '2025-03-26', primes: false }
        ])(
            'L10: on every node the stream of a call of $protocolVersion begins with a priming event: $primes; it is resumable all the same',
            async ({ protocolVersion, primes }) => {
                const wires = await sessionAt(cluster.nodes, { protocolVersion });
                for (const [index, wire] of wires.entries()) {
                    const call = await wire.call('count', { name: 'n', to: 30, intervalMs: 10 });
                    const first = await call.event();
                    expect(first?.data === '').toBe(primes);
                    if (primes) expect(said(await call.next())).toBe('n-1');
                    await call.cut();
                    expect(await rest(await wires[(index + 1) % 3]!.listen(call.lastEventId))).toEqual(whole('n', 30, 2));
                }
            }
        );
    });

    describe('an event id that is of no use', { timeout: 60_000 }, () => {
        const REFUSED = [400, '{"jsonrpc":"2.0","error":{"code":-32000,"message":"Invalid event ID format"},"id":null}'];

        async function refused(wire: Wire, eventId: string): Promise<void> {
            const stream = await wire.listen(eventId);
            expect([stream.status, await stream.body()]).toEqual(REFUSED);
        }

        it('L6, P1: foreign or unknown: 400, one like the other, on every node, and the session lives', async () => {
            const wires = await sessionAt(cluster.nodes);
            const others = await sessionAt(cluster.nodes);
            const call = await wires[0].call('count', { name: 'n', to: 2 });
            await call.rest();
            const standalone = await wires[1].listen();
            await wires[0].tool('notify', { name: 's', to: 1 });
            await standalone.next();
            await standalone.cut();
            const [priming, first] = idsOf(call) as [string, string];
            const useless = [
                first.replace(/~.*/, '~99999999999999-0'),
                first.replace(/~.*/, '~1-0'),
                first.replace(/~.*/, '~'),
                first.replace(/^./, first.startsWith('x') ? 'y' : 'x'),
                first.replace(/^.*~/, 'standalone~'),
                standalone.lastEventId!.replace('standalone', first.split('~')[0]!),
                priming.replace('~~', '~'),
                `${priming}x`,
                'standalone~1-0',
                'standalone~~99999999999999-0',
                '0',
                'no id of ours',
                'x'.repeat(5000)
            ];
            for (const wire of wires) for (const id of useless) await refused(wire, id);
            for (const wire of others) for (const id of [priming, first, standalone.lastEventId!]) await refused(wire, id);
            for (const wire of [...wires, ...others]) expect(await wire.tool('echo', { text: 'lives' })).toBe('lives');
            // They were no reason to forget anything.
            for (const wire of wires) expect(await rest(await wire.listen(first))).toEqual(whole('n', 2, 2));
        });

        it('L6: trimmed or expired: 400, and the session lives', async () => {
            const { nodes } = await fixture.cluster(2, { BACKEND: 'whole', MAX_EVENTS: '20' });
            const a = new Wire(mcpUrl(nodes[0]!));
            await a.begin();
            const b = a.at(mcpUrl(nodes[1]!));
            const old = await a.call('count', { name: 'old', to: 10 });
            await old.rest();
            const young = await b.call('count', { name: 'young', to: 15 });
            await young.rest();
            for (const wire of [a, b]) {
                for (const id of idsOf(old).slice(0, 3)) await refused(wire, id);
                expect(await rest(await wire.listen(idsOf(young)[1]))).toEqual(whole('young', 15, 2));
            }
            await fixture.backend.expireLogs();
            for (const wire of [a, b]) {
                for (const id of idsOf(young).slice(1)) await refused(wire, id);
                expect(await rest(await wire.call('count', { name: 'new', to: 2 }))).toEqual(whole('new', 2));
            }
        });
    });
});
