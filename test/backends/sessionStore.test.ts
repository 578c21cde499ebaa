import { InMemorySessionStore } from '@mcp-sessions/core';
import { customStoreContract, sessionStoreContract, testContract } from '@mcp-sessions/testkit';
import { describe, it } from 'vitest';
import { fiveMethods } from '../session/stores.js';

testContract(sessionStoreContract, {
    name: 'InMemorySessionStore',
    open: async limits => {
        const store = new InMemorySessionStore(limits);
        return { store: () => store, close: () => store.close() };
    },
    runs: 150,
    describe,
    it
});

testContract(customStoreContract, {
    name: 'five methods of InMemorySessionStore',
    open: async limits => {
        const store = new InMemorySessionStore(limits);
        return { store: () => fiveMethods(store), close: () => store.close() };
    },
    describe,
    it
});
