import type { AuthInfo } from '@modelcontextprotocol/sdk/server/auth/types.js';
import type { SessionData, SessionStore } from '@mcp-sessions/core';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import {
    bare,
    call,
    capabilities,
    clientInfo,
    FetchNode,
    initialize,
    messages,
    notify,
    post,
    toolText,
    type NodeOptions
} from './fetchNode.js';
import { fiveMethods, storeKinds, type OpenedStores } from './stores.js';

const notFound = '{"jsonrpc":"2.0","error":{"code":-32001,"message":"Session not found"},"id":null}';

const kinds = [
    ...storeKinds.slice(0, 2).map(kind => ({ ...kind, wrap: (store: SessionStore) => store })),
    { ...storeKinds[0], name: 'five methods alone', open: () => storeKinds[0]!.open(), wrap: fiveMethods }
];

describe.each(kinds)('a session in a store: $name', ({ open, wrap }) => {
    let stores: OpenedStores;
    let store: SessionStore;
    beforeAll(async () => {
        stores = await open();
    });
    afterAll(() => stores.close());
    beforeEach(() => {
        store = wrap(stores.make());
    });

    function node(name: string, options: NodeOptions = {}): FetchNode {
        return new FetchNode(name, { sessionStore: store, ...options });
    }

    async function begin(first: FetchNode): Promise<string> {
        const response = await first.fetch(initialize());
        expect(response.status).toBe(200);
        await response.text();
        return response.headers.get('mcp-session-id') as string;
    }

    it('S4: the record is in the store before the first byte of the initialize response', async () => {
        const a = node('a');
        const response = await a.fetch(initialize());
        const sessionId = response.headers.get('mcp-session-id') as string;
        expect(await store.getSession(sessionId)).toMatchObject({
            sessionId,
            initialized: false,
            protocolVersion: '2025-11-25',
            initializeParams: { clientInfo, capabilities }
        });
        expect(await messages(response)).toMatchObject([{ result: { protocolVersion: '2025-11-25', serverInfo: { name: 'a' } } }]);
    });

    it('S4: initialized, three lists and a GET sent at once to another node all succeed', async () => {
        const a = node('a');
        const b = node('b');
        const sessionId = await begin(a);
        const answers = await Promise.all([
            b.fetch(notify(sessionId, 'notifications/initialized')),
            b.fetch(call(sessionId, 'tools/list')),
            b.fetch(call(sessionId, 'tools/list')),
            b.fetch(call(sessionId, 'ping')),
            b.fetch(bare('GET', sessionId))
        ]);
        expect(answers.map(answer => answer.status)).toEqual([202, 200, 200, 200, 200]);
        expect(b.built).toBe(1);
        await answers[4]?.body?.cancel();
    });

    it('S5: fifty first requests at a cold node: one recovery, one server, fifty right answers', async () => {
        const sessionId = await begin(node('a'));
        const restored = vi.fn();
        const reads = vi.spyOn(store, 'getSession');
        const b = node('b', { onsessionrestored: restored });
        const answers = await Promise.all(
            Array.from({ length: 50 }, (_, note) =>
                b.fetch(call(sessionId, 'tools/call', { name: 'whoami', arguments: { note: String(note) } }))
            )
        );
        expect(await Promise.all(answers.map(async answer => (await toolText(answer)).note))).toEqual(
            Array.from({ length: 50 }, (_, note) => String(note))
        );
        expect(b.built).toBe(1);
        expect(reads).toHaveBeenCalledTimes(1);
        expect(restored.mock.calls).toEqual([[sessionId]]);
    });

    it('S6: after recovery the server knows the client, its capabilities, the version, the log level and the subscriptions', async () => {
        const a = node('a');
        const sessionId = await begin(a);
        for (const request of [
            call(sessionId, 'logging/setLevel', { level: 'warning' }),
            call(sessionId, 'resources/subscribe', { uri: 'test://1' }),
            call(sessionId, 'resources/subscribe', { uri: 'test://2' }),
            call(sessionId, 'resources/unsubscribe', { uri: 'test://1' })
        ]) {
            expect(await messages(await a.fetch(request))).toMatchObject([{ result: {} }]);
        }
        const b = node('b');
        // No protocol version in the header: the stored one counts.
        expect(await toolText(await b.fetch(call(sessionId, 'tools/call', { name: 'whoami', arguments: {} })))).toEqual({
            node: 'b',
            client: clientInfo,
            // The SDK's server reads an empty elicitation capability as one for forms.
            capabilities: { ...capabilities, elicitation: { form: {} } },
            sessionId
        });
        expect(b.told).toEqual(['subscribe test://2']);
        expect(await store.getSession(sessionId)).toMatchObject({ logLevel: 'warning', subscriptions: ['test://2'] });
        // The tool logs at level info, which this session does not want: only the result comes.
        expect(await messages(await b.fetch(call(sessionId, 'tools/call', { name: 'whoami', arguments: {} })))).toHaveLength(1);
    });

    it('S6: what one node is told, another that holds the session learns when it asks the store again', async () => {
        const a = node('a', { revalidateMs: 0 });
        const b = node('b', { revalidateMs: 0 });
        const sessionId = await begin(a);
        await (await b.fetch(call(sessionId, 'ping'))).text();
        await (await a.fetch(call(sessionId, 'resources/subscribe', { uri: 'test://x' }))).text();
        await (await b.fetch(call(sessionId, 'ping'))).text();
        await (await b.fetch(call(sessionId, 'resources/unsubscribe', { uri: 'test://x' }))).text();
        await (await a.fetch(call(sessionId, 'ping'))).text();
        expect(a.told).toEqual(['subscribe test://x', 'unsubscribe test://x']);
        expect(b.told).toEqual(['subscribe test://x', 'unsubscribe test://x']);
    });

    it('S7: oninitialized fires once per session, onsessionrestored on recovery, onsessionclosed on the node of the DELETE', async () => {
        const events: string[] = [];
        const named = (name: string): FetchNode =>
            node(name, {
                revalidateMs: 0,
                onsessioninitialized: () => void events.push(`${name} initialized`),
                onsessionrestored: () => void events.push(`${name} restored`),
                onsessionclosed: () => void events.push(`${name} closed`)
            });
        const [a, b, c] = [named('a'), named('b'), named('c')];
        const sessionId = await begin(a);
        for (const each of [b, a, b, c]) {
            expect((await each.fetch(notify(sessionId, 'notifications/initialized'))).status).toBe(202);
        }
        expect(await store.getSession(sessionId)).toMatchObject({ initialized: true });
        expect((await c.fetch(bare('DELETE', sessionId))).status).toBe(200);
        expect((await b.fetch(bare('DELETE', sessionId))).status).toBe(404);
        expect(events).toEqual(['a initialized', 'b restored', 'c restored', 'c closed']);
        await vi.waitFor(() => expect([a.told, b.told, c.told]).toEqual([[], ['initialized'], []]));
    });

    it.each(['POST', 'GET', 'DELETE'])('S8: an unknown, an ended and a missing session on %s', async method => {
        const a = node('a', { revalidateMs: 0 });
        const b = node('b', { revalidateMs: 0 });
        const ended = await begin(a);
        await (await b.fetch(call(ended, 'ping'))).text();
        expect((await a.fetch(bare('DELETE', ended))).status).toBe(200);
        const ask = (sessionId: string | undefined): Request =>
            method === 'POST' ? call(sessionId, 'ping') : bare(method as 'GET' | 'DELETE', sessionId);
        for (const [at, sessionId] of [
            [a, ended],
            [b, ended],
            [a, 'never-issued'],
            [b, 'never-issued']
        ] as const) {
            const response = await at.fetch(ask(sessionId));
            expect([response.status, await response.text()]).toEqual([404, notFound]);
        }
        const missing = await a.fetch(ask(undefined));
        expect([missing.status, await missing.text()]).toEqual([
            400,
            '{"jsonrpc":"2.0","error":{"code":-32000,"message":"Bad Request: Mcp-Session-Id header is required"},"id":null}'
        ]);
        expect(a.transports.size + b.transports.size).toBe(0);
    });

    it('S9: initialize with a live id is refused and changes nothing; with a dead one it begins a new session', async () => {
        const a = node('a');
        const b = node('b');
        const sessionId = await begin(a);
        const before = await store.getSession(sessionId);
        for (const each of [a, b]) {
            const refused = await each.fetch(initialize(sessionId));
            expect([refused.status, await refused.json()]).toMatchObject([400, { error: { code: -32600 } }]);
        }
        expect({ ...(await store.getSession(sessionId)), lastActivity: 0 }).toEqual({ ...before, lastActivity: 0 });
        const fresh = await node('c').fetch(initialize('never-issued'));
        expect(fresh.status).toBe(200);
        expect(fresh.headers.get('mcp-session-id')).toMatch(/^[0-9a-f-]{36}$/);
        expect(await store.sessionExists('never-issued')).toBe(false);
        await fresh.text();
    });

    it('S3: a transport that closes leaves the record, and says 503 here rather than 404', async () => {
        const a = node('a');
        const sessionId = await begin(a);
        const transport = await a.transport(sessionId)!;
        await transport.close();
        await transport.close();
        const response = await transport.handleRequest(call(sessionId, 'ping'));
        expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1']);
        expect(await store.sessionExists(sessionId)).toBe(true);
        expect((await node('b').fetch(call(sessionId, 'ping'))).status).toBe(200);
    });

    it('S10: DELETE ends the streams of the session on this node, and is noticed by the others', async () => {
        const a = node('a', { revalidateMs: 0 });
        const b = node('b', { revalidateMs: 0 });
        const sessionId = await begin(a);
        const stream = await b.fetch(bare('GET', sessionId));
        // Some clients send DELETE without Accept.
        expect((await b.fetch(bare('DELETE', sessionId))).status).toBe(200);
        expect(await stream.text()).toBe('');
        expect((await a.fetch(call(sessionId, 'ping'))).status).toBe(404);
        expect(a.transports.size).toBe(0);
    });

    it('S11: a DELETE that meets requests and changes on other nodes is final', async () => {
        const nodes = [node('a', { revalidateMs: 0 }), node('b', { revalidateMs: 0 }), node('c', { revalidateMs: 0 })];
        for (let round = 0; round < 40; round++) {
            const sessionId = await begin(nodes[round % 3]!);
            const answers = await Promise.all([
                nodes[0]!.fetch(call(sessionId, 'ping')),
                nodes[1]!.fetch(notify(sessionId, 'notifications/initialized')),
                nodes[(round + 1) % 3]!.fetch(bare('DELETE', sessionId)),
                nodes[2]!.fetch(call(sessionId, 'ping'))
            ]);
            await Promise.all(answers.map(answer => answer.text()));
            // With the five methods alone a change cannot be made to fail on an absent record; that is documented.
            if (store.updateSession) {
                expect(await store.sessionExists(sessionId)).toBe(false);
            }
        }
    });

    const alice: AuthInfo = { token: 't', clientId: 'client', scopes: [], extra: { iss: 'https://issuer', sub: 'alice' } };
    const bob: AuthInfo = { ...alice, extra: { iss: 'https://issuer', sub: 'bob' } };

    it.each([
        ['another subject', bob],
        ['another issuer', { ...alice, extra: { ...alice.extra, iss: 'https://other' } }],
        ['another client', { ...alice, clientId: 'other' }],
        ['nobody', undefined]
    ])('P1: %s gets the answer of an unknown id on every verb', async (_who, stranger) => {
        const a = node('a');
        const b = node('b');
        const opened = await a.fetch(initialize(), alice);
        const sessionId = opened.headers.get('mcp-session-id') as string;
        await opened.text();
        const before = await store.getSession(sessionId);
        expect(JSON.stringify(before)).not.toContain('alice');
        for (const at of [a, b]) {
            for (const request of [
                () => call(sessionId, 'tools/call', { name: 'whoami', arguments: {} }),
                () => bare('GET', sessionId),
                () => bare('GET', sessionId, { 'last-event-id': 'x' }),
                () => bare('DELETE', sessionId)
            ]) {
                const response = await at.fetch(request(), stranger);
                expect([response.status, await response.text()]).toEqual([404, notFound]);
            }
        }
        expect(b.built).toBeGreaterThan(0);
        expect(b.told).toEqual([]);
        expect(await store.getSession(sessionId)).toEqual({ ...before, lastActivity: expect.any(Number) as number });
        expect((await a.fetch(call(sessionId, 'ping'), alice)).status).toBe(200);
        expect((await b.fetch(call(sessionId, 'ping'), { ...alice, token: 'renewed' })).status).toBe(200);
    });

    it('P1: the application may choose whom a session belongs to', async () => {
        const bind: NodeOptions['bind'] = (_auth, { headers }) => headers['x-tenant'] as string | undefined;
        const sessionId = await (async () => {
            const response = await node('a', { bind }).fetch(call(undefined, 'initialize', initializeParams, { 'x-tenant': 'one' }));
            await response.text();
            return response.headers.get('mcp-session-id') as string;
        })();
        expect((await node('b', { bind }).fetch(call(sessionId, 'ping', {}, { 'x-tenant': 'two' }))).status).toBe(404);
        expect((await node('b', { bind }).fetch(call(sessionId, 'ping', {}, { 'x-tenant': 'one' }))).status).toBe(200);
    });
    const initializeParams = { protocolVersion: '2025-11-25', capabilities, clientInfo };

    it('P2: nothing of the request but the parameters of initialize is stored', async () => {
        const written: SessionData[] = [];
        const watched: SessionStore = {
            ...fiveMethods(store),
            storeSession: (id, data) => (written.push(data), store.storeSession(id, data))
        };
        const a = node('a', { sessionStore: watched });
        const request = call(undefined, 'initialize', initializeParams, { authorization: 'Bearer secret-token', cookie: 'secret-cookie' });
        const response = await a.fetch(request, { ...alice, token: 'secret-token' });
        await response.text();
        expect(written).toHaveLength(1);
        expect(JSON.stringify(written)).not.toContain('secret');
    });

    it('P3: an id that cannot be one never reaches the store', async () => {
        const touched = vi.fn();
        const spied = new Proxy(store, {
            get: (target, property) =>
                typeof target[property as keyof SessionStore] === 'function' ? touched : target[property as keyof SessionStore]
        });
        const a = node('a', { sessionStore: spied });
        for (const bad of ['a b', 'x'.repeat(1025), 'ä', 'a\tb']) {
            for (const request of [call(bad, 'ping'), bare('GET', bad), bare('DELETE', bad)]) {
                expect((await a.fetch(request)).status).toBe(404);
            }
        }
        expect(touched).not.toHaveBeenCalled();
    });

    it.each(['', 'a b', 'x'.repeat(1025), 'naïve', undefined as unknown as string])(
        'P3: a generator that returns %j fails initialize with 500 and leaves no record',
        async bad => {
            const a = node('a', { sessionIdGenerator: () => bad });
            const writes = [
                vi.spyOn(store, 'storeSession'),
                ...(store.createSession ? [vi.spyOn(store, 'createSession' as 'storeSession')] : [])
            ];
            const response = await a.fetch(initialize());
            expect([response.status, await response.text()]).toEqual([
                500,
                '{"jsonrpc":"2.0","error":{"code":-32603,"message":"Internal error"},"id":null}'
            ]);
            expect(writes.some(write => write.mock.calls.length > 0)).toBe(false);
            expect(a.errors.map(error => (error as Error & { code?: string }).code)).toContain('INVALID_SESSION_ID');
        }
    );

    it('P5: Host and Origin are checked before the store is asked', async () => {
        const reads = vi.spyOn(store, 'getSession');
        const a = node('a', { enableDnsRebindingProtection: true, allowedHosts: ['good'], allowedOrigins: ['https://good'] });
        expect((await a.fetch(call('some-session', 'ping', {}, { host: 'bad' }))).status).toBe(403);
        expect((await a.fetch(call('some-session', 'ping', {}, { host: 'good', origin: 'https://bad' }))).status).toBe(403);
        expect(reads).not.toHaveBeenCalled();
        expect((await a.fetch(call('some-session', 'ping', {}, { host: 'good' }))).status).toBe(404);
        expect(reads).toHaveBeenCalledTimes(1);
    });

    it('P8: a failed initialize leaves nothing, and a retry on the same transport works', async () => {
        let refuse = true;
        const stored: string[] = [];
        const a = node('a', {
            onsessioninitialized: id => {
                stored.push(id);
                if (refuse) {
                    throw new Error('not today');
                }
            }
        });
        const transport = await a.start(null);
        const response = await transport.handleRequest(initialize());
        expect([response.status, response.headers.get('mcp-session-id')]).toEqual([500, null]);
        await vi.waitFor(async () => expect(await store.sessionExists(stored[0]!)).toBe(false));
        refuse = false;
        const retried = await transport.handleRequest(initialize());
        expect([retried.status, retried.headers.get('mcp-session-id')]).toEqual([200, stored[1]]);
    });

    it('P8: an initialize that the server refuses leaves nothing', async () => {
        const a = node('a');
        const response = await a.fetch(call(undefined, 'initialize', { protocolVersion: 5 }));
        expect(response.status).toBe(400);
        expect(response.headers.get('mcp-session-id')).toBeNull();
    });

    it('refuses an initialize whose record would be too large', async () => {
        const a = node('a', { maxRecordBytes: 300 });
        const response = await a.fetch(initialize());
        expect([response.status, await response.json()]).toMatchObject([413, { error: { code: -32000 } }]);
    });

    it('never serves a second session on a transport', async () => {
        const a = node('a');
        const [one, two] = [await begin(a), await begin(node('b'))];
        const transport = await a.transport(one)!;
        expect((await transport.handleRequest(call(two, 'ping'))).status).toBe(404);
        expect((await transport.handleRequest(call(one, 'ping'))).status).toBe(200);
    });

    it('becomes the transport of one of two sessions that are asked for at once', async () => {
        const [one, two] = [await begin(node('a')), await begin(node('b'))];
        const c = node('c');
        const transport = await (async () => {
            await (await c.fetch(call('unknown', 'ping'))).text();
            return c.fetch(call(one, 'ping')).then(() => c.transport(one)!);
        })();
        const answers = await Promise.all([two, one, 'unknown'].map(id => transport.handleRequest(call(id, 'ping'))));
        expect(answers.map(answer => answer.status)).toEqual([404, 200, 404]);
    });

    it('L11: JSON response mode works on any node', async () => {
        const a = node('a', { enableJsonResponse: true });
        const b = node('b', { enableJsonResponse: true });
        const sessionId = await begin(a);
        const response = await b.fetch(
            post(
                sessionId,
                [1, 2].map(id => ({ jsonrpc: '2.0', id, method: 'ping' }))
            )
        );
        expect([response.headers.get('content-type'), await response.json()]).toEqual([
            'application/json',
            [1, 2].map(id => ({ jsonrpc: '2.0', id, result: {} }))
        ]);
    });
});
