import { createMemoryBackend, createSessionHandler, type SessionHandler, type SessionHandlerOptions } from '@mcp-sessions/core';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Fixture } from '../cluster/support/fixture.js';
import { all } from '../history/support/entries.js';

const handlers: SessionHandler[] = [];
afterEach(async () => {
    await Promise.all(handlers.splice(0).map(handler => handler.close()));
});

/** Two instances of one function, whose tool `work` runs until `finish` is called. */
function startInstances(options: SessionHandlerOptions = {}) {
    const backend = options.backend ?? createMemoryBackend();
    let finish = () => undefined as void;
    const done = new Promise<void>(resolve => (finish = resolve));
    const build = () => {
        const server = new McpServer({ name: 'function', version: '1.0.0' });
        server.registerTool('work', {}, async extra => {
            if (extra.requestInfo?.headers['x-poll']) extra.closeSSEStream?.();
            await done;
            return { content: [{ type: 'text', text: 'the result' }] };
        });
        return server;
    };
    const open = () => {
        const handler = createSessionHandler(build, { retryInterval: 1000, ...options, backend });
        handlers.push(handler);
        return handler;
    };
    return { first: open(), second: open(), finish };
}

/** What the platform was given to wait for. */
class Platform {
    private readonly works: Promise<unknown>[] = [];
    isIdle = true;

    readonly waitUntil = (work: Promise<unknown>): void => {
        this.isIdle = false;
        this.works.push(work);
        void Promise.all(this.works).then(() => (this.isIdle = true));
    };
}

function post(sessionId: string | undefined, message: object, headers: Record<string, string> = {}): Request {
    return new Request('http://localhost/mcp', {
        method: 'POST',
        headers: {
            'content-type': 'application/json',
            accept: 'application/json, text/event-stream',
            'mcp-protocol-version': '2025-11-25',
            ...(sessionId !== undefined && { 'mcp-session-id': sessionId }),
            ...headers
        },
        body: JSON.stringify({ jsonrpc: '2.0', ...message })
    });
}

function resume(sessionId: string, lastEventId: string): Request {
    const headers = { accept: 'text/event-stream', 'mcp-session-id': sessionId, 'last-event-id': lastEventId };
    return new Request('http://localhost/mcp', { headers });
}

const initialize = {
    id: 0,
    method: 'initialize',
    params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'tester', version: '1' } }
};
const work = { id: 1, method: 'tools/call', params: { name: 'work', arguments: {} } };

async function begin(handler: SessionHandler): Promise<string> {
    const answer = await handler.fetch(post(undefined, initialize));
    await answer.text();
    return answer.headers.get('mcp-session-id') as string;
}

/** The first event id of an answer, once it is there. */
async function firstEventId(answer: Response): Promise<{ eventId: string; rest: Promise<string> }> {
    const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    while (!/id: (\S+)\n/.test(text)) {
        const { done, value } = await reader.read();
        if (done) throw new Error(`The answer has no event id: ${text}`);
        text += value;
    }
    const readRest = async () => {
        for (;;) {
            const { done, value } = await reader.read();
            if (done) return text;
            text += value;
        }
    };
    return { eventId: /id: (\S+)\n/.exec(text)![1]!, rest: readRest() };
}

