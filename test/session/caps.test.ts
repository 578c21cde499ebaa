import { InMemorySessionStore, type SessionLimits } from '@mcp-sessions/core';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { bare, call, FetchNode, initialize, notify } from './fetchNode.js';

const tooMany = '{"jsonrpc":"2.0","error":{"code":-32000,"message":"Too many sessions: try again later"},"id":null}';
const alice = { token: 't', clientId: 'alice', scopes: [] };
const bob = { token: 't', clientId: 'bob', scopes: [] };

function cluster(limits: SessionLimits): { store: InMemorySessionStore; a: FetchNode; b: FetchNode } {
    const store = new InMemorySessionStore(limits);
    const named = (name: string) => new FetchNode(name, { sessionStore: store });
    return { store, a: named('a'), b: named('b') };
}

async function begin(node: FetchNode, authInfo?: typeof alice): Promise<{ status: number; sessionId: string | null; body: string }> {
    const response = await node.fetch(initialize(), authInfo);
    return { status: response.status, sessionId: response.headers.get('mcp-session-id'), body: await response.text() };
}

afterEach(() => {
    vi.useRealTimers();
});

describe('caps on sessions', () => {
    it('P9: 500 initialize at once on two nodes open exactly as many sessions as there may be, in total and per principal', async () => {
        const { store, a, b } = cluster({ maxSessions: 40, maxSessionsPerPrincipal: 4 });
        const people = Array.from({ length: 20 }, (_, index) => ({ ...alice, clientId: `client ${index}` }));
        const answers = await Promise.all(
            Array.from({ length: 500 }, async (_, index) => ({
                ...(await begin(index % 2 ? a : b, people[index % people.length])),
                person: index % people.length
            }))
        );
        const accepted = answers.filter(({ status }) => status === 200);
        expect(accepted).toHaveLength(40);
        expect(store.size).toBe(40);
        for (const person of people.keys()) {
            expect(accepted.filter(answer => answer.person === person).length).toBeLessThanOrEqual(4);
        }
        expect(answers.filter(({ status }) => status !== 200).every(({ status, body }) => status === 503 && body === tooMany)).toBe(true);
    });

    it('P9: who is refused gets 503 with Retry-After, no session id, and nothing is left behind', async () => {
        const { store, a } = cluster({ maxSessions: 1 });
        await begin(a);
        const response = await a.fetch(initialize());
        expect(response.status).toBe(503);
        expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
        expect(response.headers.get('mcp-session-id')).toBeNull();
        expect(await response.text()).toBe(tooMany);
        expect(store.size).toBe(1);
        expect(a.errors).toMatchObject([{ code: 'TOO_MANY_SESSIONS' }]);
    });

    it('P9: one principal at its cap does not keep another out, and those without one are counted in total only', async () => {
        const { a } = cluster({ maxSessions: 5, maxSessionsPerPrincipal: 1 });
        expect((await begin(a, alice)).status).toBe(200);
        expect((await begin(a, alice)).status).toBe(503);
        expect((await begin(a, bob)).status).toBe(200);
        expect([await begin(a), await begin(a), await begin(a), await begin(a)].map(({ status }) => status)).toEqual([200, 200, 200, 503]);
    });

    it('P9: there is room again after a DELETE on another node', async () => {
        const { a, b } = cluster({ maxSessions: 1 });
        const { sessionId } = await begin(a);
        expect((await b.fetch(bare('DELETE', sessionId as string))).status).toBe(200);
        expect((await begin(b)).status).toBe(200);
        expect((await begin(a)).status).toBe(503);
    });

    it('P9: there is room again after an initialize that failed later', async () => {
        const store = new InMemorySessionStore({ maxSessions: 1 });
        let fails = true;
        const node = new FetchNode('a', {
            sessionStore: store,
            onsessioninitialized: () => {
                if (fails) {
                    throw new Error('refused by the application');
                }
            }
        });
        expect((await begin(node)).status).toBe(500);
        await vi.waitFor(() => expect(store.size).toBe(0));
        fails = false;
        expect((await begin(node)).status).toBe(200);
    });

    it('P9: there is room again when sessions have expired', async () => {
        vi.useFakeTimers({ toFake: ['Date'] });
        const { a } = cluster({ maxSessions: 1, ttlSeconds: 600, initializeTtlSeconds: 600 });
        await begin(a);
        vi.setSystemTime(Date.now() + 599_000);
        expect((await begin(a)).status).toBe(503);
        vi.setSystemTime(Date.now() + 2000);
        expect((await begin(a)).status).toBe(200);
    });
});

describe('a session that was begun', () => {
    const limits = { ttlSeconds: 3600, initializeTtlSeconds: 60 };

    it('P8: goes early when nothing follows its initialize', async () => {
        vi.useFakeTimers({ toFake: ['Date'] });
        const { store, a } = cluster(limits);
        await begin(a);
        vi.setSystemTime(Date.now() + 61_000);
        expect(store.size).toBe(0);
    });

    it.each([
        ['notifications/initialized', (id: string) => notify(id, 'notifications/initialized')],
        ['another request', (id: string) => call(id, 'ping')]
    ])('S12: lives on for its whole time after %s on another node', async (_what, request) => {
        vi.useFakeTimers({ toFake: ['Date'] });
        const { a, b } = cluster(limits);
        const sessionId = (await begin(a)).sessionId as string;
        await (await b.fetch(request(sessionId))).text();
        vi.setSystemTime(Date.now() + 3_500_000);
        expect((await b.fetch(call(sessionId, 'ping'))).status).toBe(200);
    });
});
