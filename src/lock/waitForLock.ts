import { SessionError } from '../errors.js';
import type { SessionLock } from '../ports/sessionLock.js';
import { longestTimerMs, pause } from '../timers.js';

/** Between two tries, in milliseconds: from the first to the second number, growing, with jitter. */
const firstPauseMs = 10;
const longestPauseMs = 250;
/** With less time left than that the backend is not asked again. */
const leastPatienceMs = 1;

export interface LockGrant {
    readonly fencingToken: number;
    /** By `performance.now()`. Counted from the question: when the backend granted it nobody here can tell. */
    readonly validUntil: number;
}

/**
 * Asks for a lock until it is granted with more than half of its lease ahead.
 *
 * @throws SessionError `LOCK_TIMEOUT` after `timeoutMs`, also where there is no answer; what the backend rejects with.
 */
export async function waitForLock(lock: SessionLock, name: string, holder: string, timeoutMs: number, leaseMs: number): Promise<LockGrant> {
    const deadline = performance.now() + (timeoutMs === 0 ? leaseMs / 3 : timeoutMs);
    let pauseMs = firstPauseMs;
    for (;;) {
        const asked = performance.now();
        const fencingToken = await ask(lock, name, holder, leaseMs, deadline - asked);
        const answered = performance.now();
        if (fencingToken !== null && answered - asked < leaseMs / 2) {
            return { fencingToken, validUntil: asked + leaseMs };
        }
        // A grant that came late is asked for anew: whoever holds the lock still is given a new lease at once.
        if (fencingToken === null && timeoutMs > 0) {
            await pause(Math.min(deadline - answered, pauseMs * (0.5 + Math.random())));
            pauseMs = Math.min(pauseMs * 2, longestPauseMs);
        }
        if (timeoutMs === 0 || deadline - performance.now() < leastPatienceMs) {
            if (fencingToken !== null) {
                letGo(lock, name, holder);
            }
            throw new SessionError('LOCK_TIMEOUT', `The lock was not to be had within ${timeoutMs} ms`);
        }
    }
}

/** @throws SessionError `LOCK_TIMEOUT` without an answer in time; should it be a grant all the same, it is given back. */
function ask(lock: SessionLock, name: string, holder: string, leaseMs: number, patienceMs: number): Promise<number | null> {
    return new Promise((resolve, reject) => {
        let isGivenUp = false;
        // It keeps the process alive: somebody waits for the lock.
        const timer = setTimeout(
            () => {
                isGivenUp = true;
                reject(new SessionError('LOCK_TIMEOUT', 'The lock was not to be had in time: its backend does not answer'));
            },
            Math.min(patienceMs, longestTimerMs)
        );
        new Promise<number | null>(settle => settle(lock.acquire(name, holder, leaseMs))).then(
            token => {
                clearTimeout(timer);
                resolve(token);
                if (isGivenUp && token !== null) {
                    letGo(lock, name, holder);
                }
            },
            (error: Error) => {
                clearTimeout(timer);
                reject(error);
            }
        );
    });
}

/** What cannot be given back runs out. */
function letGo(lock: SessionLock, name: string, holder: string): void {
    new Promise<boolean>(settle => settle(lock.release(name, holder))).catch(() => false);
}
