import { describe, expect, it } from 'vitest';
import { openEndpoint, session } from './support/endpoint.js';
import { GatedEventStore } from './support/gatedEventStore.js';
import { internalError, outcome, parseError } from './support/outcome.js';
import { official, ours, shells, type Implementation } from './support/implementations.js';
import { event, initialize, notification, request, result } from './support/messages.js';

/**
 * Where the two differ on purpose. Each test states what the official package does beside what ours does, so the list of
 * mended defects is here in full, and a test fails as soon as one of the two changes.
 */

function secret(): never {
    throw new Error('secret');
}

describe.each(shells)('mended: a callback that throws, on %s', shell => {
    describe.each([
        ['sessionIdGenerator', () => ({ sessionIdGenerator: once(secret, () => 'session-1') })],
        ['onsessioninitialized', () => ({ ...session, onsessioninitialized: once(secret, () => undefined) })],
        [
            'onsessioninitialized, later',
            () => ({
                ...session,
                onsessioninitialized: once(
                    () => Promise.reject(new Error('secret')),
                    () => undefined
                )
            })
        ]
    ])('%s', (name, options) => {
        const fail = async (implementation: Implementation) => {
            const endpoint = await openEndpoint(implementation, shell, options());
            const first = await outcome(endpoint.post(initialize()));
            const { sessionId } = endpoint.transport;
            const second = await endpoint.post(initialize());
            expect(endpoint.errors[0]).toBe('secret');
            return { first, sessionId, second: second.status, server: endpoint.log };
        };

        it('D2: official: the exception is sent to the client, and the session has begun for nobody', async () => {
            const begun = name === 'sessionIdGenerator' ? undefined : 'session-1';
            expect(await fail(official)).toEqual({
                first: parseError('Error: secret'),
                sessionId: begun,
                second: begun ? 400 : 200,
                server: begun ? [] : ['initialize']
            });
        });

        it('D2: ours: 500 that says nothing, and initialize can be tried again', async () => {
            expect(await fail(ours)).toEqual({ first: internalError, sessionId: undefined, second: 200, server: ['initialize'] });
        });
    });

    describe('onsessionclosed', () => {
        const fail = async (implementation: Implementation) => {
            const endpoint = await openEndpoint(implementation, shell, { ...session, onsessionclosed: once(secret, () => undefined) });
            const of = await endpoint.begin();
            const first = await outcome(endpoint.delete(of));
            const alive = (await endpoint.post(notification(), of)).status;
            const { closes, errors } = endpoint;
            return { first, alive, closes, errors, second: (await endpoint.delete(of)).status };
        };

        it('D2: official: the session ends without an answer', async () => {
            const first = shell === 'fetch' ? 'rejected: secret' : [500, ''];
            expect(await fail(official)).toEqual({ first, alive: 404, closes: 1, errors: [], second: 404 });
        });

        it('D2: ours: 500, the session lives, and DELETE can be tried again', async () => {
            expect(await fail(ours)).toEqual({ first: internalError, alive: 202, closes: 0, errors: ['secret'], second: 200 });
        });
    });

    describe.each([
        ['a request', request(1), false],
        ['a request in JSON mode', request(1), true],
        ['a notification', notification('n'), false]
    ])('onmessage, with %s', (name, body, enableJsonResponse) => {
        const fail = async (implementation: Implementation) => {
            const endpoint = await openEndpoint(implementation, shell, { ...session, enableJsonResponse });
            const of = await endpoint.begin();
            const { serve } = endpoint;
            endpoint.serve = secret;
            const first = await outcome(endpoint.post(body, of));
            endpoint.serve = serve;
            const second = await outcome(endpoint.post(request(1, 'echo'), of));
            return { first, answered: second[0], errors: endpoint.errors };
        };

        it('D2: official: the exception is sent to the client, or nothing', async () => {
            const rejected = shell === 'fetch' ? 'rejected: secret' : [500, ''];
            const inJson = name === 'a request in JSON mode';
            expect(await fail(official)).toEqual({
                first: inJson ? rejected : parseError('Error: secret'),
                answered: 200,
                errors: inJson ? [] : ['secret']
            });
        });

        it('D2: ours: 500 that says nothing', async () => {
            expect(await fail(ours)).toEqual({ first: internalError, answered: 200, errors: ['secret'] });
        });
    });

    describe('the event store, with the priming event', () => {
        const fail = async (implementation: Implementation) => {
            const store = new GatedEventStore();
            const endpoint = await openEndpoint(implementation, shell, { ...session, eventStore: store });
            const of = await endpoint.begin('2025-11-25');
            store.gate('before store').fail(new Error('secret'));
            const first = await outcome(endpoint.post(request(1), of));
            expect(endpoint.errors).toEqual(['secret']);
            expect(endpoint.received).toEqual([]);
            await expect(endpoint.send(result(1))).rejects.toThrow('No connection established for request ID: 1');
            return { first, second: (await endpoint.post(request(1, 'echo'), of)).status };
        };

        it('D2: official: the exception is sent to the client', async () => {
            expect(await fail(official)).toEqual({ first: parseError('Error: secret'), second: 200 });
        });

        it('D2: ours: 500 that says nothing', async () => {
            expect(await fail(ours)).toEqual({ first: internalError, second: 200 });
        });
    });

    describe('the event store, with a result', () => {
        const fail = async (implementation: Implementation) => {
            const store = new GatedEventStore();
            const endpoint = await openEndpoint(implementation, shell, { ...session, eventStore: store });
            const of = await endpoint.begin('2025-06-18');
            const answer = await endpoint.post(request(1), of);
            store.gate('before store').fail(new Error('full'));
            await expect(endpoint.send(result(1))).rejects.toThrow(new Error('full'));
            return { endpoint, answer };
        };

        it('D2: official: the client does not get it, unless the server sends it again', async () => {
            const { endpoint, answer } = await fail(official);
            expect(answer.text).toBe('');
            await endpoint.send(result(1));
            expect(await answer.end()).toBe(event(result(1), 'e2'));
        });

        it('D2: ours: the client gets it, though not to be replayed', async () => {
            const { answer } = await fail(ours);
            expect(await answer.end()).toBe(event(result(1)));
        });
    });
});

