import { createMemoryBackend, InMemoryEventLog, type EventLog, type MemoryBackend, type MessageBus } from '@mcp-sessions/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bare, call, FetchNode, initialize, notify, post, type NodeOptions } from '../session/fetchNode.js';
import { gate, type Gated } from '../support/gate.js';
import { EventReader } from './support/eventReader.js';
import { data, finish, resultText, Stage } from './support/stage.js';

let stage: Stage;
let backends: MemoryBackend[];
let logs: Gated<EventLog>[];
let buses: Gated<MessageBus>[];
let nodes: FetchNode[];
let sessionId: string;

/** Two nodes of one memory, with gates before the log and the bus of each. */
async function open(options: Partial<NodeOptions> = {}, eventLog = new InMemoryEventLog(), protocolVersion?: string): Promise<void> {
    stage = new Stage();
    const first = { ...createMemoryBackend(), eventLog };
    backends = [first, createMemoryBackend({ shareWith: first })];
    logs = backends.map(backend => gate<EventLog>(backend.eventLog));
    buses = backends.map(backend => gate<MessageBus>(backend.messageBus));
    nodes = backends.map(
        (backend, i) =>
            new FetchNode('AB'[i] ?? '', {
                ...backend,
                eventLog: logs[i]!.gated,
                messageBus: buses[i]!.gated,
                furnish: stage.furnish,
                ...options
            })
    );
    const opened = await nodes[0]!.fetch(initialize(undefined, protocolVersion));
    sessionId = opened.headers.get('mcp-session-id') ?? '';
    await opened.text();
    await nodes[0]!.fetch(notify(sessionId, 'notifications/initialized'));
}

const a = { fetch: (request: Request) => nodes[0]!.fetch(request) };
const b = { fetch: (request: Request) => nodes[1]!.fetch(request) };
const tool = (name: string, args: object = {}) => call(sessionId, 'tools/call', { name, arguments: args });
const resume = (lastEventId: string) => bare('GET', sessionId, { 'last-event-id': lastEventId });
const logged = async (streamId: string) => (await backends[0]!.eventLog.read(sessionId, streamId, { since: '' }, 1000))?.events ?? [];
const streamOf = (eventId: string) => eventId.replace(/~.*/, '');

beforeEach(() => open());
afterEach(() => Promise.all(backends.map(backend => backend.close())));

describe('a client that comes back', () => {
    it('L4: while the node that runs its call believes the first connection to be open: no gap, no repetition', async () => {
        const first = new EventReader(await a.fetch(tool('say', { words: ['one', 'two', 'three'], door: 'go on' })));
        await first.next();
        // The first connection is not cut: to A it looks as if the client were there.
        const second = new EventReader(await b.fetch(resume(first.lastEventId)));
        stage.open('go on');
        expect((await second.rest()).map(data)).toEqual(['two', 'three', undefined]);
    });

    it.each(['before', 'after'] as const)('L4: while an event is on its way, %s the log has it', async when => {
        const first = new EventReader(await a.fetch(tool('say', { words: ['one', 'two'], door: 'go on' })));
        await first.next();
        const append = logs[0]!.hold('append', when);
        stage.open('go on');
        await append.reached;
        const second = new EventReader(await b.fetch(resume(first.lastEventId)));
        append.open();
        expect((await second.rest()).map(data)).toEqual(['two', undefined]);
    });

    it('L4: twice, on two nodes: the newer connection gets the rest and the older one ends', async () => {
        const first = new EventReader(await a.fetch(tool('say', { words: ['one', 'two'], door: 'go on' })));
        await first.next();
        await first.cut();
        const second = new EventReader(await b.fetch(resume(first.lastEventId)));
        const third = new EventReader(await a.fetch(resume(first.lastEventId)));
        stage.open('go on');
        expect((await third.rest()).map(data)).toEqual(['two', undefined]);
        expect(await second.rest()).toEqual([]);
    });

    it('L2: of a batch it gets the responses that it has not had, and then the end', async () => {
        await open({}, undefined, '2025-03-26');
        const say = (id: number, door: string) => ({
            jsonrpc: '2.0',
            id,
            method: 'tools/call',
            params: { name: 'say', arguments: { words: [`word ${id}`], door } }
        });
        const first = new EventReader(await a.fetch(post(sessionId, [say(1, 'one'), say(2, 'two')])));
        await first.next();
        await first.next();
        stage.open('one');
        expect(await first.next()).toMatchObject({ id: 1 });
        await first.cut();
        const second = new EventReader(await b.fetch(resume(first.lastEventId)));
        stage.open('two');
        expect(await second.rest()).toMatchObject([{ id: 2, result: {} }]);
    });
});

