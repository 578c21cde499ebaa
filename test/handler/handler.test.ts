import { createMemoryBackend, createSessionHandler } from '@mcp-sessions/core';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { describe, expect, it, vi } from 'vitest';
import { officialClient } from '../cluster/support/officialClient.js';
import { startNode, startPair } from './support/nodes.js';
import { request, initialize } from './support/requests.js';

describe('a handler', () => {
    it('serves the official client without a backend', async () => {
        const node = await startNode();
        const { client, tool } = await officialClient(node.url);
        expect(await tool('echo', { value: 'hello' })).toBe('hello');
        expect(node.servers).toHaveLength(1);
        await client.close();
    });

    it('S5: makes one server for a session on a node, also for many first requests at once', async () => {
        const [first, second] = await startPair();
        const id = await initialize(first.url);
        const answers = await Promise.all(Array.from({ length: 50 }, (_, n) => request(second.url, id, 'tools/call', echo(`n${n}`))));
        expect(answers.map(answer => answer.status)).toEqual(Array(50).fill(200));
        expect(answers.map((answer, n) => answer.text.includes(`n${n}`))).toEqual(Array(50).fill(true));
        expect(second.contexts).toMatchObject([{ sessionId: id, restored: true }]);
        expect(first.contexts).toMatchObject([{ sessionId: id, restored: false }]);
        expect((await request(second.url, id, 'tools/call', { name: 'client', arguments: {} })).text).toContain('tester');
    });

    it('S8, P8: makes no server and keeps nothing for what is of no session', async () => {
        const node = await startNode();
        expect((await request(node.url, 'unknown', 'tools/list')).status).toBe(404);
        expect((await request(node.url, undefined, 'tools/list')).status).toBe(400);
        expect((await request(node.url, 'with space', 'tools/list')).status).toBe(404);
        expect((await request(node.url, undefined, 'initialize', {})).status).toBe(400);
        expect(node.contexts).toEqual([]);
        expect(node.handler.localSessions).toBe(0);
    });

    it('S9: initialize with a live id is refused, with a dead one it begins a new session', async () => {
        const [first, second] = await startPair();
        const id = await initialize(first.url);
        for (const node of [first, second]) {
            expect((await request(node.url, id, 'initialize', initializeParams())).status).toBe(400);
        }
        expect((await request(second.url, id, 'tools/list')).status).toBe(200);
        const fresh = await request(second.url, 'dead', 'initialize', initializeParams());
        expect(fresh.status).toBe(200);
        expect(fresh.sessionId).not.toBe('dead');
        expect((await request(first.url, fresh.sessionId, 'tools/list')).status).toBe(200);
        expect((await request(second.url, 'dead', 'tools/list')).status).toBe(404);
        expect(second.handler.localSessions).toBe(2);
    });

    it('P1, S9: initialize with somebody else’s id, or a dead one, is answered as with any unknown id, also where it is held', async () => {
        const backend = createMemoryBackend();
        const asked: boolean[] = [];
        const node = await startNode({
            backend,
            revalidateMs: 60_000,
            authenticate: ({ headers }) => ({ token: 't', clientId: String(headers['x-user']), scopes: [], extra: { sub: 's' } }),
            limit: ({ isNew }) => {
                asked.push(isNew);
                return true;
            }
        });
        const ann = { 'x-user': 'ann' };
        const id = await initialize(node.url, ann);
        asked.length = 0;
        const begun = await request(node.url, id, 'initialize', initializeParams(), { 'x-user': 'eve' });
        expect(begun.status).toBe(200);
        expect(begun.sessionId).not.toBe(id);
        // Once as a request of a session, and once as one that begins another.
        expect(asked).toEqual([false, true]);
        expect((await request(node.url, id, 'tools/list', {}, ann)).status).toBe(200);
        expect((await request(node.url, id, 'initialize', initializeParams(), ann)).status).toBe(400);
        await backend.sessionStore.deleteSession(id);
        expect((await request(node.url, id, 'initialize', initializeParams(), ann)).status).toBe(200);
    });

    it('P1, S8: an initialize in work stands in nobody’s way', async () => {
        let isSlow = false;
        const gates: (() => void)[] = [];
        const backend = createMemoryBackend();
        const owner = await startNode({ backend });
        const id = await initialize(owner.url);
        const node = await startNode({ backend: createMemoryBackend({ shareWith: backend }) }, () =>
            isSlow ? new Promise<void>(resolve => gates.push(resolve)) : Promise.resolve()
        );
        isSlow = true;
        const dead = ['dead', 'dead'].map(claimed => request(node.url, claimed, 'initialize', initializeParams()));
        await vi.waitFor(() => expect(gates).toHaveLength(2), 5000);
        isSlow = false;
        expect((await request(node.url, 'dead', 'tools/list')).status).toBe(404);
        expect((await request(node.url, id, 'tools/list')).status).toBe(200);
        gates.forEach(open => open());
        expect((await Promise.all(dead)).map(({ status }) => status)).toEqual([200, 200]);
    });

    it('a server is closed once, however its session ends; one that cannot be closed keeps nothing from ending', async () => {
        const node = await startNode();
        const closed: string[] = [];
        const ids = [await initialize(node.url), await initialize(node.url), await initialize(node.url)];
        node.servers.forEach((server, index) => {
            const close = server.close.bind(server);
            server.close = async () => {
                closed.push(`${index}`);
                await close();
                if (index === 2) throw new Error('cannot be closed');
            };
        });
        await fetch(node.url, { method: 'DELETE', headers: { 'mcp-session-id': ids[0]! } });
        await vi.waitFor(() => expect(closed).toEqual(['0']), 5000);
        await node.handler.end(ids[1]!);
        await vi.waitFor(() => expect(closed).toEqual(['0', '1']), 5000);
        await node.handler.close();
        expect(closed).toEqual(['0', '1', '2']);
        expect(node.errors.map(String)).toEqual(['Error: cannot be closed']);
    });

    it('S10: a DELETE on one node ends the session on the other', async () => {
        const [first, second] = await startPair();
        const id = await initialize(first.url);
        await request(second.url, id, 'tools/list');
        expect((await fetch(first.url, { method: 'DELETE', headers: { 'mcp-session-id': id } })).status).toBe(200);
        expect((await request(first.url, id, 'tools/list')).status).toBe(404);
        await vi.waitFor(async () => expect((await request(second.url, id, 'tools/list')).status).toBe(404), 5000);
        expect([first.handler.localSessions, second.handler.localSessions]).toEqual([0, 0]);
    });

    it('P8: a factory that throws answers 500 and leaves nothing', async () => {
        const backend = createMemoryBackend();
        let fails = true;
        const node = await startNode({ backend });
        const { createSessionHandler } = await import('@mcp-sessions/sdk/server');
        const errors: Error[] = [];
        const handler = createSessionHandler(
            () => {
                if (fails) throw new Error('no database');
                return (node as unknown as { build(): never }).build();
            },
            { backend, onerror: error => errors.push(error) }
        );
        const send = () =>
            handler.fetch(
                new Request('http://localhost/mcp', {
                    method: 'POST',
                    headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
                    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params: initializeParams() })
                })
            );
        const refused = await send();
        expect(refused.status).toBe(500);
        expect(await refused.text()).not.toContain('database');
        expect(errors.map(String)).toEqual(['Error: no database']);
        expect(handler.localSessions).toBe(0);
        fails = false;
        expect((await send()).status).toBe(200);
        await handler.close();
    });

    it('P9: one session too many is 503 with Retry-After, and nothing is held of it', async () => {
        const node = await startNode({ backend: createMemoryBackend({ maxSessions: 2 }), maxLocalSessions: 2 });
        const ids = [await initialize(node.url), await initialize(node.url)];
        for (let n = 0; n < 5; n++) {
            const refused = await request(node.url, undefined, 'initialize', initializeParams());
            expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '10']);
        }
        await vi.waitFor(() => expect(node.handler.localSessions).toBe(2), 5000);
        for (const id of ids) expect((await request(node.url, id, 'tools/list')).status).toBe(200);
        await vi.waitFor(() => expect(node.servers.filter(server => server.isConnected())).toHaveLength(2), 5000);
        // Nor has any other made room for it.
        expect(node.contexts.filter(({ restored }) => restored)).toEqual([]);
    });

    it('serves one session through node:http and through fetch', async () => {
        const node = await startNode();
        const id = await initialize(node.url);
        const response = await node.handler.fetch(
            new Request('http://localhost/mcp', {
                method: 'POST',
                headers: {
                    'content-type': 'application/json',
                    accept: 'application/json, text/event-stream',
                    'mcp-session-id': id
                },
                body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: echo('both') })
            })
        );
        expect(await response.text()).toContain('both');
        expect(node.servers).toHaveLength(1);
    });

    it('takes the body that a middleware has parsed', async () => {
        const node = await startNode();
        const answer = await node.handler.fetch(
            new Request('http://localhost/mcp', {
                method: 'POST',
                headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' }
            }),
            { parsedBody: { jsonrpc: '2.0', id: 1, method: 'initialize', params: initializeParams() } }
        );
        expect(answer.status).toBe(200);
    });

    it('refuses options that make no sense at once', async () => {
        const { createSessionHandler } = await import('@mcp-sessions/sdk/server');
        const factory = () => (undefined as unknown as { build(): never }).build();
        expect(() => createSessionHandler(factory, { maxLocalSessions: 0 })).toThrow(RangeError);
        expect(() => createSessionHandler(factory, { localIdleMs: -1 })).toThrow(RangeError);
        expect(() => createSessionHandler(factory, { keepAliveMs: 1, standaloneStream: 'other' as 'reject' })).toThrow('standaloneStream');
    });
});

