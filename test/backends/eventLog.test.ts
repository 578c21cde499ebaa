import { InMemoryEventLog } from '@mcp-sessions/core';
import { eventLogContract, testContract } from '@mcp-sessions/testkit';
import { describe, it } from 'vitest';

testContract(eventLogContract, {
    name: 'InMemoryEventLog',
    open: async limits => {
        const log = new InMemoryEventLog(limits);
        return { log: () => log, close: () => log.close() };
    },
    runs: 150,
    describe,
    it
});
