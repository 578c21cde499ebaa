import { request as send } from 'node:http';
import { createMemoryBackend, createSessionHandler } from '@mcp-sessions/core';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { InitializeRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { gate } from '../support/gate.js';
import { startNode } from './support/nodes.js';
import { initialize, request } from './support/requests.js';

afterEach(() => {
    vi.useRealTimers();
});

const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' });
const headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };

describe('a server that does not take its session over', () => {
    it('S5: is closed, and has no part in the next try, also while another request of the session is under way', async () => {
        const backend = createMemoryBackend();
        const first = await startNode({ backend });
        const id = await initialize(first.url);
        const limit = vi.fn(() => true);
        const second = await startNode({ backend: createMemoryBackend({ shareWith: backend }), limit });
        const closed: number[] = [];
        const { push } = second.servers;
        second.servers.push = (...made) => {
            const index = push.apply(second.servers, made) - 1;
            const close = made[0]!.close.bind(made[0]);
            made[0]!.close = async () => {
                closed.push(index);
                await close();
            };
            if (index === 0) {
                made[0]!.server.setRequestHandler(InitializeRequestSchema, () => {
                    throw new Error('not yet');
                });
            }
            return index + 1;
        };
        // Its body comes late, so it is of the session as long as that.
        const { status, late } = await new Promise<{ status: Promise<number | undefined>; late: ReturnType<typeof send> }>(resolve => {
            const late = send(second.url, { method: 'POST', headers: { ...headers, 'mcp-session-id': id } });
            const status = new Promise<number | undefined>(answered => late.on('response', answer => answered(answer.resume().statusCode)));
            late.write(body.slice(0, 5), () => resolve({ status, late }));
        });
        await vi.waitFor(() => expect(limit).toHaveBeenCalled(), 5000);
        expect((await request(second.url, id, 'tools/list')).status).toBe(500);
        expect((await request(second.url, id, 'tools/list')).status).toBe(200);
        late.end(body.slice(5));
        // It came upon the one that failed, and may be sent again.
        expect(await status).toBe(503);
        expect((await request(second.url, id, 'tools/list')).status).toBe(200);
        expect(second.servers).toHaveLength(2);
        await vi.waitFor(() => expect(closed).toEqual([0]), 5000);
        expect(second.handler.localSessions).toBe(1);
    });
});

describe('a factory that does not come to an end', () => {
    it('F1: is given up, and what it makes later is closed', async () => {
        vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
        let make!: (server: McpServer) => void;
        const errors: string[] = [];
        const handler = createSessionHandler(() => new Promise<McpServer>(resolve => (make = resolve)), {
            onerror: error => errors.push(error.message)
        });
        const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'c', version: '1' } };
        const answered = handler.fetch(
            new Request('http://localhost/mcp', {
                method: 'POST',
                headers,
                body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params })
            })
        );
        await vi.waitFor(() => expect(make).toBeDefined());
        await vi.advanceTimersByTimeAsync(30_000);
        expect((await answered).status).toBe(500);
        expect(errors).toEqual([expect.stringContaining('30000 ms')]);
        const server = new McpServer({ name: 'late', version: '1' });
        const closed = vi.spyOn(server, 'close');
        make(server);
        await vi.waitFor(() => expect(closed).toHaveBeenCalledOnce());
        expect(handler.localSessions).toBe(0);
        await handler.close();
    });
});

it('P8: a handler that is closed while a session begins leaves nothing of it', async () => {
    const backend = createMemoryBackend();
    const store = gate(backend.sessionStore);
    const node = await startNode({ backend: { ...backend, sessionStore: store.gated } });
    const held = store.hold('createSession');
    const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'c', version: '1' } };
    const begun = request(node.url, undefined, 'initialize', params);
    await held.reached;
    await node.handler.close();
    held.open();
    expect((await begun).status).toBe(503);
    await vi.waitFor(() => expect(backend.sessionStore.size).toBe(0), 5000);
    await vi.waitFor(() => expect(node.servers.map(server => server.isConnected())).toEqual([false]), 5000);
    expect(node.handler.localSessions).toBe(0);
});
