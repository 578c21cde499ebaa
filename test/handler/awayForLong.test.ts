import type { createSessionHandler as createHandler } from '@mcp-sessions/core';
import { createMemoryBackend } from '@mcp-sessions/core';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { createSessionHandler } from '@mcp-sessions/sdk/server';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { bare, call, initialize, notify } from '../session/fetchNode.js';
import { EventReader } from '../streams/support/eventReader.js';

type Handler = ReturnType<typeof createHandler>;
const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
    vi.useRealTimers();
    for (const each of open.splice(0).reverse()) await each.close();
});

function start(backend: ReturnType<typeof createMemoryBackend>, capabilities: object = { tools: {}, prompts: {} }): Handler {
    const handler = createSessionHandler(() => new McpServer({ name: 'n', version: '1' }, { capabilities }), {
        backend,
        revalidateMs: 60_000
    });
    open.push(backend, handler);
    return handler;
}
async function begin(handler: Handler): Promise<string> {
    const response = await handler.fetch(initialize());
    await response.text();
    const id = response.headers.get('mcp-session-id') as string;
    await handler.fetch(notify(id, 'notifications/initialized'));
    return id;
}
const listen = async (handler: Handler, id: string) => new EventReader(await handler.fetch(bare('GET', id)));
/** What a session is told until the notice that all are told at the end. */
async function toldUntilEnd(handler: Handler, stream: EventReader): Promise<unknown[]> {
    await handler.notify.all('notifications/message', { level: 'info', data: 'end' });
    const told = [];
    for (;;) {
        const { method } = await stream.next();
        if (method === 'notifications/message') return told;
        told.push(method);
    }
}
const changed = (what: string) => `notifications/${what}/list_changed`;
const minutes = 60_000;

describe('a session that opens its stream seldom', () => {
    it('X8: is told of every notice for as long as it lives, however long ago the one before was', async () => {
        vi.useFakeTimers({ toFake: ['Date', 'performance', 'setInterval', 'clearInterval'] });
        const handler = start(createMemoryBackend({ ttlSeconds: 3600 }));
        const id = await begin(handler);
        await handler.notify.toolsChanged();
        for (let n = 0; n < 10; n++) {
            vi.advanceTimersByTime(20 * minutes);
            expect((await handler.fetch(call(id, 'ping'))).status).toBe(200);
        }
        await handler.notify.promptsChanged();
        const stream = await listen(handler, id);
        expect(await toldUntilEnd(handler, stream)).toEqual([changed('tools'), changed('prompts')]);
        await stream.cut();
    });

    it('X8: that it may have missed anything it is told only of what its server has', async () => {
        const handler = start(createMemoryBackend({ maxEvents: 10 }), { prompts: {} });
        const id = await begin(handler);
        for (let n = 0; n < 300; n++) await handler.notify.resourceUpdated(`note://${n}`);
        const stream = await listen(handler, id);
        expect((await stream.next()).method).toBe(changed('prompts'));
        expect(await toldUntilEnd(handler, stream)).toEqual([]);
        await stream.cut();
    });
});

describe('a session whose stream is open', () => {
    it('X8: is not told that all has changed when its stream is opened anew, however much there was for others', async () => {
        const handler = start(createMemoryBackend({ maxEvents: 250 }));
        const id = await begin(handler);
        const stream = await listen(handler, id);
        for (let n = 0; n < 400; n++) await handler.notify.resourceUpdated(`note://${n}`);
        await stream.cut();
        const again = await listen(handler, id);
        expect(await toldUntilEnd(handler, again)).toEqual([]);
        await again.cut();
    });

    it('X8: is told once when the stream moves to another node and back', async () => {
        const backend = createMemoryBackend();
        const [a, b] = [start(backend), start(createMemoryBackend({ shareWith: backend }))];
        const id = await begin(a);
        const first = await listen(a, id);
        await a.notify.toolsChanged();
        expect(await toldUntilEnd(a, first)).toEqual([changed('tools')]);
        const second = await listen(b, id);
        await b.notify.promptsChanged();
        expect(await toldUntilEnd(b, second)).toEqual([changed('prompts')]);
        const third = await listen(a, id);
        expect(await toldUntilEnd(a, third)).toEqual([]);
        await third.cut();
    });
});
