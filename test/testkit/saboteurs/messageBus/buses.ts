import type { InMemoryMessageBus, BusListener, MessageBus } from '@mcp-sessions/core';

/** A bus with one fault, and the clauses that must catch it. */
export interface BusSaboteur {
    readonly fault: string;
    readonly caughtBy: readonly string[];
    /** Makes the fault in the bus of one node. */
    readonly sabotage: (bus: InMemoryMessageBus) => Partial<MessageBus>;
}

const heardBy = (change: (listener: BusListener) => BusListener['onMessage']): BusSaboteur['sabotage'] => {
    return bus => ({
        subscribe: (address, listener) => bus.subscribe(address, { onMessage: change(listener), onGap: () => listener.onGap() })
    });
};

const addressed = (change: (address: string) => string): BusSaboteur['sabotage'] => {
    return bus => ({
        publish: (address, message) => bus.publish(change(address), message),
        subscribe: (address, listener) => bus.subscribe(change(address), listener)
    });
};

const counting = (change: (count: number) => number): BusSaboteur['sabotage'] => {
    return bus => ({ publish: async (address, message) => change(await bus.publish(address, message)) });
};

/** Buses that are wrong. */
export const busSaboteurs: BusSaboteur[] = [
    {
        fault: 'a message comes twice',
        caughtBy: ['publish: reaches every node', 'publish: several at once', 'publish: a message arrives'],
        sabotage: bus => ({
            publish: async (address, message) => {
                await bus.publish(address, message);
                return bus.publish(address, message);
            }
        })
    },
    {
        fault: 'a node does not hear itself',
        caughtBy: ['publish: reaches every node', 'publish: no listener is called'],
        sabotage: bus => {
            const own = new Set<string>();
            return {
                publish: (address, message) => {
                    own.add(message);
                    return bus.publish(address, message);
                },
                subscribe: (address, { onMessage, onGap }) =>
                    bus.subscribe(address, { onMessage: message => own.has(message) || onMessage(message), onGap })
            };
        }
    },
    {
        fault: 'messages overtake each other',
        caughtBy: ['publish: reaches every node', 'publish: several at once'],
        sabotage: heardBy(listener => {
            let count = 0;
            return message => void setTimeout(() => listener.onMessage(message), (count++ % 4) * 2);
        })
    },
    {
        fault: 'an address is a pattern',
        caughtBy: ['publish: goes to its address alone'],
        sabotage: addressed(address => address.replace(/[*?]/, 'a'))
    },
    {
        fault: 'addresses are not told apart by case',
        caughtBy: ['publish: goes to its address alone'],
        sabotage: addressed(address => address.toLowerCase())
    },
    {
        fault: 'addresses are told apart by their first part only',
        caughtBy: ['publish: goes to its address alone', 'subscribe: many addresses at once'],
        sabotage: addressed(address => address.split('/')[0]!)
    },
    {
        fault: 'line ends are lost',
        caughtBy: ['publish: a message arrives'],
        sabotage: heardBy(listener => message => listener.onMessage(message.trim()))
    },
    {
        fault: 'an empty message is none',
        caughtBy: ['publish: a message arrives'],
        sabotage: heardBy(listener => message => message && listener.onMessage(message))
    },
    {
        fault: 'a long message is cut',
        caughtBy: ['publish: a message arrives'],
        sabotage: heardBy(listener => message => listener.onMessage(message.slice(0, 100_000)))
    },
    { fault: 'nobody is ever reached', caughtBy: ['publish: where the bus can tell'], sabotage: counting(() => 0) },
    { fault: 'somebody is always reached', caughtBy: ['publish: where the bus can tell'], sabotage: counting(count => count || 1) },
    {
        fault: 'however many are reached, it is one',
        caughtBy: ['publish: where the bus can tell'],
        sabotage: counting(count => Math.min(count, 1))
    },
    {
        fault: 'listeners are called in the midst of publish',
        caughtBy: ['publish: no listener is called'],
        sabotage: bus => {
            const own = new Map<string, BusListener>();
            return {
                publish: async (address, message) => {
                    own.get(address)?.onMessage(message);
                    return 1;
                },
                subscribe: async (address, listener) => {
                    own.set(address, listener);
                    return bus.subscribe(address, { onMessage: () => undefined, onGap: () => undefined });
                }
            };
        }
    },
    {
        fault: 'a node that is called cannot publish',
        caughtBy: ['publish: what is answered from within'],
        sabotage: bus => {
            let isCalled = false;
            return {
                publish: async (address, message) => {
                    if (isCalled) throw new Error('busy');
                    return bus.publish(address, message);
                },
                subscribe: (address, listener) =>
                    bus.subscribe(address, {
                        onMessage: message => {
                            isCalled = true;
                            listener.onMessage(message);
                            isCalled = false;
                        },
                        onGap: () => listener.onGap()
                    })
            };
        }
    },
    {
        fault: 'a subscription begins after it has resolved',
        caughtBy: ['subscribe: what is published once it has resolved'],
        sabotage: bus => ({
            subscribe: async (address, listener) => {
                const begun = new Promise(resolve => setTimeout(resolve, 5)).then(() => bus.subscribe(address, listener));
                return { close: async () => (await begun).close() };
            }
        })
    },
    {
        fault: 'an address has one listener',
        caughtBy: ['subscribe: several at one address'],
        sabotage: bus => {
            const own = new Map<string, Promise<{ close(): Promise<void> }>>();
            return {
                subscribe: async (address, listener) => {
                    const before = await own.get(address);
                    own.set(address, bus.subscribe(address, listener));
                    await before?.close();
                    return (await own.get(address))!;
                }
            };
        }
    },
    {
        fault: 'the end of one subscription is the end of its address',
        caughtBy: ['subscribe: several at one address', 'subscribe: right after the last one'],
        sabotage: bus => {
            const own = new Map<string, (() => Promise<void>)[]>();
            return {
                subscribe: async (address, listener) => {
                    const { close } = await bus.subscribe(address, listener);
                    own.set(address, [...(own.get(address) ?? []), close]);
                    return {
                        close: async () => {
                            await new Promise(resolve => setTimeout(resolve, 1));
                            await Promise.all((own.get(address) ?? []).map(end => end()));
                            own.delete(address);
                        }
                    };
                }
            };
        }
    },
    {
        fault: 'a listener is known by itself, not by its subscription',
        caughtBy: ['subscribe: by a listener of its own'],
        sabotage: bus => {
            const ends = new Map<BusListener, (() => Promise<void>)[]>();
            return {
                subscribe: async (address, listener) => {
                    const { close } = await bus.subscribe(address, listener);
                    ends.set(listener, [...(ends.get(listener) ?? []), close]);
                    return { close: async () => void (await Promise.all((ends.get(listener) ?? []).map(end => end()))) };
                }
            };
        }
    },
    {
        fault: 'a subscription never ends',
        caughtBy: ['close: a subscription that has ended', 'close: may be called from within', 'publish: where the bus can tell'],
        sabotage: bus => ({
            subscribe: async (address, listener) => {
                await bus.subscribe(address, listener);
                return { close: async () => undefined };
            }
        })
    },
    {
        fault: 'a subscription that is ended twice is an error',
        caughtBy: ['close: a subscription that has ended'],
        sabotage: bus => ({
            subscribe: async (address, listener) => {
                const { close } = await bus.subscribe(address, listener);
                let hasEnded = false;
                return {
                    close: async () => {
                        if (hasEnded) throw new Error('not subscribed');
                        hasEnded = true;
                        await close();
                    }
                };
            }
        })
    },
    {
        fault: 'a subscription that is ended hears of a gap',
        caughtBy: ['close: a subscription that has ended'],
        sabotage: bus => ({
            subscribe: async (address, listener) => {
                const { close } = await bus.subscribe(address, listener);
                return { close: () => close().then(() => listener.onGap()) };
            }
        })
    },
    { fault: 'a closed bus goes on', caughtBy: ['close: of a bus'], sabotage: () => ({ close: async () => undefined }) },
    {
        fault: 'a bus is closed once only',
        caughtBy: ['close: of a bus'],
        sabotage: bus => {
            let isClosed = false;
            return {
                close: async () => {
                    if (isClosed) throw new Error('closed already');
                    isClosed = true;
                    await bus.close();
                }
            };
        }
    }
];
