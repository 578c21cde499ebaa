import { InMemoryMessageBus, type MessageBus } from '@mcp-sessions/core';
import { messageBusContract, type BusUnderTest, type NoLimits } from '@mcp-sessions/testkit';
import type { Sabotage } from '../saboteur.js';
import { busSaboteurs } from './buses.js';

export const messageBusSabotage: Sabotage<NoLimits, BusUnderTest> = {
    contract: messageBusContract,
    sound: async () => {
        const first = new InMemoryMessageBus();
        return { bus: () => new InMemoryMessageBus({ shareWith: first }), close: () => first.close() };
    },
    patienceMs: 300,
    saboteurs: busSaboteurs.map(({ fault, caughtBy, sabotage }) => ({
        fault,
        caughtBy,
        open: async () => {
            const first = new InMemoryMessageBus();
            return {
                bus: (): MessageBus => {
                    const bus = new InMemoryMessageBus({ shareWith: first });
                    return {
                        publish: (address, message) => bus.publish(address, message),
                        subscribe: (address, listener) => bus.subscribe(address, listener),
                        close: () => bus.close(),
                        ...sabotage(bus)
                    };
                },
                close: () => first.close()
            };
        }
    }))
};
