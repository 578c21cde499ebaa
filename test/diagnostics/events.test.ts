import { channel, subscribe, unsubscribe } from 'node:diagnostics_channel';
import { createMemoryBackend, InMemorySessionStore } from '@mcp-sessions/core';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { WireStream } from '../cluster/support/wireStream.js';
import { startNode } from '../handler/support/nodes.js';
import { initialize, listen, request } from '../handler/support/requests.js';

const names = [
    'session-created',
    'session-restored',
    'session-ended',
    'session-expired',
    'record-refused',
    'stream-opened',
    'stream-resumed',
    'stream-taken-over',
    'answer-routed',
    'producer-lost',
    'store-slow',
    'store-down'
];
let seen: { name: string; data: Record<string, unknown> }[];
const listeners = names.map(name => ({
    name: `mcp-sessions:${name}`,
    listener: (data: unknown) => void seen.push({ name, data: data as Record<string, unknown> })
}));
beforeEach(() => {
    seen = [];
    listeners.forEach(({ name, listener }) => subscribe(name, listener));
});
afterEach(() => listeners.forEach(({ name, listener }) => unsubscribe(name, listener)));
const happened = (name: string) => seen.filter(event => event.name === name).map(({ data }) => data);

it('P4: a session is seen from its beginning to its end, by its fingerprint alone', async () => {
    const backend = createMemoryBackend();
    const first = await startNode({ backend });
    const second = await startNode({ backend: createMemoryBackend({ shareWith: backend }), revalidateMs: 0 });
    const id = await initialize(first.url);
    await request(second.url, id, 'tools/list');
    const [{ session } = {}] = happened('session-created');
    expect(session).toMatch(/^[\w-]{8}$/);
    expect(happened('session-restored')).toEqual([{ session, durationMs: expect.any(Number) as number }]);

    const stream = await listen(first.url, id);
    const primed = await stream.event();
    const newer = await listen(second.url, id);
    await vi.waitFor(() => expect(happened('stream-taken-over')).toEqual([{ session }]), 5000);
    expect(happened('stream-opened')).toEqual([{ session }, { session }]);
    newer.abort();
    const resumed = await listen(second.url, id, primed?.id);
    expect(happened('stream-resumed')).toEqual([{ session, stream: 'standalone' }]);
    resumed.abort();

    await fetch(first.url, { method: 'DELETE', headers: { 'mcp-session-id': id } });
    expect(happened('session-ended')).toEqual([{ session, lifetimeMs: expect.any(Number) as number }]);
    await vi.waitFor(async () => expect((await request(second.url, id, 'tools/list')).status).toBe(404), 5000);
    expect(happened('session-expired')).toEqual([{ session }]);
    expect(JSON.stringify(seen)).not.toContain(id);
});

it('P4: an answer that goes to another node, and the loss of a node', async () => {
    const backend = createMemoryBackend();
    const first = await startNode({ backend });
    const second = await startNode({ backend: createMemoryBackend({ shareWith: backend }) });
    const id = await initialize(first.url);
    const call = await WireStream.open(first.url, {
        method: 'POST',
        headers: {
            'content-type': 'application/json',
            accept: 'application/json, text/event-stream',
            'mcp-session-id': id,
            'mcp-protocol-version': '2025-11-25'
        },
        body: JSON.stringify({ jsonrpc: '2.0', id: 7, method: 'tools/call', params: { name: 'ask', arguments: {} } })
    });
    const question = await call.next();
    const answer = await fetch(second.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', 'mcp-session-id': id },
        body: JSON.stringify({ jsonrpc: '2.0', id: question.id, result: { action: 'accept', content: {} } })
    });
    expect(answer.status).toBe(202);
    expect(happened('answer-routed')).toEqual([
        { session: expect.any(String) as string, outcome: 'delivered', to: expect.stringMatching(/^[\w-]{12}$/) as string }
    ]);
    call.abort();
});

it('P4: each request and each call, how they went, and nothing of what they said', async () => {
    const listened = ['request', 'call-started', 'call-ended', 'message-sent'].map(name => {
        const listener = (data: unknown) => void seen.push({ name, data: data as Record<string, unknown> });
        subscribe(`mcp-sessions:${name}`, listener);
        return () => unsubscribe(`mcp-sessions:${name}`, listener);
    });
    try {
        const node = await startNode({ backend: createMemoryBackend() });
        const id = await initialize(node.url);
        const [{ session } = {}] = happened('session-created');
        seen = [];
        await request(node.url, id, 'tools/call', { name: 'echo', arguments: { value: 'a secret' } });
        await request(node.url, id, 'secret/method');
        await request(node.url, undefined, 'tools/list');
        const stream = await listen(node.url, id);
        stream.abort();
        await vi.waitFor(() => expect(happened('request')).toHaveLength(4), 5000);
        const durationMs = expect.any(Number) as number;
        expect(happened('call-started')).toEqual([
            { session, method: 'tools/call' },
            { session, method: 'other' }
        ]);
        expect(happened('call-ended')).toEqual([
            { session, method: 'tools/call', outcome: 'result', durationMs },
            { session, method: 'other', outcome: 'error', durationMs }
        ]);
        expect(happened('message-sent')).toEqual([
            { session, kind: 'response' },
            { session, kind: 'response' }
        ]);
        expect(happened('request')).toEqual([
            { session, method: 'POST', status: 200, durationMs },
            { session, method: 'POST', status: 200, durationMs },
            { method: 'POST', status: 400, durationMs },
            { session, method: 'GET', status: 200, durationMs }
        ]);
        expect(JSON.stringify(seen)).not.toContain('secret');
    } finally {
        listened.forEach(end => end());
    }
});

it('F1: a store that is slow, and one that is down', async () => {
    const store = new InMemorySessionStore();
    let delayMs = 0;
    const slow = Object.create(store, {
        sessionExists: {
            value: async (id: string) => {
                await new Promise(resolve => setTimeout(resolve, delayMs));
                if (delayMs < 0) throw Object.assign(new Error('connect to 10.0.0.1 as root'), { code: 'ECONNREFUSED' });
                return store.sessionExists(id);
            }
        }
    }) as InMemorySessionStore;
    const node = await startNode({ backend: { sessionStore: slow }, storeTimeoutMs: 400 });
    await node.handler.health();
    expect(seen).toEqual([]);
    delayMs = 250;
    await node.handler.health();
    expect(happened('store-slow')).toEqual([{ durationMs: expect.any(Number) as number }]);
    delayMs = 1000;
    await node.handler.health();
    delayMs = -1;
    await node.handler.health();
    expect(happened('store-down').map(({ reason }) => reason)).toEqual(['No answer within 400 ms', 'ECONNREFUSED']);
});

it('P6: each record that is none', async () => {
    const backend = createMemoryBackend();
    const node = await startNode({ backend });
    const id = await initialize(node.url);
    await node.handler.close();
    await backend.sessionStore.storeSession(id, { sessionId: 'another' } as never);
    const next = await startNode({ backend });
    for (const _attempt of [1, 2]) expect((await request(next.url, id, 'tools/list')).status).toBe(404);
    expect(happened('record-refused')).toEqual([happened('session-created')[0], happened('session-created')[0]]);
});

it('costs nothing while nobody has subscribed', () => {
    listeners.forEach(({ name, listener }) => unsubscribe(name, listener));
    expect(names.filter(name => channel(`mcp-sessions:${name}`).hasSubscribers)).toEqual([]);
});
