import { expect } from '../expect.js';
import { nth } from '../nth.js';
import { waitFor } from '../waitFor.js';
import { longLeaseMs, shortLeaseMs, strangeStrings, take, type LockClause } from './support.js';

const range = (count: number) => Array.from({ length: count }, (_, index) => index);

/** What it means to take a lock. */
export const acquireClauses: LockClause[] = [
    {
        title: 'acquire: a lock that is free is granted, with a fencing token that is a safe integer',
        async run(open) {
            const lock = (await open()).lock();
            const token = await take(lock, 'name', 'a');
            expect(Number.isSafeInteger(token), `the token ${token} is a safe integer`).toBe(true);
        }
    },
    {
        title: 'acquire: null when another holds the lock, on any node, and nothing changes',
        async run(open) {
            const backend = await open();
            const [a, b] = [backend.lock(), backend.lock()];
            const token = await take(a, 'name', 'holder');
            for (const lock of [a, b, a, b]) {
                expect(await lock.acquire('name', 'other', longLeaseMs)).toBeNull();
            }
            expect(await b.renew('name', 'other', longLeaseMs), 'renewed by who was refused').toBe(false);
            expect(await b.release('name', 'other'), 'released by who was refused').toBe(false);
            expect(await b.acquire('name', 'holder', longLeaseMs), 'the token of the holder').toBe(token);
        }
    },
    {
        title: 'acquire: one that is refused does not touch the lease of the holder',
        async run(open) {
            const backend = await open();
            const [a, b] = [backend.lock(), backend.lock()];
            await take(a, 'long', 'holder');
            expect(await b.acquire('long', 'other', 1)).toBeNull();
            await take(a, 'short', 'holder', shortLeaseMs);
            // Asked all the time, with a lease that would keep the lock for ever.
            let asked = 0;
            await waitFor(async () => {
                const token = await b.acquire('short', `other ${asked++}`, longLeaseMs);
                expect(token, 'a lock whose lease has run out').not.toBeNull();
            });
            expect(await b.acquire('long', 'other', longLeaseMs), 'a lock that is held for long').toBeNull();
        }
    },
    {
        title: 'acquire: of fifty that ask at once, on two nodes, one gets the lock',
        async run(open) {
            const backend = await open();
            const nodes = [backend.lock(), backend.lock()];
            for (const round of range(3)) {
                const tokens = await Promise.all(
                    range(50).map(index => nth(nodes, index % 2).acquire(`name ${round}`, `holder ${index}`, longLeaseMs))
                );
                const granted = tokens.flatMap((token, index) => (token === null ? [] : [index]));
                expect(granted, 'who got the lock').toHaveLength(1);
                expect(await nth(nodes, 0).renew(`name ${round}`, `holder ${granted[0]}`, longLeaseMs), 'held by who got it').toBe(true);
            }
        }
    },
    {
        title: 'acquire: whoever takes turns is alone, and each grant has a larger token than all before',
        async run(open) {
            const backend = await open();
            const tokens: number[] = [];
            let inside = 0;
            await Promise.all(
                range(6).map(async index => {
                    const lock = backend.lock();
                    for (let turns = 0; turns < 5; ) {
                        const token = await lock.acquire('name', `holder ${index}`, longLeaseMs);
                        if (token !== null) {
                            turns++;
                            expect(++inside, 'holders at once').toBe(1);
                            tokens.push(token);
                            await lock.renew('name', `holder ${index}`, longLeaseMs);
                            inside--;
                            expect(await lock.release('name', `holder ${index}`), 'released by its holder').toBe(true);
                        }
                        await new Promise(resolve => setTimeout(resolve, 1 + index));
                    }
                })
            );
            expect(tokens, 'tokens in the order of the grants').toEqual([...new Set(tokens)].sort((a, b) => a - b));
            expect(tokens).toHaveLength(30);
        }
    },
    {
        title: 'acquire: tokens grow also over leases that ran out, on any node',
        async run(open) {
            const backend = await open();
            const [a, b] = [backend.lock(), backend.lock()];
            const tokens = [await take(a, 'name', 'first'), 0, 0, 0];
            await a.release('name', 'first');
            tokens[1] = await take(b, 'name', 'second', shortLeaseMs);
            for (const [index, lock] of [a, b].entries()) {
                tokens[index + 2] = await waitFor(() => take(lock, 'name', `holder ${index}`, shortLeaseMs));
            }
            expect(tokens, 'tokens in the order of the grants').toEqual([...new Set(tokens)].sort((one, other) => one - other));
        }
    },
    {
        title: 'acquire: whoever holds the lock already keeps it, with the same token, on any node',
        async run(open) {
            const backend = await open();
            const [a, b] = [backend.lock(), backend.lock()];
            const token = await take(a, 'name', 'holder');
            expect(await a.acquire('name', 'holder', longLeaseMs), 'the token of the same grant').toBe(token);
            expect(await b.acquire('name', 'holder', longLeaseMs), 'the token of the same grant').toBe(token);
            expect(await a.release('name', 'holder'), 'released once').toBe(true);
            // It was held once, however often it was asked for.
            expect(await take(b, 'name', 'other'), 'the token of the next grant').toBeAtLeast(token + 1);
        }
    },
    {
        title: 'acquire: by the holder starts the lease anew',
        async run(open) {
            const backend = await open();
            const [a, b] = [backend.lock(), backend.lock()];
            await take(a, 'longer', 'holder', shortLeaseMs);
            const longer = await a.acquire('longer', 'holder', longLeaseMs);
            await take(a, 'shorter', 'holder');
            await a.acquire('shorter', 'holder', shortLeaseMs);
            await waitFor(() => take(b, 'shorter', 'other'));
            if (longer !== null) {
                expect(await b.acquire('longer', 'other', longLeaseMs), 'a lock whose lease was made longer').toBeNull();
            }
        }
    },
    {
        title: 'names: any string is one, and different locks never touch each other',
        async run(open) {
            const backend = await open();
            const [a, b] = [backend.lock(), backend.lock()];
            for (const [index, name] of strangeStrings.entries()) {
                await take(a, name, `holder ${index}`);
            }
            for (const [index, name] of strangeStrings.entries()) {
                expect(await b.acquire(name, 'other', longLeaseMs), `the lock ${JSON.stringify(name)}, held`).toBeNull();
                expect(await b.release(name, `holder ${index}`), `the lock ${JSON.stringify(name)}, released`).toBe(true);
            }
        }
    },
    {
        title: 'holders: any string is one, and different holders are told apart',
        async run(open) {
            const backend = await open();
            const [a, b] = [backend.lock(), backend.lock()];
            for (const [index, holder] of strangeStrings.entries()) {
                const name = `name ${index}`;
                const token = await take(a, name, holder);
                // Those that are alike stand beside each other.
                for (const other of [...strangeStrings, ...strangeStrings].slice(index + 1, index + 6)) {
                    expect(await b.acquire(name, other, longLeaseMs), `asked by ${JSON.stringify(other)}`).toBeNull();
                }
                expect(await b.acquire(name, holder, longLeaseMs), `the token of ${JSON.stringify(holder)}`).toBe(token);
                expect(await b.release(name, holder), `released by ${JSON.stringify(holder)}`).toBe(true);
            }
        }
    },
    {
        title: 'acquire, renew: a lease that is no positive number is refused with a RangeError, and nothing changes',
        async run(open) {
            const backend = await open();
            const [a, b] = [backend.lock(), backend.lock()];
            for (const leaseMs of [0, -1, NaN, Infinity]) {
                await expectRangeError(() => a.acquire('free', 'holder', leaseMs), `acquire with a lease of ${leaseMs}`);
                const token = await take(b, 'free', 'other');
                await expectRangeError(() => b.renew('free', 'other', leaseMs), `renew with a lease of ${leaseMs}`);
                expect(await a.acquire('free', 'holder', longLeaseMs), 'a lock that is held').toBeNull();
                expect(await b.acquire('free', 'other', longLeaseMs), 'the token of the holder').toBe(token);
                expect(await b.release('free', 'other'), 'released by its holder').toBe(true);
            }
        }
    }
];

async function expectRangeError(call: () => Promise<unknown>, what: string): Promise<void> {
    const outcome = await call().then(
        () => 'fulfilled',
        (error: unknown) => (error instanceof Error ? error.name : 'a rejection that is no error')
    );
    expect(outcome, what).toBe('RangeError');
}
