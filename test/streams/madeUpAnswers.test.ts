import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { createMemoryBackend, createSessionHandler, flushHistory, readHistory, type MessageBus } from '@mcp-sessions/core';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { all, words } from '../history/support/entries.js';
import { call, FetchNode, initialize, notify, post } from '../session/fetchNode.js';
import { EventReader } from './support/eventReader.js';
import { resultText, Stage } from './support/stage.js';

let backend: ReturnType<typeof createMemoryBackend>;
beforeEach(() => {
    backend = createMemoryBackend({ history: {} });
});
afterEach(() => backend.close());

/** A bus that counts the answers which it passes on, and that can be out of order. */
function countedBus(bus: MessageBus) {
    const counted = { deliveries: [] as string[], isDown: false };
    const publish = (address: string, message: string) => {
        if (message.includes('"deliver"')) counted.deliveries.push(message);
        return counted.isDown ? Promise.reject(new Error('The bus is down')) : bus.publish(address, message);
    };
    return Object.assign(counted, { bus: Object.create(bus, { publish: { value: publish } }) as MessageBus });
}

const madeUp = (count: number) =>
    Array.from({ length: count }, (_, index) => ({ jsonrpc: '2.0', id: `${String(index).padStart(12, 'A')}.1`, result: {} }));

async function begin(fetch: (request: Request) => Promise<Response>): Promise<string> {
    const response = await fetch(initialize());
    await response.text();
    return response.headers.get('mcp-session-id') ?? '';
}

it.each(['drain', 'close'] as const)(
    'F5: %s does not wait for the nodes of made-up answers, nor are they looked for any more',
    async end => {
        const counted = countedBus(backend.messageBus);
        const sessions = createSessionHandler(() => new McpServer({ name: 'made', version: '1' }), {
            backend: { ...backend, messageBus: counted.bus },
            onerror: () => undefined
        });
        const id = await begin(request => sessions.fetch(request));
        let isOver = false;
        const answered = sessions.fetch(post(id, madeUp(100))).finally(() => (isOver = true));
        // One call of the bus for each, side by side, and then a few again.
        await vi.waitFor(() => expect(counted.deliveries.length).toBeGreaterThan(100), { timeout: 10_000, interval: 5 });
        expect(isOver).toBe(false);
        await (end === 'drain' ? sessions.drain({ graceMs: 60_000 }) : sessions.close());
        const { length } = counted.deliveries;
        expect(length).toBeLessThan(200);
        expect((await answered).status).toBe(503);
        await sessions.close();
        expect(counted.deliveries).toHaveLength(length);
    }
);

it('H1, O2: an answer that is refused is not in the history, and the name of its node not in an event; one that arrives is, once', async () => {
    const shared = createMemoryBackend({ shareWith: backend });
    const counted = countedBus(shared.messageBus);
    const events: unknown[] = [];
    const listener = (event: unknown) => void events.push(event);
    subscribe('mcp-sessions:answer-routed', listener);
    const stage = new Stage();
    const a = new FetchNode('A', { ...backend, furnish: stage.furnish });
    const b = new FetchNode('B', { ...shared, messageBus: counted.bus });
    try {
        const id = await begin(request => a.fetch(request));
        const asking = new EventReader(await a.fetch(call(id, 'tools/call', { name: 'ask', arguments: { message: 'Well?' } })));
        const question = await asking.next();
        const answer = { jsonrpc: '2.0', id: question['id'], result: { action: 'accept', content: { word: 'yes' } } };
        counted.isDown = true;
        expect((await b.fetch(post(id, answer))).status).toBe(503);
        expect((await b.fetch(post(id, answer))).status).toBe(503);
        counted.isDown = false;
        expect((await b.fetch(post(id, answer))).status).toBe(202);
        expect(resultText((await asking.rest()).at(-1))).toBe('yes');
        await b.fetch(notify(id, 'notifications/progress', { progressToken: 'made-up-name.1', progress: 1 }));
        expect(events).toEqual([
            { session: expect.any(String) as string, outcome: 'delivered', to: expect.any(String) as string },
            { session: expect.any(String) as string, outcome: 'gone' }
        ]);
        await flushHistory(backend.historyLog!);
        const kept = words(await all(readHistory(backend.historyLog!, id)));
        expect(kept.filter(word => word === 'in result')).toHaveLength(1);
    } finally {
        unsubscribe('mcp-sessions:answer-routed', listener);
    }
});

it('X1: progress and the answer of one batch come to the node that asked in their order', async () => {
    const stage = new Stage();
    const a = new FetchNode('A', { ...backend, furnish: stage.furnish });
    const b = new FetchNode('B', createMemoryBackend({ shareWith: backend }));
    const id = await begin(request => a.fetch(request));
    const asking = new EventReader(await a.fetch(call(id, 'tools/call', { name: 'ask', arguments: { message: 'Well?' } })));
    const question = await asking.next();
    const progress = (value: number) => ({
        jsonrpc: '2.0',
        method: 'notifications/progress',
        params: { progressToken: question['id'], progress: value }
    });
    const answer = { jsonrpc: '2.0', id: question['id'], result: { action: 'accept', content: { word: 'last' } } };
    expect((await b.fetch(post(id, [progress(1), progress(2), answer]))).status).toBe(202);
    expect(resultText((await asking.rest()).at(-1))).toBe('last');
    expect(stage.progress).toEqual([1, 2]);
});
