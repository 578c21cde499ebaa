import { InMemoryMailbox, InMemoryMessageBus, PollingBus } from '@mcp-sessions/core';
import { describeMessageBus, type OpenBus } from './contract/messageBus.js';

interface BusCase {
    readonly name: string;
    readonly open: OpenBus;
}

const openMemory: OpenBus = async () => {
    const first = new InMemoryMessageBus();
    const all = [first];
    return {
        bus: () => all[all.push(new InMemoryMessageBus({ shareWith: first })) - 1]!,
        close: async () => void (await Promise.all(all.map(bus => bus.close())))
    };
};

const openPolling: OpenBus = async () => {
    const mailbox = new InMemoryMailbox();
    const all: PollingBus[] = [];
    return {
        bus: () => all[all.push(new PollingBus(mailbox, { minIntervalMs: 5, maxIntervalMs: 40 })) - 1]!,
        close: async () => void (await Promise.all(all.map(bus => bus.close())))
    };
};

/** Every backend that has a bus. */
const cases: BusCase[] = [
    { name: 'InMemoryMessageBus', open: openMemory },
    { name: 'PollingBus on InMemoryMailbox', open: openPolling }
];

for (const { name, open } of cases) {
    describeMessageBus(name, open);
}
