import { describe, expect, it, vi } from 'vitest';
import { createMemoryBackend, InMemorySessionStore } from '@mcp-sessions/core';
import { shutDown } from '@mcp-sessions/sdk/server';
import { WireStream } from '../cluster/support/wireStream.js';
import { startNode } from './support/nodes.js';
import { initialize, request } from './support/requests.js';

const get = (url: string, id: string, headers: Record<string, string> = {}) =>
    WireStream.open(url, { headers: { accept: 'text/event-stream', 'mcp-session-id': id, ...headers } });

/** What is left of a stream, as fields. */
async function restOf(stream: WireStream) {
    const events = [];
    for (let event = await stream.event(); event; event = await stream.event()) if (event.data !== '') events.push(event);
    return events;
}

describe.each([
    ['with a log', () => createMemoryBackend()],
    ['with a store alone', () => ({ sessionStore: new InMemorySessionStore() })]
])('a node that is about to go, %s', (_name, open) => {
    it('F5: GET streams end with a hint to come back, also new ones, and calls finish', async () => {
        const backend = open();
        const node = await startNode({ backend });
        const id = await initialize(node.url);
        const stream = await get(node.url, id);
        const call = request(node.url, id, 'tools/call', { name: 'wait', arguments: { name: 'w' } });
        await vi.waitFor(() => expect(node.waits('w')).toBe(true), 5000);
        expect(node.handler.isReady).toBe(true);

        let isDrained = false;
        const drained = node.handler.drain({ graceMs: 20_000 }).then(() => (isDrained = true));
        expect(node.handler.isReady).toBe(false);
        expect(await restOf(stream)).toEqual([{ retry: '1000' }]);
        const late = await get(node.url, id);
        expect(late.status).toBe(200);
        expect(await restOf(late)).toEqual([{ retry: '1000' }]);
        expect((await get(node.url, 'unknown')).status).toBe(404);
        const answer = await request(node.url, id, 'tools/call', { name: 'echo', arguments: { value: 'still here' } });
        expect(answer.text).toContain('still here');
        expect(answer.headers.get('connection')).toBe('close');
        expect(isDrained).toBe(false);
        node.go('w');
        expect((await call).text).toContain('w is over');
        await drained;
        await node.handler.close();
        expect((await request(node.url, id, 'tools/list')).status).toBe(503);

        const next = await startNode({ backend });
        expect((await request(next.url, id, 'tools/list')).status).toBe(200);
    });
});

it('F5: a call that is longer than the grace is cut off, and its client told where to go on', async () => {
    const backend = createMemoryBackend();
    const node = await startNode({ backend });
    const id = await initialize(node.url);
    const call = request(node.url, id, 'tools/call', { name: 'wait', arguments: { name: 'w' } }, { 'mcp-protocol-version': '2025-11-25' });
    await vi.waitFor(() => expect(node.waits('w')).toBe(true), 5000);
    await shutDown(node.handler, { server: node.http, graceMs: 50 });
    expect((await call).text).toMatch(/retry: \d+/);
    await vi.waitFor(() => expect(node.http.listening).toBe(false), 5000);
});

it('F5: a drain waits for what has no session yet: a request that is being authenticated, a session that begins', async () => {
    const gates: (() => void)[] = [];
    const gate = () => new Promise<void>(resolve => gates.push(resolve));
    const node = await startNode({ authenticate: async () => (await gate(), { token: 't', clientId: 'c', scopes: [] }) }, gate);
    const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'c', version: '1' } };
    const begun = request(node.url, undefined, 'initialize', params);
    let isDrained = false;
    for (const step of [1, 2]) {
        await vi.waitFor(() => expect(gates).toHaveLength(step), 5000);
        if (step === 1) void node.handler.drain({ graceMs: 20_000 }).then(() => (isDrained = true));
        await new Promise(resolve => setTimeout(resolve, 100));
        expect(isDrained).toBe(false);
        gates[step - 1]!();
    }
    expect((await begun).status).toBe(200);
    await vi.waitFor(() => expect(isDrained).toBe(true), 5000);
});

it('F5: what is open here is closed last', async () => {
    const node = await startNode();
    const order: string[] = [];
    const id = await initialize(node.url);
    const stream = await get(node.url, id);
    await shutDown(node.handler, { server: node.http, onclose: () => void order.push(node.http.listening ? 'still listening' : 'closed') });
    expect(order).toEqual(['closed']);
    expect((await restOf(stream)).at(-1)).toMatchObject({ retry: '1000' });
});

it('says how it and its store are', async () => {
    const store = new InMemorySessionStore();
    let isDown = false;
    const node = await startNode({
        storeTimeoutMs: 100,
        backend: {
            sessionStore: Object.create(store, {
                sessionExists: { value: (id: string) => (isDown ? new Promise(() => undefined) : store.sessionExists(id)) }
            }) as InMemorySessionStore
        }
    });
    await initialize(node.url);
    expect(await node.handler.health()).toMatchObject({ ready: true, store: 'ok', localSessions: 1 });
    isDown = true;
    await node.handler.drain({ graceMs: 1 });
    expect(await node.handler.health()).toMatchObject({ ready: false, store: 'unavailable' });
});

it('F5: a client that waits for a store which does not answer does not keep the process', async () => {
    const node = await startNode({});
    await expect(shutDown(node.handler, { graceMs: 1, onclose: () => new Promise(() => undefined) })).rejects.toThrow(
        'onclose has not ended within 5 s'
    );
}, 30_000);
