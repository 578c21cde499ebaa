import { InMemorySessionLock } from '@mcp-sessions/core';
import { sessionLockContract, testContract } from '@mcp-sessions/testkit';
import { describe, it } from 'vitest';

testContract(sessionLockContract, {
    name: 'InMemorySessionLock',
    open: async () => {
        const lock = new InMemorySessionLock();
        return { lock: () => lock, close: () => lock.close() };
    },
    runs: 150,
    describe,
    it
});
