import { createMemoryBackend, sessionState, type MemoryBackend } from '@mcp-sessions/core';
import { SetLevelRequestSchema, SubscribeRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { bare, call, FetchNode, initialize } from './fetchNode.js';

let shared: MemoryBackend;
const backends: MemoryBackend[] = [];
beforeEach(() => {
    shared = createMemoryBackend();
});
afterEach(() => Promise.all([shared, ...backends.splice(0)].map(backend => backend.close())));

/** A node whose handlers of subscriptions and log levels keep something of their session. */
const start = (name: string): FetchNode => {
    const backend = createMemoryBackend({ shareWith: shared });
    backends.push(backend);
    return new FetchNode(name, {
        ...backend,
        revalidateMs: 60_000,
        furnish: server => {
            const note = async (extra: Parameters<typeof sessionState>[0], what: string) => {
                await sessionState<{ seen: string[] }>(extra).update('seen', (seen = []) => [...seen, `${what} at ${name}`]);
                return {};
            };
            server.server.setRequestHandler(SubscribeRequestSchema, ({ params }, extra) => note(extra, params.uri));
            server.server.setRequestHandler(SetLevelRequestSchema, ({ params }, extra) => note(extra, params.level));
        }
    });
};
const begin = async (node: FetchNode): Promise<string> => {
    const response = await node.fetch(initialize());
    await response.text();
    return response.headers.get('mcp-session-id') as string;
};
const seen = async (sessionId: string) => (await shared.sessionStore.getSession(sessionId))?.state?.['seen'];

it('S14, S6: what a handler keeps when its node takes the session over is kept', async () => {
    const [a, b] = [start('a'), start('b')];
    const sessionId = await begin(a);
    await (await a.fetch(call(sessionId, 'resources/subscribe', { uri: 'note://1' }))).text();
    await (await a.fetch(call(sessionId, 'logging/setLevel', { level: 'error' }))).text();
    expect((await b.fetch(call(sessionId, 'ping'))).status).toBe(200);
    expect(b.errors).toEqual([]);
    expect(await seen(sessionId)).toEqual(['note://1 at a', 'error at a', 'error at b', 'note://1 at b']);
});

it('S14, X7: and when it learns of a change without a request', async () => {
    const [a, b] = [start('a'), start('b')];
    const sessionId = await begin(a);
    // A node with an open stream hears of changes elsewhere.
    const stream = await b.fetch(bare('GET', sessionId));
    await (await a.fetch(call(sessionId, 'resources/subscribe', { uri: 'note://1' }))).text();
    await vi.waitFor(async () => expect(await seen(sessionId)).toEqual(['note://1 at a', 'note://1 at b']), 10_000);
    expect(b.errors).toEqual([]);
    await stream.body?.cancel();
});

it('S14: before the session has begun there is no state, and the error says so', async () => {
    const errors: unknown[] = [];
    const backend = createMemoryBackend({ shareWith: shared });
    backends.push(backend);
    const node = new FetchNode('a', {
        ...backend,
        furnish: server => {
            const { server: inner } = server;
            const handlers = (inner as unknown as { _requestHandlers: Map<string, (...args: never[]) => Promise<unknown>> })
                ._requestHandlers;
            const before = handlers.get('initialize')!;
            handlers.set('initialize', async (...args) => {
                await sessionState(args[1] as never)
                    .get('anything')
                    .catch((error: unknown) => errors.push(error));
                return before(...args);
            });
        }
    });
    await begin(node);
    expect(errors).toMatchObject([{ code: 'CONFIGURATION' }]);
});
