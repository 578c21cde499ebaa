import { describe, expect, it, vi } from 'vitest';
import { headOf, nodeEndpoint, openEndpoint, session, webEndpoint } from './support/endpoint.js';
import { collectGarbage } from './support/garbage.js';
import { GatedEventStore } from './support/gatedEventStore.js';
import { internalError, outcome } from './support/outcome.js';
import { official, ours, shells, type Implementation, type Shell } from './support/implementations.js';
import { both, event, log, notification, refusal, request, result } from './support/messages.js';

/** As in mended.test.ts: where the two differ on purpose, here in what becomes of requests and streams. */
const notFound = [404, refusal(-32001, 'Session not found')];

describe.each(shells)('mended: requests with one id at once, on %s', shell => {
    it('D2: official: the first answer goes to the second request, and the first one waits for ever', async () => {
        const { first, second, endpoint } = await twice(official, shell);
        await endpoint.send(result(1, { n: 1 }));
        expect(await second.end()).toBe(event(result(1, { n: 1 })));
        await expect(endpoint.send(result(1, { n: 2 }))).rejects.toThrow('No connection established for request ID: 1');
        expect([first.text, first.ended]).toEqual(['', false]);
    });

    it('X9: ours: each request gets its own answer', async () => {
        const { first, second, endpoint } = await twice(ours, shell);
        const [one, two] = endpoint.received.map(({ message }) => ('id' in message ? message.id : undefined));
        expect(one).toBe(1);
        expect(two).not.toBe(1);
        await endpoint.send(log('two'), two);
        await endpoint.send(result(two, { n: 2 }));
        await endpoint.send(result(one, { n: 1 }));
        expect(await first.end()).toBe(event(result(1, { n: 1 })));
        expect(await second.end()).toBe(event(log('two')) + event(result(1, { n: 2 })));
    });

    async function twice(implementation: Implementation, on: Shell) {
        const endpoint = await openEndpoint(implementation, on);
        const of = await endpoint.begin();
        const [first, second] = [await endpoint.post(request(1), of), await endpoint.post(request(1), of)];
        return { first, second, endpoint };
    }
});

describe.each(shells)('mended: an event id with a line break, on %s', shell => {
    const evil = 'x\nevent: forged\ndata: {}\n';
    const open = async (implementation: Implementation, id: string) => {
        const eventStore = { storeEvent: () => Promise.resolve(id), replayEventsAfter: () => Promise.resolve('s') };
        const endpoint = await openEndpoint(implementation, shell, { ...session, eventStore });
        const of = await endpoint.begin('2025-11-25');
        endpoint.errors.length = 0;
        const answer = await endpoint.post(request(1, 'echo'), of);
        return { body: await answer.end(), errors: endpoint.errors };
    };

    it('D2: official: forges fields', async () => {
        const { body, errors } = await open(official, evil);
        expect(body).toBe(`id: ${evil}\ndata: \n\nevent: message\nid: ${evil}\ndata: ${JSON.stringify(result(1))}\n\n`);
        expect(errors).toEqual([]);
    });

    it.each([evil, 'a\rb', 'a\r\nb', '\n', 'a\u0000b'])('P10: ours: %j is left out', async id => {
        const { body, errors } = await open(ours, id);
        expect(body).toBe(event(result(1)));
        expect(errors.length).toBe(2);
        expect(errors.join()).not.toContain(id);
    });
});

describe.each(shells)('mended: close(), on %s', shell => {
    const pending = async (implementation: Implementation) => {
        const endpoint = await openEndpoint(implementation, shell, { ...session, enableJsonResponse: true });
        const of = await endpoint.begin();
        let answer: unknown = 'none';
        const answering = outcome(endpoint.post(request(1), of)).then(value => (answer = value));
        await vi.waitFor(() => expect(endpoint.received.length).toBe(1));
        await endpoint.transport.close();
        return { answering, answer: () => answer, endpoint };
    };

    it('D2: official: a request in JSON mode waits for ever', async () => {
        const { answer, endpoint } = await pending(official);
        await endpoint.send(result(1));
        await new Promise(resolve => setTimeout(resolve, 20));
        expect(answer()).toBe('none');
    });

    it('L11: ours: a request in JSON mode gets 404', async () => {
        const { answering } = await pending(ours);
        expect(await answering).toEqual(notFound);
    });

    describe('while the priming event is stored', () => {
        const close = async (implementation: Implementation) => {
            const store = new GatedEventStore();
            const endpoint = await openEndpoint(implementation, shell, { ...session, eventStore: store });
            const of = await endpoint.begin('2025-11-25');
            const gate = store.gate('after store');
            const answering = outcome(endpoint.post(request(1), of));
            await gate.reached;
            await endpoint.transport.close();
            gate.open();
            return { answer: await answering, server: endpoint.log };
        };

        it('D2: official: the client gets an exception', async () => {
            const { answer, server } = await close(official);
            expect(answer[0]).toBe(400);
            expect(answer[1]).toMatch(/"message":"Parse error","data":"TypeError.*: Invalid state: Controller is already closed"/);
            expect(server).toEqual([]);
        });

        it('D2: ours: the client gets 404, and the server nothing', async () => {
            expect(await close(ours)).toEqual({ answer: notFound, server: [] });
        });
    });
});

