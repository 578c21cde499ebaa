import { expect } from '../expect.js';
import { nth } from '../nth.js';
import { pause, waitFor } from '../waitFor.js';
import { longLeaseMs, shortLeaseMs, take, type LockClause } from './support.js';

/** How a lock is kept and how it ends. */
export const leaseClauses: LockClause[] = [
    {
        title: 'renew: starts the lease anew, on any node',
        async run(open) {
            const backend = await open();
            const nodes = [backend.lock(), backend.lock()];
            const other = backend.lock();
            // A pause that is too long, of this process or of its machine, makes a round void.
            for (let round = 1, isVoid = true; isVoid; round++) {
                expect(round, 'rounds in which nothing stalled').toBeBelow(10);
                isVoid = false;
                await take(nth(nodes, 0), `kept ${round}`, 'holder', shortLeaseMs);
                await take(nth(nodes, 0), `left ${round}`, 'holder', shortLeaseMs);
                let usedAt = performance.now();
                for (let turn = 0; (await other.acquire(`left ${round}`, 'other', longLeaseMs)) === null && !isVoid; turn++) {
                    const isHeld = await nth(nodes, turn % 2).renew(`kept ${round}`, 'holder', shortLeaseMs);
                    isVoid = performance.now() - usedAt > shortLeaseMs / 2;
                    expect(isHeld || isVoid, 'renewed in time').toBe(true);
                    usedAt = performance.now();
                    await pause(25);
                }
                const token = await other.acquire(`kept ${round}`, 'other', longLeaseMs);
                isVoid ||= performance.now() - usedAt > shortLeaseMs / 2;
                expect(isVoid ? null : token, 'a lock that was renewed, asked for by another').toBeNull();
            }
        }
    },
    {
        title: 'renew: with another lease than before',
        async run(open) {
            const backend = await open();
            const [a, b] = [backend.lock(), backend.lock()];
            await take(a, 'shorter', 'holder');
            expect(await a.renew('shorter', 'holder', shortLeaseMs), 'renewed').toBe(true);
            await waitFor(() => take(b, 'shorter', 'other'));
        }
    },
    {
        title: 'renew: false when another holds the lock, or nobody, and nothing changes',
        async run(open) {
            const backend = await open();
            const [a, b] = [backend.lock(), backend.lock()];
            expect(await a.renew('free', 'holder', longLeaseMs), 'a lock that nobody ever had').toBe(false);
            await take(b, 'free', 'other');
            await take(a, 'held', 'holder', shortLeaseMs);
            expect(await b.renew('held', 'other', longLeaseMs), 'renewed by another').toBe(false);
            await a.release('free', 'other');
            expect(await a.renew('free', 'other', longLeaseMs), 'a lock that was released').toBe(false);
            await take(b, 'free', 'next');
            await waitFor(() => take(b, 'held', 'next'));
        }
    },
    {
        title: 'lease: a lock whose lease has run out is free, and who held it has lost it',
        async run(open) {
            const backend = await open();
            const [a, b] = [backend.lock(), backend.lock()];
            await take(a, 'taken', 'holder', shortLeaseMs);
            await waitFor(() => take(b, 'taken', 'other'));
            expect(await a.renew('taken', 'holder', longLeaseMs), 'renewed too late').toBe(false);
            expect(await a.acquire('taken', 'holder', longLeaseMs), 'asked for again').toBeNull();
            expect(await a.release('taken', 'holder'), 'released too late').toBe(false);
            expect(await b.renew('taken', 'other', longLeaseMs), 'still held by the next').toBe(true);
        }
    },
    {
        title: 'lease: one that ran out is not renewed and not released, also when nobody took the lock since',
        async run(open) {
            const backend = await open();
            const [a, b] = [backend.lock(), backend.lock()];
            for (const [name, late] of [
                ['renewed', () => a.renew('renewed', 'holder', longLeaseMs)],
                ['released', () => a.release('released', 'holder')]
            ] as const) {
                await take(a, name, 'holder', shortLeaseMs);
                await take(b, `${name}: beside`, 'holder', shortLeaseMs);
                // The one beside began later, so this one has run out, too, and nobody has asked for it.
                await waitFor(() => take(b, `${name}: beside`, 'other'));
                expect(await late(), `${name} too late`).toBe(false);
                await take(b, name, 'other');
            }
        }
    },
    {
        title: 'release: the lock is free at once, for any node',
        async run(open) {
            const backend = await open();
            const [a, b] = [backend.lock(), backend.lock()];
            const first = await take(a, 'name', 'holder');
            expect(await a.release('name', 'holder'), 'released by its holder').toBe(true);
            const second = await take(b, 'name', 'other');
            expect(second, 'the next token').toBeAtLeast(first + 1);
            expect(await a.renew('name', 'holder', longLeaseMs), 'renewed after its release').toBe(false);
        }
    },
    {
        title: 'release: false when another holds the lock, or nobody, and nothing changes',
        async run(open) {
            const backend = await open();
            const [a, b] = [backend.lock(), backend.lock()];
            expect(await a.release('name', 'holder'), 'a lock that nobody ever had').toBe(false);
            const token = await take(a, 'name', 'holder');
            expect(await b.release('name', 'other'), 'released by another').toBe(false);
            expect(await b.acquire('name', 'other', longLeaseMs), 'asked for by another').toBeNull();
            expect(await a.acquire('name', 'holder', longLeaseMs), 'the token of the holder').toBe(token);
            expect(await a.release('name', 'holder'), 'released').toBe(true);
            expect(await a.release('name', 'holder'), 'released again').toBe(false);
        }
    },
    {
        title: 'close: may be repeated, and what is held stays held until its lease runs out',
        async run(open) {
            const backend = await open();
            const [a, b] = [backend.lock(), backend.lock()];
            await take(a, 'long', 'holder');
            await take(a, 'short', 'holder', shortLeaseMs);
            await a.close?.();
            await a.close?.();
            expect(await b.acquire('long', 'other', longLeaseMs), 'a lock of a node that has closed').toBeNull();
            await waitFor(() => take(b, 'short', 'other'));
        }
    }
];
