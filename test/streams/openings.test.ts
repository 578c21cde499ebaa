import { createMemoryBackend, InMemoryEventLog, type EventLog, type MemoryBackend } from '@mcp-sessions/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bare, call, FetchNode, initialize, notify, post, type NodeOptions } from '../session/fetchNode.js';
import { gate, type Gated } from '../support/gate.js';
import { EventReader } from './support/eventReader.js';
import { data, finish, Stage } from './support/stage.js';

let stage: Stage;
let backends: MemoryBackend[];
let logs: Gated<EventLog>[];
let nodes: FetchNode[];
let sessionId: string;

/** Three nodes of one memory, with gates before the log of each. */
async function open(options: Partial<NodeOptions> = {}, eventLog = new InMemoryEventLog()): Promise<void> {
    stage = new Stage();
    const first = { ...createMemoryBackend(), eventLog };
    backends = [first, createMemoryBackend({ shareWith: first }), createMemoryBackend({ shareWith: first })];
    logs = backends.map(backend => gate<EventLog>(backend.eventLog));
    nodes = backends.map(
        (backend, i) => new FetchNode('ABC'[i] ?? '', { ...backend, eventLog: logs[i]!.gated, furnish: stage.furnish, ...options })
    );
    const opened = await nodes[0]!.fetch(initialize());
    sessionId = opened.headers.get('mcp-session-id') ?? '';
    await opened.text();
    await nodes[0]!.fetch(notify(sessionId, 'notifications/initialized'));
}

const on = (node: number, request: Request) => nodes[node]!.fetch(request);
const tool = (name: string, args: object = {}) => call(sessionId, 'tools/call', { name, arguments: args });
const tell = (node: number, ...words: string[]) => finish(on(node, tool('tell', { words })));
const get = (lastEventId?: string) => bare('GET', sessionId, lastEventId === undefined ? {} : { 'last-event-id': lastEventId });

beforeEach(() => open());
afterEach(() => Promise.all(backends.map(backend => backend.close())));

describe('a GET that is being opened', () => {
    it('X5: and then refused with 409 does not keep a message from the one that is open', async () => {
        await open({ standaloneStream: 'reject' });
        const holder = new EventReader(await on(1, get()));
        const claim = logs[0]!.hold('claim');
        const refused = on(0, get());
        await claim.reached;
        await tell(0, '1');
        claim.open();
        expect((await refused).status).toBe(409);
        expect(data(await holder.next())).toBe('1');
        await holder.cut();
    });

    it('X5: and then refused with 400 does not either', async () => {
        const holder = new EventReader(await on(1, get()));
        const read = logs[0]!.hold('read');
        const refused = on(0, get('standalone~12'));
        await read.reached;
        await tell(0, '1');
        read.open();
        expect((await refused).status).toBe(400);
        expect(data(await holder.next())).toBe('1');
        await holder.cut();
    });

    it('L7: is not taken back from a newer one', async () => {
        const oldest = await on(2, get());
        // The hand-over to A takes its time, and B comes in between.
        const release = logs[2]!.hold('release');
        const older = on(0, get());
        await release.reached;
        const newer = new EventReader(await on(1, get()));
        release.open();
        const olderStream = new EventReader(await older);
        expect(await olderStream.rest()).toEqual([]);
        await tell(0, '1');
        expect(data(await newer.next())).toBe('1');
        await newer.cut();
        await oldest.body?.cancel();
    });

    it('L7: of six at once on three nodes one stays open', async () => {
        const streams = (await Promise.all([0, 1, 2, 0, 1, 2].map(node => on(node, get())))).map(response => new EventReader(response));
        await tell(0, '1');
        await tell(1, '2');
        const heard = streams.map(async stream => [data(await stream.next()), data(await stream.next())]);
        const told = await Promise.allSettled(heard);
        expect(told.flatMap(outcome => (outcome.status === 'fulfilled' ? [outcome.value] : []))).toEqual([['1', '2']]);
        await Promise.all(streams.map(stream => stream.cut()));
    });

    it('L2: is not closed by a hang-up that was meant for the connection before', async () => {
        const read = logs[1]!.hold('read');
        const opening = on(1, get());
        await read.reached;
        (await nodes[0]!.transport(sessionId))!.closeStandaloneSSEStream();
        read.open();
        const stream = new EventReader(await opening);
        await tell(0, '1');
        expect(data(await stream.next())).toBe('1');
        await (await nodes[1]!.transport(sessionId))!.close();
        expect(await stream.rest()).toEqual([]);
    });

    it('L7: takes over from a client that does not read, at once', async () => {
        await open({ maxBufferedBytes: 1000 });
        const unread = await on(0, get());
        await tell(0, ...Array.from({ length: 40 }, () => 'x'.repeat(100)));
        const newer = new EventReader(await on(1, get()));
        await tell(0, 'last');
        for (let heard: unknown; heard !== 'last'; ) heard = data(await newer.next());
        expect(newer.seen.filter(({ data: text }) => text?.includes('last'))).toHaveLength(1);
        await newer.cut();
        await unread.body?.cancel();
    });
});