describe.each(shells)('mended: a session id that no header can carry, on %s', shell => {
    const begin = async (implementation: Implementation) => {
        const endpoint = await openEndpoint(implementation, shell, { sessionIdGenerator: () => 'a\nb' });
        return outcome(endpoint.post(initialize()));
    };

    it('D2: official: the client gets an exception', async () => {
        const [status, body] = await begin(official);
        expect(status).toBe(400);
        expect(body).toMatch(/^{"jsonrpc":"2.0","error":{"code":-32700,"message":"Parse error","data":"TypeError: Headers.append: /);
    });

    it('D2: ours: the client gets 500 that says nothing', async () => {
        expect(await begin(ours)).toEqual(internalError);
    });
});

describe('mended: a Host that looks like an address and is none', () => {
    const send = async (implementation: Implementation) => {
        const endpoint = await openEndpoint(implementation, 'node:http');
        return outcome(endpoint.post(initialize(), { host: '256.1.1.1' }));
    };

    it('D2: official: the client gets an exception', async () => {
        expect(await send(official)).toEqual(parseError('TypeError: Invalid URL'));
    });

    it('D2: ours: 400 as for any other Host that makes no URL', async () => {
        expect(await send(ours)).toEqual([400, '']);
    });
});

/** A function that behaves as the first on its first call and as the second later. */
function once<T>(first: () => T, later: () => T): () => T {
    let called = false;
    return () => {
        const behave = called ? later : first;
        called = true;
        return behave();
    };
}
