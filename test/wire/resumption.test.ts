import { describe, expect, it } from 'vitest';
import { openEndpoint, session } from './support/endpoint.js';
import { refused, streamHeaders, whole } from './support/expected.js';
import { GatedEventStore } from './support/gatedEventStore.js';
import { everywhere } from './support/implementations.js';
import { event, initialize, log, request, result } from './support/messages.js';

const primed = (id: string) => `id: ${id}\ndata: \n\n`;
const noConnection = (id: unknown) => new Error(`No connection established for request ID: ${String(id)}`);

describe.each(everywhere)('streams with an event store: %s on %s', (_, shell, implementation) => {
    const begun = async (version = '2025-11-25', options = {}) => {
        const store = new GatedEventStore();
        const endpoint = await openEndpoint(implementation, shell, { ...session, eventStore: store, ...options });
        const of = await endpoint.begin(version);
        store.events.length = 0;
        const resume = (id: string) => endpoint.get({ ...of, 'last-event-id': id });
        return { store, endpoint, of, resume };
    };

    it('D2, L10: a client of 2025-11-25 gets a priming event first', async () => {
        const { endpoint, of } = await begun();
        const answer = await endpoint.post(request(1), of);
        expect(await answer.until(text => text !== '')).toBe(primed('e1'));
        await endpoint.send(log('a'), 1);
        await endpoint.send(result(1));
        expect(await answer.end()).toBe(primed('e1') + event(log('a'), 'e2') + event(result(1), 'e3'));
    });

    it('D2, L10: with retryInterval it says when to come back', async () => {
        const { endpoint, of } = await begun('2025-11-25', { retryInterval: 0 });
        const answer = await endpoint.post(request(1, 'echo'), of);
        expect(await answer.end()).toBe(`id: e1\nretry: 0\ndata: \n\n${event(result(1), 'e2')}`);
    });

    it.each(['2025-06-18', '2025-03-26', '2024-11-05'])('D2, L10: a client of %s gets none', async version => {
        const { endpoint, of, store } = await begun(version, { retryInterval: 5 });
        const answer = await endpoint.post(request(1, 'echo'), of);
        expect(await answer.end()).toBe(event(result(1), 'e1'));
        expect(store.events.map(({ message }) => message)).toEqual([result(1)]);
    });

    it('D2, L10: nor does a request that names no version', async () => {
        const { endpoint } = await begun();
        const answer = await endpoint.post(request(1, 'echo'), { 'mcp-session-id': 'session-1' });
        expect(await answer.end()).toBe(event(result(1), 'e1'));
    });

    it.each([
        ['2025-11-25', primed('e1') + event(result(0, { protocolVersion: '2025-11-25' }), 'e2')],
        ['2026-12-31', primed('e1') + event(result(0, { protocolVersion: '2025-11-25' }), 'e2')],
        ['2025-06-18', event(result(0, { protocolVersion: '2025-11-25' }), 'e1')]
    ])('D2, L10: initialize goes by the version that it asks for: %s', async (version, body) => {
        const endpoint = await openEndpoint(implementation, shell, { ...session, eventStore: new GatedEventStore() });
        expect(await (await endpoint.post(initialize(version))).end()).toBe(body);
    });

    it('D2, L10: a GET gets none, and its events have ids', async () => {
        const { endpoint, of, store } = await begun();
        const stream = await endpoint.get(of);
        await endpoint.send(log('a'));
        expect(await stream.until(text => text !== '')).toBe(event(log('a'), 'e1'));
        expect(store.events.map(({ streamId }) => streamId)).toEqual(['_GET_stream']);
    });

    it('D2: JSON mode stores nothing for requests', async () => {
        const { endpoint, of, store } = await begun('2025-11-25', { enableJsonResponse: true });
        await (await endpoint.post(request(1, 'echo'), of)).end();
        expect(store.events).toEqual([]);
        await endpoint.send(log('a'));
        expect(store.events.map(({ message }) => message)).toEqual([log('a')]);
    });

    it('D2: what is stored is the message, under one stream for each POST', async () => {
        const { endpoint, of, store } = await begun();
        await endpoint.post([request(1), request(2)], of);
        await endpoint.post(request(3), of);
        await endpoint.send(log('a'), 2);
        await endpoint.send(result(3));
        await endpoint.send(result(1));
        expect(store.events.map(({ message }) => message)).toEqual([{}, {}, log('a'), result(3), result(1)]);
        const [a, b] = store.events.map(({ streamId }) => streamId);
        expect(store.events.map(({ streamId }) => streamId)).toEqual([a, b, a, b, a]);
        expect(a).toMatch(/^[0-9a-f-]{36}$/);
        expect(b).not.toBe(a);
    });

    it('D2: a stream that was ended for polling is resumed: what was missed, then what comes, then its end', async () => {
        const { endpoint, of, resume } = await begun();
        const first = await endpoint.post(request(1), of);
        await endpoint.send(log('a'), 1);
        endpoint.transport.closeSSEStream(1);
        expect(await first.end()).toBe(primed('e1') + event(log('a'), 'e2'));
        await endpoint.send(log('b'), 1);
        await endpoint.send(log('elsewhere'));
        const second = await resume('e1');
        expect(second.status).toBe(200);
        expect(second.headers.filter(line => !line.startsWith('Transfer-Encoding'))).toEqual(streamHeaders(['mcp-session-id: session-1']));
        expect(await second.until(text => text.includes('"b"'))).toBe(event(log('a'), 'e2') + event(log('b'), 'e3'));
        await endpoint.send(log('c'), 1);
        await endpoint.send(result(1));
        expect(await second.end()).toBe(event(log('a'), 'e2') + event(log('b'), 'e3') + event(log('c'), 'e5') + event(result(1), 'e6'));
        expect(second.complete).toBe(true);
        await expect(endpoint.send(log('late'), 1)).rejects.toThrow(noConnection(1));
    });

    it('D2: a stream whose client went away is resumed likewise', async () => {
        const { endpoint, of, resume } = await begun();
        const first = await endpoint.post(request(1), of);
        await first.until(text => text !== '');
        await first.disconnect();
        await endpoint.send(log('b'), 1);
        const second = await resume('e1');
        await endpoint.send(result(1));
        expect(await second.end()).toBe(event(log('b'), 'e2') + event(result(1), 'e3'));
    });

    it('D2: a result that nobody heard is kept, and replayed', async () => {
        const { endpoint, of, resume } = await begun();
        const first = await endpoint.post(request(1), of);
        await first.disconnect();
        await endpoint.send(result(1, { late: true }));
        await expect(endpoint.send(log('late'), 1)).rejects.toThrow(noConnection(1));
        const second = await resume('e1');
        expect(await second.until(text => text !== '')).toBe(event(result(1, { late: true }), 'e2'));
    });

    it('D2: a client that holds no event id cannot resume, so the result is rejected, though it is stored', async () => {
        const { endpoint, of, store } = await begun('2025-06-18');
        const first = await endpoint.post(request(1), of);
        await first.disconnect();
        await endpoint.send(log('stored'), 1);
        await expect(endpoint.send(result(1))).rejects.toThrow(noConnection(1));
        expect(store.events.map(({ message }) => message)).toEqual([log('stored'), result(1)]);
    });

    it('D2: a client of 2025-06-18 that got an event can resume', async () => {
        const { endpoint, of, resume } = await begun('2025-06-18');
        const first = await endpoint.post(request(1), of);
        await endpoint.send(log('a'), 1);
        await first.until(text => text !== '');
        await first.disconnect();
        await endpoint.send(result(1));
        const second = await resume('e1');
        expect(await second.until(text => text !== '')).toBe(event(result(1), 'e2'));
    });

    it('D2: who resumes holds an event id, so what comes after is kept for the next time', async () => {
        const { endpoint, of, resume } = await begun('2025-06-18');
        await (await endpoint.post(request(1), of)).disconnect();
        await endpoint.send(log('a'), 1);
        await (await resume('e1')).disconnect();
        await endpoint.send(result(1));
        expect(await (await resume('e1')).until(text => text !== '')).toBe(event(result(1), 'e2'));
    });

    it('D2: the standalone stream is resumed with what was sent while nobody listened', async () => {
        const { endpoint, of, resume } = await begun();
        const first = await endpoint.get(of);
        await endpoint.send(log('a'));
        await first.until(text => text !== '');
        await first.disconnect();
        await endpoint.send(log('b'));
        const second = await resume('e1');
        await endpoint.send(log('c'));
        expect(await second.until(text => text.includes('"c"'))).toBe(event(log('b'), 'e2') + event(log('c'), 'e3'));
        const message = 'Conflict: Only one SSE stream is allowed per session';
        expect(await whole(await endpoint.get(of))).toEqual(refused(shell, 409, -32000, message));
    });

    it('D2: without a resume nothing is replayed', async () => {
        const { endpoint, of } = await begun();
        await endpoint.send(log('a'));
        const stream = await endpoint.get(of);
        await endpoint.send(log('b'));
        expect(await stream.until(text => text !== '')).toBe(event(log('b'), 'e2'));
    });

    it('D2: a stream that is open cannot be resumed: 409', async () => {
        const { endpoint, of, resume } = await begun();
        const first = await endpoint.post(request(1), of);
        const message = 'Conflict: Stream already has an active connection';
        expect(await whole(await resume('e1'))).toEqual(refused(shell, 409, -32000, message));
        expect(endpoint.errors).toEqual([message]);
        await endpoint.send(result(1));
        expect(await first.end()).toBe(primed('e1') + event(result(1), 'e2'));
        // A stream that is complete stays open to the client that resumes it.
        const second = await resume('e2');
        expect((await resume('e1')).status).toBe(409);
        await second.disconnect();
        expect((await resume('e1')).status).toBe(200);
    });

    it('D2: an unknown event id gets 400', async () => {
        const { endpoint, resume } = await begun();
        expect(await whole(await resume('nothing'))).toEqual(refused(shell, 400, -32000, 'Invalid event ID format'));
        expect(endpoint.errors).toEqual(['Invalid event ID format']);
    });

    it('D2: an empty Last-Event-ID opens the standalone stream', async () => {
        const { endpoint, of, resume } = await begun();
        expect((await resume('')).status).toBe(200);
        expect((await endpoint.get(of)).status).toBe(409);
    });

    it.each(['lookup', 'before replay', 'after replay'] as const)('D2: a store that fails at %s gets 500', async name => {
        const { endpoint, of, store, resume } = await begun();
        await (await endpoint.post(request(1), of)).disconnect();
        await endpoint.send(log('a'), 1);
        store.gate(name).fail(new Error('the secret of the store'));
        expect(await whole(await resume('e1'))).toEqual(refused(shell, 500, -32000, 'Error replaying events'));
        expect(endpoint.errors).toEqual(['the secret of the store']);
        const second = await resume('e1');
        await endpoint.send(result(1));
        expect(await second.end()).toBe(event(log('a'), 'e2') + event(result(1), 'e3'));
    });

    describe('with a store that cannot look an event up', () => {
        const simple = async () => {
            const store = new GatedEventStore();
            const endpoint = await openEndpoint(implementation, shell, { ...session, eventStore: store.withoutLookup() });
            const of = await endpoint.begin('2025-11-25');
            store.events.length = 0;
            return { store, endpoint, of, resume: (id: string) => endpoint.get({ ...of, 'last-event-id': id }) };
        };

        it('D2: an unknown event id is a failure of the store', async () => {
            const { endpoint, resume } = await simple();
            expect(await whole(await resume('nothing'))).toEqual(refused(shell, 500, -32000, 'Error replaying events'));
            expect(endpoint.errors).toEqual(['unknown event nothing']);
        });

        it('D2: a resume takes an open stream over', async () => {
            const { endpoint, of, resume } = await simple();
            const first = await endpoint.post(request(1), of);
            await endpoint.send(log('a'), 1);
            await first.until(text => text.includes('"a"'));
            const second = await resume('e1');
            expect([await first.end(), first.complete]).toEqual([primed('e1') + event(log('a'), 'e2'), true]);
            await endpoint.send(result(1));
            expect(await second.end()).toBe(event(log('a'), 'e2') + event(result(1), 'e3'));
        });
    });

    it('D2: a stream of another name, and events that are added by others, are replayed as the store says', async () => {
        const { endpoint, store, resume } = await begun();
        await store.storeEvent('foreign', {} as never);
        await store.storeEvent('foreign', log('x'));
        const stream = await resume('e1');
        expect(await stream.until(text => text !== '')).toBe(event(log('x'), 'e2'));
        await endpoint.send(log('standalone'));
        await endpoint.transport.close();
        expect(await stream.end()).toBe(event(log('x'), 'e2'));
    });

    it('D2: an event id may be empty; then events have none', async () => {
        const eventStore = { storeEvent: () => Promise.resolve(''), replayEventsAfter: () => Promise.resolve('') };
        const endpoint = await openEndpoint(implementation, shell, { ...session, eventStore });
        const of = await endpoint.begin('2025-11-25');
        const answer = await endpoint.post(request(1), of);
        await endpoint.send(log('a'), 1);
        await endpoint.send(log('b'), 1);
        await endpoint.send(result(1));
        expect(await answer.end()).toBe(primed('') + event(log('a')) + event(log('b')) + event(result(1)));
    });

    it('D2: a store that fails while a message is sent rejects send(), and the stream goes on', async () => {
        const { endpoint, of, store } = await begun();
        const stream = await endpoint.get(of);
        const call = await endpoint.post(request(1), of);
        store.gate('before store').fail(new Error('full'));
        await expect(endpoint.send(log('a'))).rejects.toThrow(new Error('full'));
        store.gate('before store').fail(new Error('full'));
        await expect(endpoint.send(log('a'), 1)).rejects.toThrow(new Error('full'));
        await endpoint.send(log('b'));
        await endpoint.send(result(1));
        expect(await call.end()).toBe(primed('e1') + event(result(1), 'e3'));
        expect(await stream.until(text => text !== '')).toBe(event(log('b'), 'e2'));
    });
});
