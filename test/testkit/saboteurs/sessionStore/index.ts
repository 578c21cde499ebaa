import { InMemorySessionStore } from '@mcp-sessions/core';
import {
    customStoreContract,
    sessionStoreContract,
    type CustomStoreLimits,
    type StoreLimits,
    type StoreUnderTest
} from '@mcp-sessions/testkit';
import { fiveMethods } from '../../../session/stores.js';
import type { Sabotage } from '../saboteur.js';
import { capSaboteurs } from './caps.js';
import { fullSaboteurs } from './full.js';
import { lifetimeSaboteurs } from './lifetimes.js';
import { listingSaboteurs } from './listing.js';
import { recordSaboteurs } from './records.js';

const ofFive = [...recordSaboteurs, ...lifetimeSaboteurs];

async function sound(limits: StoreLimits): Promise<StoreUnderTest> {
    const store = new InMemorySessionStore(limits);
    return { store: () => store, close: () => store.close() };
}

export const sessionStoreSabotage: Sabotage<StoreLimits, StoreUnderTest> = {
    contract: sessionStoreContract,
    sound,
    patienceMs: 2000,
    saboteurs: [
        // Under caps, what nodes do is not to store.
        ...ofFive.map(one => ({ ...one, caughtBy: one.caughtBy.filter(name => name !== 'whatever nodes do') })),
        ...fullSaboteurs,
        ...capSaboteurs,
        ...listingSaboteurs
    ]
};

/** The same for a store that has five methods alone. */
export const customStoreSabotage: Sabotage<CustomStoreLimits, StoreUnderTest> = {
    contract: customStoreContract,
    sound: async limits => {
        const { store, close } = await sound(limits);
        return { store: () => fiveMethods(store()), close };
    },
    patienceMs: 2000,
    saboteurs: ofFive.map(one => ({
        ...one,
        open: async limits => {
            const { store, close } = await one.open(limits);
            return {
                store: () => {
                    const node = store();
                    return { ...fiveMethods(node), ...(node.close && { close: () => node.close!() }) };
                },
                close
            };
        }
    }))
};
