import { InMemorySessionLock, type SessionLock } from '@mcp-sessions/core';
import { aRoundTrip, listOf } from '../saboteur.js';

/** Locks with one fault, and the clauses that must catch it. */
export interface LockSaboteur {
    readonly fault: string;
    readonly caughtBy: readonly string[];
    /** Makes the fault in locks that are right. Called once for all nodes; what it returns is called for each node. */
    readonly sabotage: (lock: SessionLock) => () => Partial<SessionLock>;
}

/** A saboteur whose nodes share the fault. */
function saboteur(fault: string, caughtBy: string | readonly string[], faults: (lock: SessionLock) => Partial<SessionLock>): LockSaboteur {
    return {
        fault,
        caughtBy: listOf(caughtBy),
        sabotage: lock => {
            const shared = faults(lock);
            return () => shared;
        }
    };
}

/** Locks that know names and holders by something else. */
const renamed = (nameOf: (name: string) => string, holderOf: (holder: string) => string) => (lock: SessionLock) => ({
    acquire: (name: string, holder: string, leaseMs: number) => lock.acquire(nameOf(name), holderOf(holder), leaseMs),
    renew: (name: string, holder: string, leaseMs: number) => lock.renew(nameOf(name), holderOf(holder), leaseMs),
    release: (name: string, holder: string) => lock.release(nameOf(name), holderOf(holder))
});

/** Tokens that are made from those that are right. */
const tokens = (change: (token: number, name: string) => number) => (lock: SessionLock) => ({
    acquire: async (name: string, holder: string, leaseMs: number) => {
        const token = await lock.acquire(name, holder, leaseMs);
        return token === null ? null : change(token, name);
    }
});

const same = (text: string) => text;
const forEver = 600_000;

/** Who holds a lock, as somebody knows who looked at all that was granted. */
function watching(lock: SessionLock) {
    const holders = new Map<string, string>();
    return {
        holderOf: (name: string) => holders.get(name),
        acquire: async (name: string, holder: string, leaseMs: number) => {
            const token = await lock.acquire(name, holder, leaseMs);
            if (token !== null) holders.set(name, holder);
            return token;
        }
    };
}

