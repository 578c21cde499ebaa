/**
 * Locks that all nodes share. A lock is held for a lease: a holder that dies, or that does not renew in time, loses it to
 * the next one that asks. {@link withLock} waits, renews and releases; a backend only has these three steps.
 *
 * A name is any string, and so is a holder, which must be one that nobody else has. Names of different locks never touch
 * each other. An expected outcome is a value; a rejected promise means that the backend is out of order. Leases end by the
 * backend's own clock; one that is no positive number of milliseconds is refused with a RangeError.
 */
export interface SessionLock {
    /**
     * Takes the lock for `leaseMs` milliseconds if nobody holds it, atomically. The fencing token is a safe integer, larger
     * than that of any grant of this name before, also after a lease that ran out: whoever is given it can refuse a holder
     * that came too late. Null, and nothing changed, when another holds the lock. When `holder` holds it already, its lease
     * starts anew, with the same token.
     */
    acquire(name: string, holder: string, leaseMs: number): Promise<number | null>;

    /** Starts the lease anew. False, and nothing changed, when `holder` does not hold the lock (any more). */
    renew(name: string, holder: string, leaseMs: number): Promise<boolean>;

    /** Lets the lock go. False, and nothing changed, when `holder` does not hold it (any more). */
    release(name: string, holder: string): Promise<boolean>;

    /** Releases what the lock itself opened; locks that are held run out. May be called twice. */
    close?(): Promise<void>;
}
