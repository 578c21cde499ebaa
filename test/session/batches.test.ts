import { createMemoryBackend, InMemorySessionStore, sessionState } from '@mcp-sessions/core';
import { describe, expect, it } from 'vitest';
import { call, FetchNode, initialize, toolText, type NodeOptions } from './fetchNode.js';
import { gatedStore } from './gatedStore.js';

/** A node whose tools keep things of their session, and note when the function of an update is called. */
function keeping(options: NodeOptions, calls: unknown[] = []): FetchNode {
    return new FetchNode('K', {
        enableJsonResponse: true,
        ...options,
        furnish: server => {
            server.registerTool('keep', {}, async extra => {
                const count = await sessionState<{ count: number }>(extra).update('count', (before = 0) => {
                    calls.push(before);
                    return before + 1;
                });
                return { content: [{ type: 'text', text: JSON.stringify({ count }) }] };
            });
            server.registerTool('fill', {}, async extra => {
                await sessionState(extra).set('much', 'x'.repeat(4000));
                return { content: [{ type: 'text', text: '{}' }] };
            });
        }
    });
}
async function begin(node: FetchNode): Promise<string> {
    const response = await node.fetch(initialize());
    await response.text();
    return response.headers.get('mcp-session-id') as string;
}
const tool = (sessionId: string, name: string) => call(sessionId, 'tools/call', { name, arguments: {} });

describe('changes of a session', () => {
    it('S14: the function of an update is called once, and again only where another node was first', async () => {
        const { sessionStore } = createMemoryBackend();
        const calls: unknown[] = [];
        const [a, b] = [keeping({ sessionStore, revalidateMs: 60_000 }, calls), keeping({ sessionStore, revalidateMs: 60_000 })];
        const sessionId = await begin(a);
        expect(await toolText(await a.fetch(tool(sessionId, 'keep')))).toEqual({ count: 1 });
        expect(calls.splice(0)).toEqual([0]);
        expect(await toolText(await b.fetch(tool(sessionId, 'keep')))).toEqual({ count: 2 });
        expect(await toolText(await a.fetch(tool(sessionId, 'keep')))).toEqual({ count: 3 });
        expect(calls).toEqual([1, 2]);
    });

    it('X7: what another node changed in between reaches the server here, and what it knows does not', async () => {
        const { sessionStore } = createMemoryBackend();
        const [a, b] = [keeping({ sessionStore, revalidateMs: 60_000 }), keeping({ sessionStore, revalidateMs: 60_000 })];
        const sessionId = await begin(a);
        const subscribe = (uri: string) => call(sessionId, 'resources/subscribe', { uri });
        for (const [node, uri] of [
            [a, 'note://1'],
            [b, 'note://2'],
            [a, 'note://3']
        ] as const) {
            expect((await node.fetch(subscribe(uri))).status).toBe(200);
        }
        expect(a.told).toEqual(['subscribe note://1', 'subscribe note://3', 'subscribe note://2']);
    });

    it('S14, X7: one that makes the record too large fails alone', async () => {
        const { store, hold } = gatedStore(new InMemorySessionStore());
        const node = keeping({ sessionStore: store, maxRecordBytes: 3000 });
        const sessionId = await begin(node);
        // While a write is under way the next ones gather, and share one.
        const held = hold('updateSession');
        const first = node.fetch(call(sessionId, 'logging/setLevel', { level: 'error' }));
        await held.reached;
        const filled = node.fetch(tool(sessionId, 'fill'));
        const subscribed = node.fetch(call(sessionId, 'resources/subscribe', { uri: 'note://1' }));
        const counted = node.fetch(tool(sessionId, 'keep'));
        for (let turn = 0; turn < 20; turn++) await new Promise(resolve => setImmediate(resolve));
        held.open();
        expect([(await first).status, (await subscribed).status]).toEqual([200, 200]);
        expect(await (await filled).text()).toContain('maxRecordBytes (3000)');
        expect(await toolText(await counted)).toEqual({ count: 1 });
        expect(await store.getSession(sessionId)).toMatchObject({ logLevel: 'error', subscriptions: ['note://1'], state: { count: 1 } });
    });
});
