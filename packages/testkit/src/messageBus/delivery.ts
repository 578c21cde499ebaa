import { expect } from '../expect.js';
import { waitFor } from '../waitFor.js';
import { listen, settled, type BusClause } from './support.js';

const numbers = (count: number) => Array.from({ length: count }, (_, index) => String(index + 1));

/** What becomes of a message. */
export const deliveryClauses: BusClause[] = [
    {
        title: 'publish: reaches every node that listens, the own one too, once and in order',
        async run(open) {
            const backend = await open();
            const [a, b, c] = [backend.bus(), backend.bus(), backend.bus()];
            const listening = await Promise.all([a, b, c].map(bus => listen(bus, 'nodes')));
            for (const message of numbers(50)) {
                await a.publish('nodes', message);
            }
            await Promise.all(listening.map(({ hears }) => hears(...numbers(50))));
            await settled(a, a, b, c);
            await Promise.all(listening.map(({ hears }) => hears(...numbers(50))));
        }
    },
    {
        title: 'publish: several at once get through each, and each in its order',
        async run(open) {
            const backend = await open();
            const nodes = [backend.bus(), backend.bus(), backend.bus()];
            const listening = await Promise.all(nodes.map(bus => listen(bus, 'session/s')));
            await Promise.all(
                nodes.map(async (bus, index) => {
                    for (const number of numbers(30)) {
                        await bus.publish('session/s', `${index}.${number}`);
                    }
                })
            );
            for (const { heard } of listening) {
                await waitFor(() => expect(heard.length).toBeAtLeast(90));
            }
            await Promise.all(nodes.map(bus => settled(bus, ...nodes)));
            for (const { heard } of listening) {
                expect(heard).toHaveLength(90);
                for (const index of [0, 1, 2]) {
                    expect(heard.filter(message => message.startsWith(`${index}.`))).toEqual(
                        numbers(30).map(number => `${index}.${number}`)
                    );
                }
            }
        }
    },
    {
        title: 'publish: goes to its address alone, whatever characters are in it',
        async run(open) {
            const backend = await open();
            const [a, b] = [backend.bus(), backend.bus()];
            const addresses = [
                'nodes',
                'node/1',
                'node/12',
                'session/*',
                'session/a',
                'session/aa',
                'session/?',
                'session/[a]',
                'SESSION/a'
            ];
            const listening = await Promise.all(addresses.map(address => listen(b, address)));
            for (const address of [...addresses, 'session/b', 'node', 'node/', '*']) {
                await a.publish(address, address);
            }
            await settled(a, b);
            expect(listening.map(({ heard }) => heard)).toEqual(addresses.map(address => [address]));
        }
    },
    {
        title: 'publish: a message arrives as it was, whatever is in it',
        async run(open) {
            const backend = await open();
            const [a, b] = [backend.bus(), backend.bus()];
            const messages = ['', ' ', 'é ☃ 😀', '\n\r\n\u0000"\\', '{"a":[1]}', '*', '1', 'x'.repeat(200_000)];
            const { hears } = await listen(b, 'node/b');
            for (const message of messages) {
                await a.publish('node/b', message);
            }
            await hears(...messages);
        }
    },
    {
        title: 'publish: where the bus can tell how many it reached, 0 is when nobody listens, and else each node counts',
        async run(open) {
            const backend = await open();
            const [a, b, c] = [backend.bus(), backend.bus(), backend.bus()];
            expect(await a.publish('nodes', 'nobody')).toBeOneOf([0, undefined]);
            const first = await listen(b, 'nodes');
            expect(await a.publish('nodes', 'one')).toBeOneOf([1, undefined]);
            const second = await listen(c, 'nodes');
            expect(await a.publish('nodes', 'two')).toBeOneOf([2, undefined]);
            expect(await a.publish('node/b', 'nobody')).toBeOneOf([0, undefined]);
            await first.subscription.close();
            await second.subscription.close();
            expect(await a.publish('nodes', 'nobody')).toBeOneOf([0, undefined]);
        }
    },
    {
        title: 'publish: no listener is called before it has returned',
        async run(open) {
            const backend = await open();
            const bus = backend.bus();
            let isPublishing = false;
            const during: boolean[] = [];
            const { hears } = await listen(bus, 'node/a', () => during.push(isPublishing));
            isPublishing = true;
            const published = bus.publish('node/a', '1');
            isPublishing = false;
            await published;
            await hears('1');
            expect(during).toEqual([false]);
        }
    },
    {
        title: 'publish: what is answered from within a listener gets through',
        async run(open) {
            const backend = await open();
            const [a, b] = [backend.bus(), backend.bus()];
            const failures: unknown[] = [];
            const answers = await listen(a, 'node/a');
            await listen(b, 'node/b', message => {
                b.publish('node/a', `answer to ${message}`).catch((error: unknown) => failures.push(error));
            });
            await a.publish('node/b', '1');
            await answers.hears('answer to 1');
            await a.publish('node/b', '2');
            await answers.hears('answer to 1', 'answer to 2');
            expect(failures).toEqual([]);
        }
    }
];
