import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { createMemoryBackend, createSessionHandler, InMemoryMailbox, InMemorySessionStore, PollingBus } from '@mcp-sessions/core';
import { afterEach, expect, it, vi } from 'vitest';
import { gate } from '../support/gate.js';
import { startNode } from './support/nodes.js';
import { initialize, listen } from './support/requests.js';

afterEach(() => {
    vi.useRealTimers();
});

const nobody = () => ({ connect: () => Promise.resolve() });

it('F1: a listing of a store that hangs is given up', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const store = gate(new InMemorySessionStore());
    const handler = createSessionHandler(nobody, { backend: { sessionStore: store.gated } });
    for (const ask of [() => handler.list(), () => handler.endSessionsOf('somebody')]) {
        const held = store.hold('listSessions');
        const failed = expect(ask()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
        await held.reached;
        await vi.advanceTimersByTimeAsync(10_000);
        await failed;
        held.open();
    }
    await handler.close();
});

it('what is no cursor or no limit is the fault of who asks', async () => {
    const handler = createSessionHandler(nobody);
    await expect(handler.list({ cursor: 'of another store' })).rejects.toThrow(RangeError);
    await expect(handler.list({ limit: 0 })).rejects.toThrow(RangeError);
    await expect(handler.list({ cursor: 7 as unknown as string })).rejects.toThrow(TypeError);
    await handler.close();
});

it('S10: where nodes poll, a session has not been ended before the others can hear of it', async () => {
    const mailbox = gate(new InMemoryMailbox());
    const messageBus = new PollingBus(mailbox.gated, { minIntervalMs: 60_000, maxIntervalMs: 60_000 });
    const { sessionStore, eventLog } = createMemoryBackend();
    const node = await startNode({ backend: { sessionStore, eventLog, messageBus } });
    const id = await initialize(node.url);
    const post = mailbox.hold('post', 'after');
    let isEnded = false;
    const ended = node.handler.end(id).finally(() => (isEnded = true));
    await post.reached;
    for (let turn = 0; turn < 50; turn++) await new Promise(resolve => setImmediate(resolve));
    expect(isEnded).toBe(false);
    post.open();
    expect(await ended).toBe(true);
    await messageBus.close();
});

it.each([
    ['with a backend', () => createMemoryBackend()],
    ['with a store alone', () => ({ sessionStore: new InMemorySessionStore() })]
])('S10: a session that an operator ends is over here at once, and is told of once, %s', async (_name, open) => {
    const told: string[] = [];
    const listeners = ['session-ended', 'session-expired'].map(name => ({
        channel: `mcp-sessions:${name}`,
        listener: () => void told.push(name)
    }));
    listeners.forEach(({ channel, listener }) => subscribe(channel, listener));
    try {
        const node = await startNode({ backend: open() });
        const id = await initialize(node.url);
        const stream = await listen(node.url, id);
        expect(await node.handler.end(id)).toBe(true);
        while (await stream.event());
        expect(node.handler.localSessions).toBe(0);
        expect(await node.handler.end(id)).toBe(false);
        expect(told).toEqual(['session-ended']);
    } finally {
        listeners.forEach(({ channel, listener }) => unsubscribe(channel, listener));
    }
});
