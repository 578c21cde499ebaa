import { InMemorySessionStore, isSessionError, type SessionStore } from '@mcp-sessions/core';
import { describe, expect, it, vi } from 'vitest';
import { bare, call, FetchNode, initialize, notify, type NodeOptions } from './fetchNode.js';
import { fiveMethods } from './stores.js';

const unavailable = '{"jsonrpc":"2.0","error":{"code":-32000,"message":"Service temporarily unavailable"},"id":null}';

type Fault = 'none' | 'rejects' | 'throws' | 'hangs';

/** A store that can be made to fail in every way that a store fails. */
function faulty(inner: SessionStore): { store: SessionStore; fail(fault: Fault): void } {
    let fault: Fault = 'none';
    const store = new Proxy(inner, {
        get(target, property) {
            const member = target[property as keyof SessionStore] as unknown;
            if (typeof member !== 'function') {
                return member;
            }
            return (...args: unknown[]): unknown => {
                switch (fault) {
                    case 'none':
                        return (member as (...args: unknown[]) => unknown).apply(target, args);
                    case 'rejects':
                        return Promise.reject(new Error('connect ECONNREFUSED secret-host:6379'));
                    case 'throws':
                        throw new Error('secret-host is not connected');
                    case 'hangs':
                        return new Promise(() => undefined);
                }
            };
        }
    });
    return { store, fail: wanted => (fault = wanted) };
}

const wraps = [
    { kind: 'every method', wrap: (store: SessionStore) => store },
    { kind: 'five methods alone', wrap: fiveMethods }
];

describe.each(wraps)('an outage of a store with $kind', ({ wrap }) => {
    describe.each<Fault>(['rejects', 'throws', 'hangs'])('that %s', fault => {
        const start = (options: NodeOptions = {}) => {
            const { store, fail } = faulty(wrap(new InMemorySessionStore()));
            const named = (name: string): FetchNode =>
                new FetchNode(name, { sessionStore: store, revalidateMs: 0, storeTimeoutMs: 50, ...options });
            return { store, fail, a: named('a'), b: named('b') };
        };

        async function begin(node: FetchNode): Promise<string> {
            const response = await node.fetch(initialize());
            await response.text();
            return response.headers.get('mcp-session-id') as string;
        }

        it('F1: is answered 503 with Retry-After on every verb, warm and cold, and is over when the store is back', async () => {
            const { fail, a, b } = start();
            const sessionId = await begin(a);
            fail(fault);
            for (const at of [a, b]) {
                for (const request of [
                    call(sessionId, 'ping'),
                    notify(sessionId, 'notifications/initialized'),
                    bare('GET', sessionId),
                    bare('DELETE', sessionId),
                    call('another-session', 'ping')
                ]) {
                    const response = await at.fetch(request);
                    expect([response.status, response.headers.get('retry-after'), await response.text()]).toEqual([503, '1', unavailable]);
                }
                expect(at.errors.some(error => isSessionError(error) && error.code === 'STORE_UNAVAILABLE')).toBe(true);
            }
            fail('none');
            expect((await a.fetch(call(sessionId, 'ping'))).status).toBe(200);
            expect((await b.fetch(call(sessionId, 'ping'))).status).toBe(200);
        });

        it('F1: fails initialize with 503, leaves nothing behind, and a retry on the same node works', async () => {
            const { store, fail, a } = start();
            const opened = vi.fn();
            const node = new FetchNode('c', { sessionStore: store, storeTimeoutMs: 50, onsessioninitialized: opened });
            const transport = await node.start(null);
            fail(fault);
            const response = await transport.handleRequest(initialize());
            expect([response.status, response.headers.get('mcp-session-id'), await response.text()]).toEqual([503, null, unavailable]);
            expect(opened).not.toHaveBeenCalled();
            fail('none');
            const retried = await transport.handleRequest(initialize());
            await retried.text();
            const sessionId = retried.headers.get('mcp-session-id') as string;
            expect(opened.mock.calls).toEqual([[sessionId]]);
            expect((await a.fetch(call(sessionId, 'ping'))).status).toBe(200);
        });

        it('F1: a change of the session that could not be stored is answered 503, not confirmed', async () => {
            const { fail, a } = start({ revalidateMs: 60_000 });
            const sessionId = await begin(a);
            fail(fault);
            // Within revalidateMs the node serves from its copy; what must be stored is another matter.
            expect((await a.fetch(call(sessionId, 'ping'))).status).toBe(200);
            const response = await a.fetch(call(sessionId, 'logging/setLevel', { level: 'error' }));
            expect([response.status, await response.text()]).toEqual([503, unavailable]);
        });
    });
});