/** Locks that are wrong. */
export const lockSaboteurs: LockSaboteur[] = [
    saboteur(
        'a token is no whole number',
        'acquire: a lock that is free',
        tokens(token => token + 0.5)
    ),
    saboteur(
        'a token is too large to count on',
        'acquire: a lock that is free',
        tokens(token => token + Number.MAX_SAFE_INTEGER)
    ),
    {
        fault: 'each node has locks of its own',
        caughtBy: [
            'acquire: null when another holds',
            'acquire: of fifty that ask at once',
            'acquire: whoever takes turns',
            'whatever nodes do'
        ],
        sabotage: () => () => {
            const own = new InMemorySessionLock();
            return {
                acquire: (...args) => own.acquire(...args),
                renew: (...args) => own.renew(...args),
                release: (...args) => own.release(...args)
            };
        }
    },
    saboteur('whoever asks last holds the lock', 'acquire: null when another holds', lock => {
        const { holderOf, acquire } = watching(lock);
        return {
            acquire: async (name, holder, leaseMs) => {
                const before = holderOf(name);
                if (before !== undefined && before !== holder) await lock.release(name, before);
                return acquire(name, holder, leaseMs);
            }
        };
    }),
    saboteur('one that is refused makes the lease longer', 'acquire: one that is refused', lock => {
        const { holderOf, acquire } = watching(lock);
        return {
            acquire: async (name, holder, leaseMs) => {
                const token = await acquire(name, holder, leaseMs);
                if (token === null) await lock.renew(name, holderOf(name) ?? '', leaseMs);
                return token;
            }
        };
    }),
    saboteur('one that is refused makes the lease shorter', 'acquire: one that is refused', lock => {
        const { holderOf, acquire } = watching(lock);
        return {
            acquire: async (name, holder, leaseMs) => {
                const token = await acquire(name, holder, leaseMs);
                if (token === null && leaseMs < 100) await lock.renew(name, holderOf(name) ?? '', leaseMs);
                return token;
            }
        };
    }),
    saboteur('who holds the lock is looked up first', 'acquire: of fifty that ask at once', lock => {
        const { holderOf, acquire } = watching(lock);
        const released = new Set<string>();
        return {
            acquire: async (name, holder, leaseMs) => {
                const before = released.has(name) ? undefined : holderOf(name);
                await aRoundTrip();
                if (before !== undefined && before !== holder) return null;
                released.delete(name);
                await lock.release(name, holderOf(name) ?? '');
                return acquire(name, holder, leaseMs);
            },
            release: async (name, holder) => {
                const done = await lock.release(name, holder);
                if (done) released.add(name);
                return done;
            }
        };
    }),
    saboteur(
        'all tokens are alike',
        ['acquire: whoever takes turns', 'release: the lock is free at once'],
        tokens(() => 1)
    ),
    saboteur(
        'tokens become smaller',
        ['acquire: whoever takes turns', 'acquire: tokens grow', 'whatever nodes do'],
        tokens(token => 1_000_000 - token)
    ),
    saboteur('tokens begin again when a lease has run out', 'acquire: tokens grow', lock => {
        const counts = new Map<string, { first: number; isHeld: boolean }>();
        return {
            acquire: async (name, holder, leaseMs) => {
                const token = await lock.acquire(name, holder, leaseMs);
                if (token === null) return null;
                const count = counts.get(name);
                // Whoever was not released has run out.
                const first = count && !count.isHeld ? count.first : token;
                counts.set(name, { first, isHeld: true });
                return token - first + 1;
            },
            release: async (name, holder) => {
                const done = await lock.release(name, holder);
                const count = counts.get(name);
                if (done && count) count.isHeld = false;
                return done;
            }
        };
    }),
    saboteur('the holder cannot ask again', ['acquire: whoever holds the lock already', 'whatever nodes do'], lock => {
        const { holderOf, acquire } = watching(lock);
        return {
            acquire: async (name, holder, leaseMs) => (holderOf(name) === holder ? null : acquire(name, holder, leaseMs))
        };
    }),
    saboteur('each time that the holder asks is another grant', 'acquire: whoever holds the lock already', lock => {
        let last = 0;
        return tokens(() => ++last)(lock);
    }),
    saboteur('a lock is held as often as it was taken', 'acquire: whoever holds the lock already', lock => {
        const counts = new Map<string, number>();
        return {
            acquire: async (name, holder, leaseMs) => {
                const token = await lock.acquire(name, holder, leaseMs);
                if (token !== null) counts.set(name + holder, (counts.get(name + holder) ?? 0) + 1);
                return token;
            },
            release: async (name, holder) => {
                const count = counts.get(name + holder) ?? 0;
                counts.set(name + holder, count - 1);
                return count > 1 ? true : lock.release(name, holder);
            }
        };
    }),
    saboteur('the lease stays as it was when the holder asks again', 'acquire: by the holder starts the lease anew', lock => {
        const { holderOf, acquire } = watching(lock);
        const granted = new Map<string, number>();
        return {
            acquire: async (name, holder, leaseMs) => {
                if (holderOf(name) === holder) return granted.get(name) ?? null;
                const token = await acquire(name, holder, leaseMs);
                granted.set(name, token ?? 0);
                return token;
            }
        };
    }),
    saboteur(
        'names are cut',
        'names: any string',
        renamed(name => name.slice(0, 255), same)
    ),
    saboteur(
        'names are not told apart by case',
        'names: any string',
        renamed(name => name.toLowerCase(), same)
    ),
    saboteur(
        'names are trimmed',
        'names: any string',
        renamed(name => name.trim(), same)
    ),
    saboteur(
        'names end with the first zero',
        'names: any string',
        renamed(name => name.split('\0')[0] ?? '', same)
    ),
    saboteur(
        'names are normalised',
        'names: any string',
        renamed(name => name.normalize(), same)
    ),
    saboteur('an empty name is none', 'names: any string', lock => ({
        acquire: async (name, holder, leaseMs) => {
            if (name === '') throw new Error('a name is required');
            return lock.acquire(name, holder, leaseMs);
        }
    })),
    saboteur(
        'there is one lock',
        'names: any string',
        renamed(() => 'all', same)
    ),
    saboteur(
        'holders are not told apart by case',
        'holders: any string',
        renamed(same, holder => holder.toLowerCase())
    ),
    saboteur(
        'holders are cut',
        'holders: any string',
        renamed(same, holder => holder.slice(0, 255))
    ),
    saboteur(
        'holders are compared as numbers where they are some',
        'holders: any string',
        renamed(same, holder => (holder.trim() !== '' && !Number.isNaN(Number(holder)) ? String(Number(holder) + 0) : holder))
    ),
    saboteur('an empty holder is nobody', 'holders: any string', lock => ({
        acquire: async (name, holder, leaseMs) => (holder === '' ? null : lock.acquire(name, holder, leaseMs))
    })),
    saboteur('a renewal does nothing', ['renew: starts the lease anew', 'renew: with another lease'], () => ({ renew: async () => true })),
    saboteur('a lease is only ever made longer', ['renew: with another lease', 'acquire: by the holder starts the lease anew'], lock => {
        const longest = new Map<string, number>();
        const longer = (name: string, leaseMs: number) => {
            longest.set(name, Math.max(leaseMs, longest.get(name) ?? 0));
            return longest.get(name) ?? leaseMs;
        };
        return {
            acquire: (name, holder, leaseMs) => lock.acquire(name, holder, longer(name, leaseMs)),
            renew: (name, holder, leaseMs) => lock.renew(name, holder, longer(name, leaseMs))
        };
    }),
    saboteur('whoever asks renews the lock', 'renew: false when another holds', lock => {
        const { holderOf, acquire } = watching(lock);
        return { acquire, renew: (name, _, leaseMs) => lock.renew(name, holderOf(name) ?? '', leaseMs) };
    }),
    saboteur(
        'a renewal takes a lock that is free',
        ['renew: false when another holds', 'lease: one that ran out', 'whatever nodes do'],
        lock => ({
            renew: async (name, holder, leaseMs) => (await lock.acquire(name, holder, leaseMs)) !== null
        })
    ),
    saboteur('a renewal always succeeds', ['lease: a lock whose lease has run out', 'whatever nodes do'], lock => ({
        renew: async (name, holder, leaseMs) => {
            await lock.renew(name, holder, leaseMs);
            return true;
        }
    })),
    saboteur(
        'a lease never runs out',
        ['lease: a lock whose lease has run out', 'lease: one that ran out', 'acquire: tokens grow'],
        lock => ({
            acquire: (name, holder) => lock.acquire(name, holder, forEver),
            renew: (name, holder) => lock.renew(name, holder, forEver)
        })
    ),
    saboteur('who held the lock last can release it', ['lease: one that ran out', 'release: false when another holds'], lock => {
        const { holderOf, acquire } = watching(lock);
        return {
            acquire,
            release: async (name, holder) => {
                await lock.release(name, holder);
                return holderOf(name) === holder;
            }
        };
    }),
    saboteur(
        'a lock that was released is free when its lease has run out',
        ['release: the lock is free at once', 'whatever nodes do'],
        lock => {
            const released = new Set<string>();
            return {
                acquire: async (name, holder, leaseMs) => (released.has(name) ? null : lock.acquire(name, holder, leaseMs)),
                release: async (name, holder) => {
                    if (released.has(name) || !(await lock.renew(name, holder, forEver))) return false;
                    released.add(name);
                    return true;
                }
            };
        }
    ),
    saboteur('whoever asks releases the lock', ['release: false when another holds', 'whatever nodes do'], lock => {
        const { holderOf, acquire } = watching(lock);
        return { acquire, release: name => lock.release(name, holderOf(name) ?? '') };
    }),
    saboteur('a lease that is none is given for ever', 'acquire, renew: a lease that is no positive', lock => {
        const lease = (leaseMs: number) => (leaseMs > 0 && Number.isFinite(leaseMs) ? leaseMs : forEver);
        return {
            acquire: (name, holder, leaseMs) => lock.acquire(name, holder, lease(leaseMs)),
            renew: (name, holder, leaseMs) => lock.renew(name, holder, lease(leaseMs))
        };
    }),
    saboteur('a lease that is none is refused when the lock was taken', 'acquire, renew: a lease that is no positive', lock => ({
        acquire: async (name, holder, leaseMs) => {
            const isNone = !(leaseMs > 0 && Number.isFinite(leaseMs));
            const token = await lock.acquire(name, holder, isNone ? forEver : leaseMs);
            if (isNone) throw new RangeError('leaseMs');
            return token;
        }
    })),
    saboteur('a renewal takes any lease', 'acquire, renew: a lease that is no positive', lock => ({
        renew: (name, holder, leaseMs) => lock.renew(name, holder, leaseMs > 0 && Number.isFinite(leaseMs) ? leaseMs : forEver)
    })),
    saboteur('locks that are held are released with their node', 'close: may be repeated', lock => {
        const { holderOf, acquire } = watching(lock);
        return { acquire, close: async () => void (await lock.release('long', holderOf('long') ?? '')) };
    }),
    saboteur('locks are closed once only', 'close: may be repeated', () => {
        let isClosed = false;
        return {
            close: async () => {
                if (isClosed) throw new Error('closed already');
                isClosed = true;
            }
        };
    })
];
