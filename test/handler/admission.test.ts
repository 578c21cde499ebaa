import { randomUUID } from 'node:crypto';
import { createMemoryBackend, type AuthInfo, type Caller, type IncomingRequest, type SessionBackend } from '@mcp-sessions/core';
import { describe, expect, it } from 'vitest';
import { startNode, startPair } from './support/nodes.js';
import { initialize, request } from './support/requests.js';

const authInfoOf = (token: string, extra?: Record<string, unknown>): AuthInfo => ({
    token,
    clientId: 'app',
    scopes: [],
    ...(extra && { extra })
});
/** Knows a user by `Authorization: Bearer <name>`. */
const authenticate = ({ headers }: IncomingRequest) => {
    const name = /^Bearer (\w+)$/.exec(String(headers['authorization']))?.[1];
    return name ? authInfoOf('secret', { iss: 'https://issuer.test', sub: name }) : null;
};
const as = (name: string) => ({ authorization: `Bearer ${name}` });

/** A backend that counts what it is asked. */
function counted(): { backend: SessionBackend; calls: () => number } {
    const backend = createMemoryBackend();
    let calls = 0;
    const sessionStore = new Proxy(backend.sessionStore, {
        get(target, name) {
            const value: unknown = Reflect.get(target, name, target);
            if (typeof value !== 'function') return value;
            return (...args: unknown[]) => {
                calls++;
                return (value as (...args: unknown[]) => unknown).apply(target, args);
            };
        }
    });
    return { backend: { ...backend, sessionStore }, calls: () => calls };
}

describe('who is let in', () => {
    it('P5: host and origin come first, then authentication, then the limit, then the store', async () => {
        const { backend, calls } = counted();
        const asked: string[] = [];
        const node = await startNode({
            backend,
            enableDnsRebindingProtection: true,
            allowedOrigins: ['https://good.test'],
            authenticate: incoming => {
                asked.push('authenticate');
                return authenticate(incoming);
            },
            limit: () => {
                asked.push('limit');
                return false;
            }
        });
        const post = (headers: Record<string, string>) => request(node.url, randomUUID(), 'tools/list', {}, headers);
        expect((await post({ origin: 'https://bad.test', ...as('ann') })).status).toBe(403);
        expect(asked).toEqual([]);
        const unauthorized = await post({ origin: 'https://good.test' });
        expect([unauthorized.status, unauthorized.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
        expect(asked).toEqual(['authenticate']);
        const limited = await post(as('ann'));
        expect([limited.status, limited.headers.get('retry-after')]).toEqual([429, '1']);
        expect(asked).toEqual(['authenticate', 'authenticate', 'limit']);
        expect(calls()).toBe(0);
        expect(node.contexts).toEqual([]);
    });

    it('the limit learns of the principal, the address and whether a session begins, not of the session', async () => {
        const callers: Caller[] = [];
        const node = await startNode({
            authenticate,
            limit: caller => {
                callers.push(caller);
                return callers.length > 3 ? { retryAfterSeconds: 42 } : true;
            }
        });
        const id = await initialize(node.url, as('ann'));
        expect((await request(node.url, id, 'tools/list', {}, as('ann'))).status).toBe(200);
        expect((await request(node.url, id, 'tools/list', {}, as('ann'))).headers.get('retry-after')).toBe('42');
        const principal = JSON.stringify(['https://issuer.test', 'ann', 'app']);
        expect(callers.slice(0, 2)).toEqual([
            { principal, address: '127.0.0.1', method: 'POST', isNew: true },
            { principal, address: '127.0.0.1', method: 'POST', isNew: false }
        ]);
        expect(JSON.stringify(callers)).not.toContain(id);
    });

    it('P1: a session is its principal’s on every node, and the factory is told who asks', async () => {
        const [first, second] = await startPair({ authenticate });
        const id = await initialize(first.url, as('ann'));
        const unknown = await request(second.url, randomUUID(), 'tools/list', {}, as('eve'));
        for (const node of [first, second]) {
            const refused = await request(node.url, id, 'tools/list', {}, as('eve'));
            expect([refused.status, refused.text]).toEqual([404, unknown.text]);
        }
        expect(second.contexts).toEqual([]);
        expect((await request(second.url, id, 'tools/list', {}, as('ann'))).status).toBe(200);
        expect(second.contexts[0]?.authInfo?.extra?.['sub']).toBe('ann');
    });

    it('P2: authInfo of a middleware goes before authenticate', async () => {
        const node = await startNode({ authenticate: () => null });
        const response = await node.handler.fetch(
            new Request('http://localhost/mcp', {
                method: 'POST',
                headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
                body: JSON.stringify({
                    jsonrpc: '2.0',
                    id: 1,
                    method: 'initialize',
                    params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'c', version: '1' } }
                })
            }),
            { authInfo: authInfoOf('t', { sub: 'bob' }) }
        );
        expect(response.status).toBe(200);
    });

    it('warns once where a session is bound to the client alone', async () => {
        const warnings: string[] = [];
        const node = await startNode({
            authenticate: () => authInfoOf('secret-token'),
            logger: { warn: message => warnings.push(message) }
        });
        await initialize(node.url);
        await initialize(node.url);
        expect(warnings).toHaveLength(1);
        expect(warnings[0]).toMatch(/subject.*bind/s);
        expect(warnings[0]).not.toContain('secret');
    });

    it('a hook that throws is a 500 that says nothing', async () => {
        const node = await startNode({
            limit: () => {
                throw new Error('limiter at 10.0.0.1 is down');
            }
        });
        const answer = await request(node.url, undefined, 'tools/list');
        expect(answer.status).toBe(500);
        expect(answer.text).not.toContain('10.0.0.1');
        expect(node.errors.map(String)).toEqual(['Error: limiter at 10.0.0.1 is down']);
    });
});

describe('operators', () => {
    it('list sessions page by page, look at one and end it on all nodes', async () => {
        const [first, second] = await startPair({ revalidateMs: 60_000 });
        const ids = [];
        for (let n = 0; n < 5; n++) ids.push(await initialize(first.url));
        const seen = new Set<string>();
        let cursor: string | undefined;
        do {
            const page = await second.handler.list({ limit: 2, ...(cursor !== undefined && { cursor }) });
            page.sessions.forEach(session => seen.add(session.sessionId));
            cursor = page.cursor;
        } while (cursor !== undefined);
        expect([...seen].sort()).toEqual([...ids].sort());
        const [id = ''] = ids;
        expect(await second.handler.get(id)).toMatchObject({ sessionId: id, initialized: true, protocolVersion: '2025-11-25' });
        const call = request(first.url, id, 'tools/call', { name: 'wait', arguments: { name: 'w' } });
        expect(await second.handler.end(id)).toBe(true);
        await call;
        expect((await request(first.url, id, 'tools/list')).status).toBe(404);
        expect(await second.handler.end(id)).toBe(false);
        expect(await second.handler.get(id)).toBeNull();
    });

    it('P1: end all sessions of a principal, and no other', async () => {
        const [first, second] = await startPair({ authenticate });
        const anns = [await initialize(first.url, as('ann')), await initialize(second.url, as('ann'))];
        const bobs = await initialize(first.url, as('bob'));
        expect(await first.handler.endSessionsOf(JSON.stringify(['https://issuer.test', 'ann', 'app']))).toBe(2);
        for (const id of anns) expect((await request(second.url, id, 'tools/list', {}, as('ann'))).status).toBe(404);
        expect((await request(second.url, bobs, 'tools/list', {}, as('bob'))).status).toBe(200);
    });
});
