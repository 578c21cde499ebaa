import type { MessageBus } from '@mcp-sessions/core';

/** A bus for each node, on what they share. */
export function openBuses(make: () => MessageBus) {
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
