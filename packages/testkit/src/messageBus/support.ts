import type { BusSubscription, MessageBus } from '@mcp-sessions/core';
import type { Clause, Closable, NoLimits } from '../contract.js';
import { expect } from '../expect.js';
import { waitFor } from '../waitFor.js';

/** A bus, as `open` gives it. */
export interface BusUnderTest extends Closable {
    /** The bus of one more node. */
    bus(): MessageBus;
}

export type BusClause = Clause<NoLimits, BusUnderTest>;

export interface Listening {
    readonly heard: string[];
    readonly subscription: BusSubscription;
    gaps(): number;
    /** Waits for that many messages, and for no more than that. */
    hears(...messages: string[]): Promise<void>;
}

/** Subscribes. A bus that polls says by a gap from when on nothing is missed. */
export async function listen(bus: MessageBus, address: string, onMessage?: (message: string) => void): Promise<Listening> {
    const heard: string[] = [];
    let gaps = 0;
    const subscription = await bus.subscribe(address, {
        onMessage: message => {
            heard.push(message);
            onMessage?.(message);
        },
        onGap: () => gaps++
    });
    if (bus.polls) {
        await waitFor(() => expect(gaps).toBe(1));
    }
    return {
        heard,
        subscription,
        gaps: () => gaps,
        hears: async (...messages) => {
            await waitFor(() => expect(heard.length).toBeAtLeast(messages.length));
            expect(heard).toEqual(messages);
        }
    };
}

let marks = 0;

/** Resolves when all that `from` has published before has reached `to`, so that what has not been heard never will be. */
export async function settled(from: MessageBus, ...to: MessageBus[]): Promise<void> {
    const address = `session/mark-${++marks}`;
    const all = await Promise.all(to.map(bus => listen(bus, address)));
    await from.publish(address, 'mark');
    await Promise.all(all.map(({ hears }) => hears('mark')));
    await Promise.all(all.map(({ subscription }) => subscription.close()));
}
