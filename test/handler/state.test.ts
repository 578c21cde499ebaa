import { createMemoryBackend, InMemorySessionStore } from '@mcp-sessions/core';
import { describe, expect, it } from 'vitest';
import type { HandlerNode } from './support/handlerNode.js';
import { startNode, startPair } from './support/nodes.js';
import { initialize, request } from './support/requests.js';

const call = async (node: HandlerNode, id: string, name: string, args: object = {}) => {
    const { text } = await request(node.url, id, 'tools/call', { name, arguments: args });
    const { result } = JSON.parse(/data: (\{.*\})/.exec(text)?.[1] ?? '{}') as {
        result?: { content: { text: string }[]; isError?: boolean };
    };
    return `${result?.isError ? 'error: ' : ''}${result?.content[0]?.text}`;
};

describe('the state of a session', () => {
    it('S14: is seen by every node at once', async () => {
        const [first, second] = await startPair();
        const id = await initialize(first.url);
        expect(await call(second, id, 'read', { key: 'cart' })).toBe('undefined');
        expect(await call(first, id, 'write', { key: 'cart', value: ['apple', { count: 2 }] })).toBe('written');
        expect(await call(second, id, 'read', { key: 'cart' })).toBe('["apple",{"count":2}]');
        expect(await call(second, id, 'write', { key: 'cart', value: null })).toBe('written');
        expect(await call(first, id, 'read', { key: 'cart' })).toBe('null');
    });

    it('S14: updates of two nodes at the same time all count', async () => {
        const [first, second] = await startPair();
        const id = await initialize(first.url);
        const counts = await Promise.all(Array.from({ length: 40 }, (_, n) => call(n % 2 ? first : second, id, 'count')));
        expect(counts.map(Number).sort((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, n) => n + 1));
        expect(await call(first, id, 'read', { key: 'count' })).toBe('40');
    });

    it('S14: work under the lock does not overlap, on one node or two', async () => {
        const [first, second] = await startPair();
        const id = await initialize(first.url);
        const sums = await Promise.all(Array.from({ length: 6 }, (_, n) => call(n % 2 ? first : second, id, 'slow-count')));
        expect(sums.map(Number).sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6]);
    });

    it('S14: belongs to one session, and goes with it', async () => {
        const backend = createMemoryBackend();
        const node = await startNode({ backend });
        const [one, two] = [await initialize(node.url), await initialize(node.url)];
        await call(node, one, 'write', { key: 'mine', value: 1 });
        expect(await call(node, two, 'read', { key: 'mine' })).toBe('undefined');
        expect((await backend.sessionStore.getSession(one))?.state).toEqual({ mine: 1 });
        expect(await node.handler.end(one)).toBe(true);
        expect(await backend.sessionStore.getSession(one)).toBeNull();
    });

    it('what is no JSON, too much or under no key is refused, and nothing changes', async () => {
        const node = await startNode({ maxStateBytes: 100 });
        const id = await initialize(node.url);
        await call(node, id, 'write', { key: 'a', value: 1 });
        expect(await call(node, id, 'write', { key: 'b', value: 'x'.repeat(100) })).toContain('maxStateBytes (100)');
        expect(await call(node, id, 'write', { key: '__proto__', value: 1 })).toContain('__proto__');
        expect(await call(node, id, 'write', { key: 'b' })).toContain('must be JSON');
        expect(await call(node, id, 'read', { key: 'a' })).toBe('1');
        expect(await call(node, id, 'read', { key: 'toString' })).toBe('undefined');
    });

    it('a change that throws is told so, and spoils no other', async () => {
        const node = await startNode();
        const id = await initialize(node.url);
        const [failed, counted] = await Promise.all([call(node, id, 'fail'), call(node, id, 'count')]);
        expect(failed).toBe('error: not today');
        expect(counted).toBe('1');
    });

    it('works with a store of five methods, and needs a lock only for withLock', async () => {
        const whole = new InMemorySessionStore();
        const store = {
            storeSession: whole.storeSession.bind(whole),
            getSession: whole.getSession.bind(whole),
            updateSessionActivity: whole.updateSessionActivity.bind(whole),
            deleteSession: whole.deleteSession.bind(whole),
            sessionExists: whole.sessionExists.bind(whole)
        };
        const [first, second] = [
            await startNode({ backend: { sessionStore: store } }),
            await startNode({ backend: { sessionStore: store } })
        ];
        const id = await initialize(first.url);
        expect(await call(first, id, 'count')).toBe('1');
        expect(await call(second, id, 'count')).toBe('2');
        expect(await call(first, id, 'slow-count')).toContain('withLock needs a sessionLock');
    });
});