describe.each(shells)('mended: a request in JSON mode, on %s', shell => {
    const begun = async (implementation: Implementation) => {
        const endpoint = await openEndpoint(implementation, shell, { ...session, enableJsonResponse: true });
        const of = await endpoint.begin();
        const answering = outcome(endpoint.post(request(1), of));
        await vi.waitFor(() => expect(endpoint.received.length).toBe(1));
        return { endpoint, answering };
    };

    it('D2: official: closeSSEStream takes the answer away, so the client waits for ever', async () => {
        const { endpoint } = await begun(official);
        endpoint.transport.closeSSEStream(1);
        await expect(endpoint.send(result(1))).rejects.toThrow('No connection established for request ID: 1');
    });

    it('L11: ours: closeSSEStream has no stream to close', async () => {
        const { endpoint, answering } = await begun(ours);
        endpoint.transport.closeSSEStream(1);
        await endpoint.send(result(1));
        expect(await answering).toEqual([200, JSON.stringify(result(1))]);
    });

    it('D2: official: a result that is no JSON rejects, and the client waits', async () => {
        const { endpoint, answering } = await begun(official);
        await expect(endpoint.send(result(1, { big: 1n }))).rejects.toThrow('Do not know how to serialize a BigInt');
        await endpoint.send(result(1));
        expect((await answering)[0]).toBe(200);
    });

    it('L11: ours: a result that is no JSON is answered 500', async () => {
        const { endpoint, answering } = await begun(ours);
        await endpoint.send(result(1, { big: 1n }));
        expect(await answering).toEqual(internalError);
        expect(endpoint.errors).toEqual(['Do not know how to serialize a BigInt']);
    });
});

describe('mended: of two that resume one stream, the one whose replay ends later has gone meanwhile', () => {
    const resumeTwice = async (implementation: Implementation) => {
        const store = new GatedEventStore();
        const endpoint = await nodeEndpoint(implementation, { ...session, eventStore: store });
        const of = await endpoint.begin('2025-11-25');
        await (await endpoint.post(request(1), of)).disconnect();
        const headers = Object.entries({ accept: both, ...of, 'last-event-id': 'e3' });
        const gate = store.gate('after replay');
        const gone = await endpoint.connect();
        gone.write(headOf({ method: 'GET', headers }));
        await gate.reached;
        const stays = await endpoint.fetch({ method: 'GET', headers });
        const noticed = endpoint.whenDisconnected(gone);
        gone.socket.destroy();
        await noticed;
        gate.open();
        return { endpoint, stays };
    };

    it('D2: official: the other is cut off', async () => {
        const { stays } = await resumeTwice(official);
        expect(await stays.end()).toBe('');
    });

    it('D2: ours: the other gets the result', async () => {
        const { endpoint, stays } = await resumeTwice(ours);
        await endpoint.send(result(1));
        expect(await stays.end()).toBe(event(result(1), 'e4'));
    });
});

describe('mended: what is held', () => {
    it.each([
        [official, true],
        [ours, false]
    ])('L11: in JSON mode an answer is held after it was given: $name: %s', async (implementation, held) => {
        const endpoint = webEndpoint(implementation, { ...session, enableJsonResponse: true });
        const of = await endpoint.begin();
        const headers = Object.entries({ accept: both, 'content-type': 'application/json', ...of });
        const respond = async () =>
            new WeakRef(await endpoint.respond({ method: 'POST', headers, body: JSON.stringify(request(1, 'echo')) }));
        const response = await respond();
        const isHeld = await collectGarbage(() => response.deref() === undefined).then(collected => !collected);
        expect(isHeld).toBe(held);
    });

    it.each(shells)('D2: a request that its client left and cancelled is forgotten by ours, on %s', async shell => {
        const leave = async (implementation: Implementation) => {
            const endpoint = await openEndpoint(implementation, shell);
            const of = await endpoint.begin();
            await (await endpoint.post(request(1), of)).disconnect();
            await endpoint.post(notification('notifications/cancelled', { requestId: 1 }), of);
            return endpoint.send(log('late'), 1).then(
                () => 'held',
                () => 'forgotten'
            );
        };
        expect([await leave(official), await leave(ours)]).toEqual(['held', 'forgotten']);
    });
});
