import { InMemoryMailbox, InMemoryMessageBus, PollingBus, type MessageBus } from '@mcp-sessions/core';
import { messageBusContract, testContract } from '@mcp-sessions/testkit';
import { describe, it } from 'vitest';

/** A bus for each node, on what they share. */
function openBuses(make: () => MessageBus) {
    const all: MessageBus[] = [];
    return {
        bus: () => {
            const bus = make();
            all.push(bus);
            return bus;
        },
        close: async () => void (await Promise.all(all.map(async bus => bus.close?.())))
    };
}

testContract(messageBusContract, {
    name: 'InMemoryMessageBus',
    open: async () => {
        const first = new InMemoryMessageBus();
        return openBuses(() => new InMemoryMessageBus({ shareWith: first }));
    },
    describe,
    it
});

testContract(messageBusContract, {
    name: 'PollingBus on InMemoryMailbox',
    open: async () => {
        const mailbox = new InMemoryMailbox();
        return openBuses(() => new PollingBus(mailbox, { minIntervalMs: 5, maxIntervalMs: 40 }));
    },
    describe,
    it
});
