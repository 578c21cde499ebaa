import { InMemorySessionStore, type SessionStore } from '@mcp-sessions/core';
import { expect, it } from 'vitest';
import { FetchNode, initialize } from './fetchNode.js';
import { gatedStore } from './gatedStore.js';
import { fiveMethods } from './stores.js';

it.each([
    ['a whole store', (store: SessionStore) => store, 'createSession'],
    ['a store of five methods', fiveMethods, 'storeSession']
] as const)(
    'P8: nothing is left of an initialize that was given up, also where %s carries it out behind its deletion',
    async (_name, of, method) => {
        const memory = new InMemorySessionStore();
        // Each call has a connection of its own: none waits for another.
        const { store, calls, hold } = gatedStore(of(memory));
        const node = new FetchNode('a', { sessionStore: store, storeTimeoutMs: 50 });
        const held = hold(method);
        expect((await node.fetch(initialize())).status).toBe(503);
        await expect.poll(() => calls).toContain('deleteSession');
        held.open();
        await expect.poll(() => calls.filter(name => name === 'deleteSession')).toHaveLength(2);
        expect(memory.size).toBe(0);
    }
);
