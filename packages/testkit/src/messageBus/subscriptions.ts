import { expect } from '../expect.js';
import { nth } from '../nth.js';
import { waitFor } from '../waitFor.js';
import { listen, settled, type BusClause } from './support.js';

/** How subscriptions begin and end. */
export const subscriptionClauses: BusClause[] = [
    {
        title: 'subscribe: what is published once it has resolved is heard, or a gap is told where the bus polls',
        async run(open) {
            const backend = await open();
            const [a, b] = [backend.bus(), backend.bus()];
            for (let round = 0; round < 5; round++) {
                const known: string[] = [];
                await b.subscribe(`session/${round}`, {
                    onMessage: message => known.push(message),
                    onGap: () => known.push('a gap')
                });
                await a.publish(`session/${round}`, 'a message');
                await waitFor(() => expect(known).not.toEqual([]));
                expect(known[0]).toBeOneOf(b.polls ? ['a message', 'a gap'] : ['a message']);
            }
        }
    },
    {
        title: 'subscribe: several at one address are served each, also when they come at once, and one that ends ends alone',
        async run(open) {
            const backend = await open();
            const [a, b] = [backend.bus(), backend.bus()];
            const [first, second, third] = await Promise.all([listen(b, 'nodes'), listen(b, 'nodes'), listen(b, 'nodes')]);
            await a.publish('nodes', '1');
            await Promise.all([first, second, third].map(({ hears }) => hears('1')));
            await second.subscription.close();
            await a.publish('nodes', '2');
            await Promise.all([first.hears('1', '2'), third.hears('1', '2')]);
            await first.subscription.close();
            await a.publish('nodes', '3');
            await third.hears('1', '2', '3');
            await settled(a, b);
            expect([first.heard, second.heard]).toEqual([['1', '2'], ['1']]);
        }
    },
    {
        title: 'subscribe: by a listener of its own for each, not by the address and who calls',
        async run(open) {
            const backend = await open();
            const [a, b] = [backend.bus(), backend.bus()];
            const heard: string[] = [];
            let gaps = 0;
            const listener = { onMessage: (message: string) => void heard.push(message), onGap: () => void gaps++ };
            const subscriptions = [await b.subscribe('nodes', listener), await b.subscribe('nodes', listener)];
            await settled(b, b);
            await nth(subscriptions, 0).close();
            await a.publish('nodes', '1');
            await settled(a, b);
            expect(heard).toEqual(['1']);
        }
    },
    {
        title: 'close: a subscription that has ended is never called, and may be ended again',
        async run(open) {
            const backend = await open();
            const [a, b] = [backend.bus(), backend.bus()];
            const { subscription, heard, gaps } = await listen(b, 'nodes');
            const before = gaps();
            await subscription.close();
            await subscription.close();
            await a.publish('nodes', '1');
            await settled(a, b);
            expect(heard).toEqual([]);
            expect(gaps()).toBe(before);
        }
    },
    {
        title: 'close: may be called from within the listener',
        async run(open) {
            const backend = await open();
            const [a, b] = [backend.bus(), backend.bus()];
            const closing: Promise<void>[] = [];
            const one = await listen(b, 'nodes', () => closing.push(one.subscription.close()));
            const other = await listen(b, 'nodes');
            await a.publish('nodes', '1');
            await other.hears('1');
            await Promise.all(closing);
            await a.publish('nodes', '2');
            await other.hears('1', '2');
            expect(one.heard).toEqual(['1']);
        }
    },
    {
        title: 'subscribe: right after the last one at the address ended, or while it ends, is a new subscription',
        async run(open) {
            const backend = await open();
            const [a, b] = [backend.bus(), backend.bus()];
            let last = await listen(b, 'nodes');
            for (let round = 1; round <= 10; round++) {
                const closing = last.subscription.close();
                if (round % 2) {
                    await closing;
                    await a.publish('nodes', 'to nobody');
                }
                const next = await listen(b, 'nodes');
                await closing;
                await a.publish('nodes', `to ${round}`);
                await next.hears(`to ${round}`);
                last = next;
            }
        }
    },
    {
        title: 'subscribe: many addresses at once are heard, each its own',
        async run(open) {
            const backend = await open();
            const [a, b] = [backend.bus(), backend.bus()];
            const addresses = Array.from({ length: 100 }, (_, index) => `session/${index}`);
            const listening = await Promise.all(addresses.map(address => listen(b, address)));
            await Promise.all(addresses.map(address => a.publish(address, address)));
            await Promise.all(listening.map(({ hears }, index) => hears(nth(addresses, index))));
            await Promise.all(listening.map(({ subscription }) => subscription.close()));
        }
    },
    {
        title: 'close: of a bus ends its own subscriptions and no other, and may be repeated',
        async run(open) {
            const backend = await open();
            const [a, b, c] = [backend.bus(), backend.bus(), backend.bus()];
            const ended = await listen(b, 'nodes');
            const stays = await listen(c, 'nodes');
            const before = ended.gaps();
            await b.close?.();
            await b.close?.();
            await a.publish('nodes', '1');
            await stays.hears('1');
            await settled(a, c);
            await ended.subscription.close();
            expect(ended.heard).toEqual([]);
            expect(ended.gaps()).toBe(before);
        }
    }
];