describe('what a node holds', () => {
    it('S3: idle sessions are let go, and go on with their next request', async () => {
        const node = await startNode({ localIdleMs: 200 });
        const id = await initialize(node.url);
        await vi.waitFor(() => expect(node.handler.localSessions).toBe(0), 5000);
        expect((await request(node.url, id, 'tools/call', echo('again'))).text).toContain('again');
        expect(node.contexts.map(context => context.restored)).toEqual([false, true]);
    });

    it('S3: no more sessions are held than may be, and all of them live', async () => {
        const node = await startNode({ maxLocalSessions: 3 });
        const ids = [];
        for (let n = 0; n < 10; n++) ids.push(await initialize(node.url));
        expect(node.handler.localSessions).toBe(3);
        for (const id of ids) expect((await request(node.url, id, 'tools/list')).status).toBe(200);
        expect(node.handler.localSessions).toBe(3);
    });

    it('none of them has to go for a request whose session does not exist', async () => {
        const node = await startNode({ maxLocalSessions: 2 });
        const ids = [await initialize(node.url), await initialize(node.url)];
        const strangers = await Promise.all(Array.from({ length: 20 }, (_, n) => request(node.url, `made-up-${n}`, 'tools/list')));
        expect(strangers.map(({ status }) => status)).toEqual(strangers.map(() => 404));
        expect(node.handler.localSessions).toBe(2);
        for (const id of ids) expect((await request(node.url, id, 'tools/list')).status).toBe(200);
        expect(node.contexts.map(({ restored }) => restored)).toEqual([false, false]);
    });

    it('a session is let in also where all others are busy and there is no room', async () => {
        const node = await startNode({ maxLocalSessions: 1 });
        const streaming = await initialize(node.url);
        const get = await fetch(node.url, { headers: { accept: 'text/event-stream', 'mcp-session-id': streaming } });
        const second = await initialize(node.url);
        for (let n = 0; n < 3; n++) expect((await request(node.url, second, 'tools/list')).status).toBe(200);
        await get.body?.cancel();
    });

    it('one with an open stream, a running call or a pending question is not let go', async () => {
        const node = await startNode({ localIdleMs: 150, maxLocalSessions: 1 });
        const streaming = await initialize(node.url);
        const get = await fetch(node.url, { headers: { accept: 'text/event-stream', 'mcp-session-id': streaming } });
        const calling = await initialize(node.url);
        const call = request(node.url, calling, 'tools/call', { name: 'wait', arguments: { name: 'w' } });
        await vi.waitFor(() => expect(node.waits('w')).toBe(true), 5000);
        const idle = await initialize(node.url);
        await vi.waitFor(() => expect(node.handler.localSessions).toBe(2), 5000);
        node.go('w');
        expect((await call).text).toContain('w is over');
        await get.body?.cancel();
        await vi.waitFor(() => expect(node.handler.localSessions).toBe(0), 5000);
        expect((await request(node.url, idle, 'tools/list')).status).toBe(200);
    });
});