describe('a function that lives until its answer ends, and what it was told to wait for has been done', () => {
    it('L2, L5: lives until the result of a call that ended its own stream is there for the client', async () => {
        const { first, second, finish } = startInstances();
        const id = await begin(first);
        const platform = new Platform();
        const answer = await first.fetch(post(id, work, { 'x-poll': 'yes' }), { waitUntil: platform.waitUntil });
        const { eventId, rest } = await firstEventId(answer);
        expect(await rest).not.toContain('the result');
        expect(platform.isIdle).toBe(false);
        finish();
        await Fixture.until('the work is done', () => platform.isIdle);
        // The function is killed; what comes is of another.
        await first.close();
        expect(await (await second.fetch(resume(id, eventId))).text()).toContain('the result');
    });

    it('L2, L5: lives on when its client has gone on with the stream at another', async () => {
        const { first, second, finish } = startInstances();
        const id = await begin(first);
        const platform = new Platform();
        const { eventId, rest } = await firstEventId(await first.fetch(post(id, work), { waitUntil: platform.waitUntil }));
        const resumed = await second.fetch(resume(id, eventId));
        expect(await rest, 'the stream has moved').not.toContain('the result');
        expect(platform.isIdle).toBe(false);
        finish();
        expect(await resumed.text()).toContain('the result');
        await Fixture.until('the work is done', () => platform.isIdle);
    });

    it('lives no longer than its calls: answered, cancelled without a client, cut off', async () => {
        const { first, finish } = startInstances();
        const id = await begin(first);
        const [answered, cancelled, cut] = [new Platform(), new Platform(), new Platform()];

        const gone = new AbortController();
        const request = new Request(post(id, { ...work, id: 2 }), { signal: gone.signal });
        const { rest } = await firstEventId(await first.fetch(request, { waitUntil: cancelled.waitUntil }));
        rest.catch(() => undefined);
        gone.abort();
        expect(cancelled.isIdle).toBe(false);
        await first.fetch(post(id, { method: 'notifications/cancelled', params: { requestId: 2 } }));
        await Fixture.until('nobody waits for what was cancelled', () => cancelled.isIdle);

        await firstEventId(await first.fetch(post(id, work), { waitUntil: cut.waitUntil }));
        expect(cut.isIdle).toBe(false);
        await first.close();
        await Fixture.until('nobody waits for what was cut off', () => cut.isIdle);

        const { first: third } = startInstances();
        const asked = post(await begin(third), { id: 1, method: 'tools/list' });
        expect(await (await third.fetch(asked, { waitUntil: answered.waitUntil })).text()).toContain('work');
        await Fixture.until('the call is over', () => answered.isIdle);
        finish();
    });

    it('F5: waits for a result that is being kept when the handler is closed', async () => {
        const backend = createMemoryBackend();
        const append = backend.eventLog.append.bind(backend.eventLog);
        let keep = () => undefined as void;
        const keeping = new Promise<void>(resolve => (keep = resolve));
        let isKept = false;
        const { first, finish } = startInstances({ backend });
        const id = await begin(first);
        const platform = new Platform();
        await (await first.fetch(post(id, work, { 'x-poll': 'yes' }), { waitUntil: platform.waitUntil })).text();
        const slow = vi.spyOn(backend.eventLog, 'append').mockImplementation(async (sessionId, events) => {
            await keeping;
            isKept = true;
            return append(sessionId, events);
        });
        finish();
        await Fixture.until('the result is being kept', () => slow.mock.calls.length > 0);
        await first.close();
        expect([platform.isIdle, isKept]).toEqual([false, false]);
        keep();
        await Fixture.until('the work is done', () => platform.isIdle);
        expect(isKept).toBe(true);
    });

    it('H3: waits for the history of the call, and makes no tries of its own where that cannot be written', async () => {
        const backend = createMemoryBackend({ history: {} });
        const historyLog = backend.historyLog!;
        const { first } = startInstances({ backend, history: true, onerror: () => undefined });
        const id = await begin(first);
        const ping = async () => {
            const platform = new Platform();
            await (await first.fetch(post(id, { id: 1, method: 'ping' }), { waitUntil: platform.waitUntil })).text();
            await Fixture.until('the work is done', () => platform.isIdle);
        };
        const kept = async () => all(first.history(id));
        await ping();
        expect((await kept()).length).toBe(4); // two requests with their results
        const append = vi.spyOn(historyLog, 'append').mockRejectedValue(new Error('is down'));
        await ping();
        await Fixture.until('it was tried', () => append.mock.calls.length > 0);
        const tries = append.mock.calls.length;
        for (let n = 0; n < 20; n++) await ping();
        expect(append.mock.calls.length - tries).toBeLessThan(10);
        append.mockRestore();
    });

    it('takes the context of a platform as it is', async () => {
        class Context {
            readonly #works: Promise<unknown>[] = [];
            waitUntil(work: Promise<unknown>) {
                this.#works.push(work);
            }
            get count() {
                return this.#works.length;
            }
        }
        const context = new Context();
        const { first } = startInstances();
        await (await first.fetch(post(undefined, initialize), context)).text();
        expect(context.count).toBe(1);
    });

    it.each([
        ['that throws', () => raise('outside of a request')],
        ['that rejects', () => Promise.reject(new Error('outside of a request'))]
    ])('a platform %s harms no call', async (_how, waitUntil: () => void) => {
        const errors: string[] = [];
        const { first } = startInstances({ onerror: ({ message }) => void errors.push(message) });
        const answer = await first.fetch(post(undefined, initialize), { waitUntil });
        expect(answer.status).toBe(200);
        expect(await answer.text()).toContain('serverInfo');
        await Fixture.until('it is told', () => errors.length > 0);
        expect(errors).toEqual(['outside of a request']);
    });
});

function raise(message: string): never {
    throw new Error(message);
}