it('P6: a record that is none counts as absent, is reported without its content, and harms nobody', async () => {
    const inner = new InMemorySessionStore();
    const bad: unknown[] = ['x', 5, [], {}, { sessionId: 'other' }, JSON.parse('{"__proto__":{"polluted":true}}')];
    for (const value of bad) {
        const store = Object.assign(Object.create(inner) as SessionStore, { getSession: () => Promise.resolve(value) });
        const node = new FetchNode('a', { sessionStore: store });
        const response = await node.fetch(call('some-session-id', 'ping'));
        expect(response.status).toBe(404);
        const [error] = node.errors;
        expect(isSessionError(error) && error.code).toBe('INVALID_RECORD');
        expect(error?.message).not.toContain('some-session-id');
    }
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
});

it('S13: a record of a coming release counts as absent; unknown fields survive a write', async () => {
    const store = new InMemorySessionStore();
    const a = new FetchNode('a', { sessionStore: store });
    const response = await a.fetch(initialize());
    await response.text();
    const sessionId = response.headers.get('mcp-session-id') as string;
    const record = (await store.getSession(sessionId))!;
    await store.storeSession(sessionId, { ...record, fromTheFuture: { keep: 'me' } } as typeof record);
    const b = new FetchNode('b', { sessionStore: store });
    await (await b.fetch(call(sessionId, 'logging/setLevel', { level: 'error' }))).text();
    expect(await store.getSession(sessionId)).toMatchObject({ fromTheFuture: { keep: 'me' }, logLevel: 'error' });
    await store.storeSession(sessionId, { ...record, schemaVersion: 2 });
    expect((await new FetchNode('c', { sessionStore: store }).fetch(call(sessionId, 'ping'))).status).toBe(404);
});

describe('B3: store calls', () => {
    function counted(inner: SessionStore): { store: SessionStore; calls: string[] } {
        const calls: string[] = [];
        const store = new Proxy(inner, {
            get(target, property) {
                const member = target[property as keyof SessionStore] as unknown;
                return typeof member === 'function'
                    ? (...args: unknown[]): unknown => {
                          calls.push(String(property));
                          return (member as (...args: unknown[]) => unknown).apply(target, args);
                      }
                    : member;
            }
        });
        return { store, calls };
    }

    it('B3: one on the way to a cold handler, one per revalidation, none in between', async () => {
        const { store, calls } = counted(new InMemorySessionStore());
        const a = new FetchNode('a', { sessionStore: store });
        const response = await a.fetch(initialize());
        await response.text();
        const sessionId = response.headers.get('mcp-session-id') as string;
        expect(calls.splice(0)).toEqual(['createSession']);

        const b = new FetchNode('b', { sessionStore: store, revalidateMs: 3_600_000 });
        await (await b.fetch(call(sessionId, 'ping'))).text();
        // The second extends the session's life and is not waited for.
        expect(calls.splice(0)).toEqual(['getSession', 'getAndTouchSession']);
        for (let round = 0; round < 20; round++) {
            await (await b.fetch(call(sessionId, 'ping'))).text();
        }
        expect(calls.splice(0)).toEqual([]);

        const c = new FetchNode('c', { sessionStore: store, revalidateMs: 0 });
        await (await c.fetch(call(sessionId, 'ping'))).text();
        calls.splice(0);
        for (let round = 0; round < 5; round++) {
            await (await c.fetch(call(sessionId, 'ping'))).text();
        }
        expect(calls).toEqual(Array.from({ length: 5 }, () => 'getAndTouchSession'));
    });

    it('D5: stateless and memory mode never touch a store', async () => {
        const { store, calls } = counted(new InMemorySessionStore());
        for (const options of [{ sessionIdGenerator: undefined }, { sessionStorageMode: 'memory' as const }]) {
            const node = new FetchNode('a', { sessionStore: store, ...options });
            const response = await node.fetch(initialize());
            await response.text();
            const sessionId = response.headers.get('mcp-session-id') ?? undefined;
            await (await node.fetch(call(sessionId, 'ping'))).text();
        }
        expect(calls).toEqual([]);
    });
});

it.each(['memory', 'external'] as const)(
    'D2: an event store that fails leaves the transport as it was before initialize (%s)',
    async mode => {
        let refuse = true;
        const events: string[] = [];
        const node = new FetchNode('a', {
            sessionStorageMode: mode,
            sessionStore: new InMemorySessionStore(),
            eventStore: {
                storeEvent: async streamId => {
                    if (refuse) {
                        throw new Error('secret-host is not connected');
                    }
                    return String(events.push(streamId));
                },
                replayEventsAfter: () => Promise.reject(new Error('not asked for here'))
            }
        });
        const transport = await node.start(null);
        const refused = await transport.handleRequest(initialize());
        expect([refused.status, await refused.text()]).toEqual([
            500,
            '{"jsonrpc":"2.0","error":{"code":-32603,"message":"Internal error"},"id":null}'
        ]);
        refuse = false;
        const retried = await transport.handleRequest(initialize());
        expect(retried.status).toBe(200);
        expect(await retried.text()).toContain('id: 1\ndata: \n\n');
    }
);
