import { describe, expect, it } from 'vitest';
import { headOf, nodeEndpoint, openEndpoint, session, webEndpoint } from './support/endpoint.js';
import { refused, whole } from './support/expected.js';
import { GatedEventStore } from './support/gatedEventStore.js';
import { everywhere, implementations } from './support/implementations.js';
import { both, event, initialize, log, request, result } from './support/messages.js';
import { WebAnswer } from './support/webAnswer.js';

const primed = (id: string) => `id: ${id}\ndata: \n\n`;
const notFound = 'Session not found';

describe.each(everywhere)('a resume while the store is busy: %s on %s', (_, shell, implementation) => {
    const begun = async (lookup = true) => {
        const store = new GatedEventStore();
        const eventStore = lookup ? store : store.withoutLookup();
        const endpoint = await openEndpoint(implementation, shell, { ...session, eventStore });
        const of = await endpoint.begin('2025-11-25');
        store.events.length = 0;
        return { store, endpoint, of, resume: (id: string) => endpoint.get({ ...of, 'last-event-id': id }) };
    };

    it('D2: an event that the replay delivered is not sent again by the send() that stored it', async () => {
        const { store, endpoint, of, resume } = await begun();
        await (await endpoint.post(request(1), of)).disconnect();
        const gate = store.gate('after store');
        const sending = endpoint.send(log('a'), 1);
        await gate.reached;
        const stream = await resume('e1');
        await stream.until(text => text !== '');
        gate.open();
        await sending;
        await endpoint.send(result(1));
        expect(await stream.end()).toBe(event(log('a'), 'e2') + event(result(1), 'e3'));
    });

    it('D2: a result that the replay delivered ends the resumed stream', async () => {
        const { store, endpoint, of, resume } = await begun();
        await (await endpoint.post(request(1), of)).disconnect();
        const gate = store.gate('after store');
        const sending = endpoint.send(result(1));
        await gate.reached;
        const stream = await resume('e1');
        await stream.until(text => text !== '');
        expect(stream.ended).toBe(false);
        gate.open();
        await sending;
        expect([await stream.end(), stream.complete]).toEqual([event(result(1), 'e2'), true]);
    });

    it('D2: an event that was stored after the replay goes to the stream that was resumed meanwhile', async () => {
        const { store, endpoint, of, resume } = await begun();
        await (await endpoint.post(request(1), of)).disconnect();
        const gate = store.gate('before store');
        const sending = endpoint.send(result(1));
        await gate.reached;
        const stream = await resume('e1');
        expect(stream.text).toBe('');
        gate.open();
        await sending;
        expect(await stream.end()).toBe(event(result(1), 'e2'));
    });

    it('D2: the same holds for the standalone stream', async () => {
        const { store, endpoint, of, resume } = await begun();
        const first = await endpoint.get(of);
        await endpoint.send(log('a'));
        await first.until(text => text !== '');
        await first.disconnect();
        const visible = store.gate('after store');
        const sendingB = endpoint.send(log('b'));
        await visible.reached;
        const hidden = store.gate('before store');
        const sendingC = endpoint.send(log('c'));
        await hidden.reached;
        const stream = await resume('e1');
        await stream.until(text => text !== '');
        visible.open();
        await sendingB;
        hidden.open();
        await sendingC;
        expect(await stream.until(text => text.includes('"c"'))).toBe(event(log('b'), 'e2') + event(log('c'), 'e3'));
    });

    it('D2: an event that is stored during the replay is sent once, by the replay', async () => {
        const { store, endpoint, of, resume } = await begun();
        await (await endpoint.post(request(1), of)).disconnect();
        const gate = store.gate('before replay');
        const resuming = resume('e1');
        await gate.reached;
        await endpoint.send(log('a'), 1);
        gate.open();
        const stream = await resuming;
        await endpoint.send(result(1));
        expect(await stream.end()).toBe(event(log('a'), 'e2') + event(result(1), 'e3'));
    });

    it('D2: of two resumes at once the later one stays', async () => {
        const { store, endpoint, of, resume } = await begun();
        await (await endpoint.post(request(1), of)).disconnect();
        const gate = store.gate('after replay');
        const resuming = resume('e1');
        await gate.reached;
        const second = await resume('e1');
        expect(second.status).toBe(200);
        gate.open();
        const first = await resuming;
        expect([await second.end(), second.complete]).toEqual(['', true]);
        await endpoint.send(result(1));
        expect(await first.end()).toBe(event(result(1), 'e2'));
    });

    it('D2: a client that goes away after another has taken its stream over does not end that one', async () => {
        const { endpoint, of, resume } = await begun(false);
        const first = await endpoint.post(request(1), of);
        await first.until(text => text !== '');
        const second = await resume('e1');
        await first.end();
        await first.disconnect();
        await endpoint.send(result(1));
        expect(await second.end()).toBe(event(result(1), 'e2'));
    });
});