describe('what is kept', () => {
    it('L3: a result that the log would not take while its client was away waits until it does', async () => {
        const first = new EventReader(await on(0, tool('say', { words: ['one'], door: 'go on' })));
        await first.next();
        await first.cut();
        logs[0]!.fail('append');
        stage.open('go on');
        expect(await finish(on(1, get(first.lastEventId)))).toMatchObject([{ result: {} }]);
    });

    it('L2: the first call on a node that took the session over can be resumed, though the log was trimmed', async () => {
        await open({}, new InMemoryEventLog({ maxEvents: 4 }));
        await tell(0, '1', '2', '3', '4', '5', '6');
        const touch = logs[1]!.hold('touch');
        const answer = on(1, tool('say', { words: ['one'], door: 'go on' }));
        await touch.reached;
        touch.open();
        const first = new EventReader(await answer);
        const priming = (await first.event())?.id ?? '';
        expect(priming).toMatch(/~~\d/);
        await first.cut();
        stage.open('go on');
        const resumed = await on(2, get(priming));
        expect(resumed.status).toBe(200);
        expect((await finish(resumed)).map(data)).toEqual(['one', undefined]);
    });

    it('L2: a result that is no JSON fails alone, and not what is sent beside it', async () => {
        const transport = (await nodes[0]!.transport(sessionId))!;
        const beside = on(0, tool('say', { words: ['one', 'two'], door: 'go on' }));
        const stream = new EventReader(await beside);
        await stream.next();
        const append = logs[0]!.hold('append');
        const sent = [
            transport.send({ jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data: 'first' } }),
            transport.send({ jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data: 1n } }),
            transport.send({ jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data: 'third' } })
        ];
        await append.reached;
        append.open();
        const outcomes = (await Promise.allSettled(sent)).map(({ status }) => status);
        expect(outcomes).toEqual(['fulfilled', 'rejected', 'fulfilled']);
        stage.open('go on');
        expect((await stream.rest()).map(data)).toEqual(['two', undefined]);
    });
});

describe('what other nodes may ask', () => {
    it.each([
        {
            ask: 'cancel',
            message: { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'hang', arguments: { name: 'forged' } } }
        },
        {
            ask: 'deliver',
            message: { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'hang', arguments: { name: 'forged' } } }
        },
        { ask: 'cancel', message: 'no message' },
        { ask: 'no such question' },
        { ask: 'isRunning', stream: 7 }
    ])('P6: nothing that is not theirs to ask: $ask', async question => {
        const stream = await on(0, get());
        const { digest } = await import('@mcp-sessions/core');
        const session = await digest(sessionId);
        for (const text of [
            JSON.stringify({ call: 1, from: 'somebody', question: { session, ...question } }),
            '{',
            'null',
            '[]',
            '{"changed":1}'
        ]) {
            await backends[1]!.messageBus.publish('nodes', text);
        }
        expect((await on(0, call(sessionId, 'ping'))).status).toBe(200);
        await expect(Promise.race([stage.wait('hanging forged').then(() => 'ran'), tell(0, '1').then(() => 'did not run')])).resolves.toBe(
            'did not run'
        );
        await stream.body?.cancel();
    });
});

describe('ids that a client makes up', () => {
    it.each([
        '',
        '~',
        '~~',
        'standalone~',
        'standalone',
        'a~b~c',
        'x'.repeat(10_000),
        '\u00ff~1',
        '../..~~1',
        'abcdefghijkl.1.A.00000000000000~~'
    ])('L6: %j is 400 or, where it is empty, no id', async id => {
        const response = await on(0, get(id));
        expect(response.status).toBe(id === '' ? 200 : 400);
        await response.body?.cancel();
    });

    it.each([-5, 0, '', 'a b', '__proto__', 'é', 'x'.repeat(170), 'x'.repeat(1000), '1~1', 'abcdefghijkl.1'])(
        'X9: a request with the id %j gets its answer',
        async id => {
            const params = { name: 'say', arguments: { words: ['one'] } };
            const answer = new EventReader(await on(0, post(sessionId, { jsonrpc: '2.0', id, method: 'tools/call', params })));
            const rest = await answer.rest();
            expect(rest.at(-1)).toMatchObject({ id, result: {} });
            const priming = answer.seen[0]?.data === '' ? answer.seen[0].id : undefined;
            expect(priming === undefined).toBe(String(id).length > 190);
            if (priming !== undefined) expect(await finish(on(1, get(priming)))).toEqual(rest);
        }
    );
});
