import type { HeldLock, WithLockOptions } from '../lock/withLock.js';

/** All that tools keep of one session, by key. The values are JSON. */
export type StateValues = Readonly<Record<string, unknown>>;

/** Where the values of one session are kept. Every method rejects with `SESSION_ENDED` when the session is there no more. */
export interface StateKeeper {
    /** The values as they are now. */
    read(): Promise<StateValues>;

    /**
     * Replaces the values by what `change` makes of them, atomically; it is called again where somebody else was first, and
     * returns undefined for no change. What it throws is thrown, and nothing is changed.
     */
    change(change: (values: StateValues) => StateValues | undefined): Promise<void>;

    /** Runs `work` while nobody else does so for this session, on any node. */
    withLock<T>(work: (held: HeldLock) => Promise<T> | T, options?: WithLockOptions): Promise<T>;
}