describe.each(everywhere)('close() during a request: %s on %s', (_, shell, implementation) => {
    it('D2: while onsessioninitialized runs, the client gets 404 and the server nothing', async () => {
        let finish!: () => void;
        let asked!: () => void;
        const whenAsked = new Promise<void>(resolve => (asked = resolve));
        const onsessioninitialized = () => {
            asked();
            return new Promise<void>(resolve => (finish = resolve));
        };
        const endpoint = await openEndpoint(implementation, shell, { ...session, onsessioninitialized });
        const answering = endpoint.post(initialize());
        await whenAsked;
        await endpoint.transport.close();
        finish();
        expect(await whole(await answering)).toEqual(refused(shell, 404, -32001, notFound));
        expect(endpoint.received).toEqual([]);
        expect(endpoint.errors).toEqual([]);
    });

    it.each(['lookup', 'before replay', 'after replay'] as const)('D2: at %s, the client gets 404', async name => {
        const store = new GatedEventStore();
        const endpoint = await openEndpoint(implementation, shell, { ...session, eventStore: store });
        const of = await endpoint.begin('2025-11-25');
        const gate = store.gate(name);
        const resuming = endpoint.get({ ...of, 'last-event-id': 'e1' });
        await gate.reached;
        await endpoint.transport.close();
        gate.open();
        expect(await whole(await resuming)).toEqual(refused(shell, 404, -32001, notFound));
        expect(endpoint.errors).toEqual([]);
    });

    it('D2: while a result is stored, send() resolves', async () => {
        const store = new GatedEventStore();
        const endpoint = await openEndpoint(implementation, shell, { ...session, eventStore: store });
        const of = await endpoint.begin('2025-11-25');
        const answer = await endpoint.post(request(1), of);
        const gate = store.gate('after store');
        const sending = endpoint.send(result(1));
        await gate.reached;
        await endpoint.transport.close();
        gate.open();
        await sending;
        expect(await answer.end()).toBe(primed('e3'));
        expect(endpoint.errors).toEqual([]);
    });

    it('D2: while a message of no request is stored, send() resolves', async () => {
        const store = new GatedEventStore();
        const endpoint = await openEndpoint(implementation, shell, { ...session, eventStore: store });
        const of = await endpoint.begin('2025-11-25');
        const stream = await endpoint.get(of);
        const gate = store.gate('after store');
        const sending = endpoint.send(log('a'));
        await gate.reached;
        await endpoint.transport.close();
        gate.open();
        await sending;
        expect(await stream.end()).toBe('');
    });

    it('D2: a response that comes after close() is taken, and reaches nobody', async () => {
        const endpoint = await openEndpoint(implementation, shell);
        const of = await endpoint.begin();
        const answer = await endpoint.post(request(1), of);
        await endpoint.transport.close();
        await endpoint.send(log('late'), 1);
        await endpoint.send(result(1));
        expect(await answer.end()).toBe('');
    });
});

