import { withinDeadline } from '../deadline.js';
import { SessionError, toError } from '../errors.js';
import type { SessionLock } from '../ports/sessionLock.js';
import { requireNotNegative, requirePositive } from '../positiveOptions.js';
import { later, longestTimerMs } from '../timers.js';
import { waitForLock } from './waitForLock.js';

export interface WithLockOptions {
    /**
     * Milliseconds to wait for the lock before it is given up, also where the backend does not answer. With 0 it is asked
     * once, and has a third of the lease to answer. @default 30000
     */
    timeoutMs?: number;
    /** Milliseconds after which the lock of a holder that has died is free. It is renewed three times in it. @default 10000 */
    leaseMs?: number;
}

/** What the work under a lock is told. */
export interface HeldLock {
    /** Larger than that of every holder before: let what you write to refuse a smaller one than it has seen. */
    readonly fencingToken: number;
    /** Aborts when the lock is lost: it could not be renewed in time, and another may hold it by now. */
    readonly signal: AbortSignal;
}

/**
 * Runs `work` while this process, and no other, holds the lock of that name; releases it when the work has ended, however.
 *
 * ```ts
 * await withLock(backend.sessionLock, 'nightly-report', async ({ signal }) => writeReport({ signal }));
 * ```
 *
 * A lease cannot stop a process that stands still for longer than it: work that must not overlap at any price checks the
 * signal, or hands on the fencing token.
 *
 * @returns what the work returns.
 * @throws SessionError `LOCK_TIMEOUT` when the lock was not to be had in time; the backend's error when that is out of
 * order; what the work throws. RangeError for a `leaseMs` that is no positive number, or a `timeoutMs` that is negative or none.
 */
export async function withLock<T>(
    lock: SessionLock,
    name: string,
    work: (held: HeldLock) => Promise<T> | T,
    { timeoutMs = 30_000, leaseMs = 10_000 }: WithLockOptions = {}
): Promise<T> {
    requirePositive(leaseMs, 'leaseMs');
    requireNotNegative(timeoutMs, 'timeoutMs');
    const holder = crypto.randomUUID();
    const { fencingToken, validUntil } = await waitForLock(lock, name, holder, timeoutMs, leaseMs);
    const lost = new AbortController();
    const renewal = new Renewal(lock, name, holder, leaseMs, validUntil, lost);
    try {
        return await work({ fencingToken, signal: lost.signal });
    } finally {
        await renewal.end();
        // A lock that cannot be released now runs out by itself, and what the work has returned does not wait for it.
        await withinDeadline(patienceMs(leaseMs), () => lock.release(name, holder), 'lock').catch(() => false);
    }
}

/** Renews a lease until it is ended, and tells when it was lost. */
class Renewal {
    private timer: ReturnType<typeof setTimeout> | undefined;
    private renewing: Promise<void> = Promise.resolve();
    private hasEnded = false;

    constructor(
        private readonly lock: SessionLock,
        private readonly name: string,
        private readonly holder: string,
        private readonly leaseMs: number,
        /** By `performance.now()`; reckoned from when the lock was asked for. */
        private validUntil: number,
        private readonly lost: AbortController
    ) {
        this.wait();
    }

    /** Resolves when no renewal is under way. */
    async end(): Promise<void> {
        this.hasEnded = true;
        clearTimeout(this.timer);
        await this.renewing;
    }

    private wait(): void {
        if (!this.hasEnded) {
            const leftMs = this.validUntil - performance.now();
            this.timer = later(
                () => {
                    this.renewing = this.renew();
                },
                Math.min(patienceMs(this.leaseMs), leftMs)
            );
        }
    }

    private async renew(): Promise<void> {
        const asked = performance.now();
        const answerMs = Math.max(1, Math.min(patienceMs(this.leaseMs), this.validUntil - asked));
        try {
            if (!(await withinDeadline(answerMs, () => this.lock.renew(this.name, this.holder, this.leaseMs), 'lock'))) {
                this.lose(new SessionError('LOCK_LOST', 'The lock was not renewed in time, and is no longer held'));
                return;
            }
            this.validUntil = asked + this.leaseMs;
        } catch (error) {
            if (performance.now() >= this.validUntil) {
                this.lose(new SessionError('LOCK_LOST', 'The lock could not be renewed in time', { cause: toError(error) }));
                return;
            }
        }
        this.wait();
    }

    private lose(error: SessionError): void {
        if (!this.hasEnded) {
            this.lost.abort(error);
        }
    }
}

/** How long the backend may take to answer, and how often it is asked: three times in a lease. */
function patienceMs(leaseMs: number): number {
    return Math.min(leaseMs / 3, longestTimerMs);
}