describe('the node that runs a call', () => {
    it('L5: seems dead and comes back: the first final response is the only one', async () => {
        const first = new EventReader(await a.fetch(tool('say', { words: ['one'], door: 'go on' })));
        const priming = (await first.event())?.id ?? '';
        await first.next();
        await first.cut();
        // Nobody reaches A any more, but its handler goes on.
        await backends[0]!.messageBus.close();
        const rest = await finish(b.fetch(resume(first.lastEventId)));
        expect(rest).toMatchObject([{ error: { code: -32000 } }]);
        stage.open('go on');
        await expect.poll(() => logs[0]!.calls.filter(name => name === 'append').length).toBeGreaterThan(2);
        const finals = (await logged(streamOf(priming))).filter(({ message }) => !('method' in message));
        expect(finals.map(({ message }) => message)).toEqual(rest);
        expect(await finish(b.fetch(resume(first.lastEventId)))).toEqual(rest);
    });

    it('L5: two clients ask for the call of a dead node at once: one error, for both the same', async () => {
        const first = new EventReader(await a.fetch(tool('hang', { name: 'x' })));
        const priming = (await first.event())?.id ?? '';
        await first.cut();
        await backends[0]!.messageBus.close();
        const third = new FetchNode('C', { ...createMemoryBackend({ shareWith: backends[1]! }), furnish: stage.furnish });
        const [one, other] = await Promise.all([finish(b.fetch(resume(priming))), finish(third.fetch(resume(priming)))]);
        const finals = await logged(streamOf(priming));
        expect(finals).toHaveLength(1);
        // The one that was taken over may have been closed before its end.
        expect([one, other]).toContainEqual([finals[0]!.message]);
    });

    it('L3: cannot append its result: the client that is there gets it all the same', async () => {
        const answer = new EventReader(await a.fetch(tool('say', { words: ['one'], door: 'go on' })));
        await answer.next();
        logs[0]!.fail('append');
        stage.open('go on');
        expect(resultText((await answer.rest()).at(-1))).toBe('said');
        expect(answer.seen.at(-1)?.id).toBeUndefined();
    });

    it('L2: has the client poll: its connection is closed with a hint, also where it was resumed on another node', async () => {
        const first = new EventReader(await a.fetch(tool('say', { words: ['one', 'two'], door: 'go on' })));
        await first.next();
        await first.cut();
        const second = new EventReader(await b.fetch(resume(first.lastEventId)));
        const transport = await nodes[0]!.transport(sessionId)!;
        await expect.poll(() => logs[1]!.calls.includes('claim')).toBe(true);
        transport.closeSSEStream(await requestIdOf(first));
        expect(await second.rest()).toEqual([]);
        expect(second.seen.at(-1)?.retry).toBe('1000');
        stage.open('go on');
        expect((await finish(b.fetch(resume(first.lastEventId)))).map(data)).toEqual(['two', undefined]);
    });
});

describe('a bell', () => {
    it('F2: that could not be rung is rung again', async () => {
        const stream = new EventReader(await b.fetch(bare('GET', sessionId)));
        buses[0]!.fail('publish');
        await finish(a.fetch(tool('tell', { words: ['1'] })));
        expect(data(await stream.next())).toBe('1');
        await stream.cut();
    });

    it('X5: is listened for before the log is read: what is said in between is not missed', async () => {
        const read = logs[1]!.hold('read', 'after');
        const opening = b.fetch(bare('GET', sessionId));
        await read.reached;
        await finish(a.fetch(tool('tell', { words: ['1'] })));
        read.open();
        const stream = new EventReader(await opening);
        expect(data(await stream.next())).toBe('1');
        await stream.cut();
    });
});

describe('a log that is full', () => {
    it('X5, B2: the next GET begins with what is left', async () => {
        await open({}, new InMemoryEventLog({ maxEvents: 4 }));
        await finish(a.fetch(tool('tell', { words: ['1', '2', '3', '4', '5', '6'] })));
        const stream = new EventReader(await b.fetch(bare('GET', sessionId)));
        const heard = [data(await stream.next()), data(await stream.next())];
        expect(heard).toEqual(['4', '5'].map((_, i) => String(Number(heard[0]) + i)));
        expect(Number(heard[0])).toBeGreaterThan(1);
        await stream.cut();
    });

    it('L6: an event that was trimmed is unknown: 400, and the session lives', async () => {
        await open({}, new InMemoryEventLog({ maxEvents: 4 }));
        const first = new EventReader(await a.fetch(tool('say', { words: ['1'] })));
        await first.rest();
        await finish(a.fetch(tool('tell', { words: ['1', '2', '3', '4', '5', '6'] })));
        expect((await b.fetch(resume(first.lastEventId))).status).toBe(400);
        expect((await b.fetch(call(sessionId, 'ping'))).status).toBe(200);
    });
});

async function requestIdOf(answer: EventReader): Promise<number> {
    // The stream id carries the ids of the requests.
    const ids = streamOf(answer.lastEventId).split('.')[2] ?? '';
    return (JSON.parse(Buffer.from(ids, 'base64url').toString()) as number[])[0] as number;
}