describe.each(implementations)('close() while the body comes: $name', implementation => {
    const body = JSON.stringify(initialize());
    const headers = [
        ['accept', both],
        ['content-type', 'application/json']
    ] as [string, string][];

    it('D2: on a socket the client gets 404, and no session begins', async () => {
        const endpoint = await nodeEndpoint(implementation);
        const begun = new Promise(resolve => endpoint.server.once('request', resolve));
        const connection = await endpoint.connect();
        connection.write(headOf({ method: 'POST', headers, body }) + body.slice(0, 5));
        await begun;
        await endpoint.transport.close();
        connection.write(body.slice(5));
        expect(await whole(await connection.answer())).toEqual(refused('node:http', 404, -32001, notFound));
        expect(endpoint.transport.sessionId).toBeUndefined();
        expect(endpoint.received).toEqual([]);
        expect(endpoint.errors).toEqual([]);
    });

    it('D2: on the fetch API the client gets 404, and no session begins', async () => {
        const endpoint = webEndpoint(implementation);
        let finish!: () => void;
        const stream = new ReadableStream({
            start: controller => {
                finish = () => {
                    controller.enqueue(new TextEncoder().encode(body));
                    controller.close();
                };
            }
        });
        const init = { method: 'POST', headers, body: stream, duplex: 'half' } as RequestInit;
        const answering = endpoint.transport.handleRequest(new Request('http://127.0.0.1/mcp', init));
        await endpoint.transport.close();
        finish();
        expect(await whole(new WebAnswer(await answering))).toEqual(refused('fetch', 404, -32001, notFound));
        expect(endpoint.received).toEqual([]);
        expect(endpoint.errors).toEqual([]);
    });
});

describe.each(implementations)('a client that goes away in mid-replay: $name', implementation => {
    it('D2: can resume later', async () => {
        const store = new GatedEventStore();
        const endpoint = await nodeEndpoint(implementation, { ...session, eventStore: store });
        const of = await endpoint.begin('2025-11-25');
        await (await endpoint.post(request(1), of)).disconnect();
        await endpoint.send(log('a'), 1);
        const gate = store.gate('after replay');
        const connection = await endpoint.connect();
        connection.write(headOf({ method: 'GET', headers: Object.entries({ accept: both, ...of, 'last-event-id': 'e3' }) }));
        await gate.reached;
        const noticed = endpoint.whenDisconnected(connection);
        connection.socket.destroy();
        await noticed;
        gate.open();
        await endpoint.whenHandled();
        const second = await endpoint.get({ ...of, 'last-event-id': 'e3' });
        await endpoint.send(result(1));
        expect(await second.end()).toBe(event(log('a'), 'e4') + event(result(1), 'e5'));
    });
});

describe.each(implementations)('a stream of the fetch API that nobody has read yet: $name', implementation => {
    it('D2: when it is given up late, the stream that took its place goes on', async () => {
        const store = new GatedEventStore();
        const endpoint = webEndpoint(implementation, { ...session, eventStore: store.withoutLookup() });
        const of = await endpoint.begin('2025-11-25');
        const typed = { accept: both, 'content-type': 'application/json', ...of };
        const response = await endpoint.respond({ method: 'POST', headers: Object.entries(typed), body: JSON.stringify(request(1)) });
        await endpoint.send(log('a'), 1);
        const second = await endpoint.get({ ...of, 'last-event-id': 'e3' });
        await response.body?.cancel();
        await endpoint.send(result(1));
        expect(await second.end()).toBe(event(log('a'), 'e4') + event(result(1), 'e5'));
    });

    it('D2: what was sent before it is read is there', async () => {
        const endpoint = webEndpoint(implementation);
        const of = await endpoint.begin();
        const response = await endpoint.respond({ method: 'GET', headers: Object.entries({ accept: both, ...of }) });
        await endpoint.send(log(1));
        await endpoint.send(log(2));
        await endpoint.transport.close();
        expect(await response.text()).toBe(event(log(1)) + event(log(2)));
    });
});