function echo(value: string) {
    return { name: 'echo', arguments: { value } };
}

function initializeParams() {
    return { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'tester', version: '1' } };
}

describe('what is not as it should be', () => {
    it.each<[what: string, factory: unknown, options: object, said: string]>([
        ['a server in place of a function', new McpServer({ name: 's', version: '1' }), {}, 'since each session has its own'],
        ['no function', undefined, {}, 'needs a function'],
        ['a backend that is undefined', buildNothing, { backend: undefined }, 'it is undefined'],
        ['a promise of a backend', buildNothing, { backend: Promise.resolve(createMemoryBackend()) }, 'await it'],
        ['a client in place of a backend', buildNothing, { backend: {} }, 'it has no sessionStore']
    ])('%s is refused at once', (_what, factory, options, said) => {
        expect(() => createSessionHandler(factory as never, options)).toThrow(said);
    });

    it('P4: without onerror the logger is told, the same thing once, and no id', async () => {
        const warnings: string[] = [];
        const handler = createSessionHandler(
            () => {
                throw new Error('no database');
            },
            { logger: { warn: message => void warnings.push(message) } }
        );
        for (let n = 0; n < 3; n++) {
            const headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
            const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params: initializeParams() });
            expect((await handler.fetch(new Request('http://localhost/mcp', { method: 'POST', headers, body }))).status).toBe(500);
        }
        expect(warnings).toEqual(['mcp-sessions: no database']);
        await handler.close();
    });

    it('without onerror nobody is told of mistakes of clients; with it they are', async () => {
        const warnings: string[] = [];
        const errors: string[] = [];
        for (const onerror of [undefined, ({ message }: Error) => void errors.push(message)]) {
            const handler = createSessionHandler(buildNothing, { onerror, logger: { warn: message => void warnings.push(message) } });
            const headers = { 'mcp-session-id': 'expired', accept: 'application/json, text/event-stream' };
            const requests: [init: RequestInit, status: number][] = [
                [{ method: 'POST', headers, body: '{}' }, 415],
                [{ method: 'GET', headers }, 404],
                [{ method: 'DELETE', headers }, 404]
            ];
            for (const [init, status] of requests) {
                expect((await handler.fetch(new Request('http://localhost/mcp', init))).status).toBe(status);
            }
            await handler.close();
        }
        expect(warnings).toEqual([]);
        expect(errors).toHaveLength(3);
    });
});

function buildNothing(): never {
    throw new Error('not called');
}
