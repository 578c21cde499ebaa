import { digest } from '../digest.js';
import type { SessionLock } from '../ports/sessionLock.js';

/** The lock, whose backend is given the digests of names in place of the names. */
export function hashedLock(lock: SessionLock): SessionLock {
    const { close } = lock;
    return {
        acquire: async (name, holder, leaseMs) => lock.acquire(await digest(name), holder, leaseMs),
        renew: async (name, holder, leaseMs) => lock.renew(await digest(name), holder, leaseMs),
        release: async (name, holder) => lock.release(await digest(name), holder),
        ...(close && { close: () => close.call(lock) })
    };
}
