import type { HeldLock, WithLockOptions } from '../lock/withLock.js';
import { withLock } from '../lock/withLock.js';
import type { SessionLock } from '../ports/sessionLock.js';
import { checkedSize, sessionEnded } from './stateChecks.js';
import type { StateKeeper, StateValues } from './stateKeeper.js';

/** Values that live and die with their transport. */
export class MemoryState implements StateKeeper {
    private values: StateValues = {};
    private readonly lock = new OneHolder();
    private hasEnded = false;

    constructor(private readonly maxStateBytes: number) {}

    async read(): Promise<StateValues> {
        this.checkLife();
        // What is handed out may be changed by whoever gets it.
        return structuredClone(this.values);
    }

    async change(change: (values: StateValues) => StateValues | undefined): Promise<void> {
        this.checkLife();
        const next = change(structuredClone(this.values));
        this.values = next ? checkedSize(next, this.maxStateBytes) : this.values;
    }

    withLock<T>(work: (held: HeldLock) => Promise<T> | T, options?: WithLockOptions): Promise<T> {
        return withLock(this.lock, 'state', work, options);
    }

    end(): void {
        this.hasEnded = true;
        this.values = {};
    }

    private checkLife(): void {
        if (this.hasEnded) {
            throw sessionEnded();
        }
    }
}

/** The lock of one transport, whose holder cannot die without it: no lease runs out. */
class OneHolder implements SessionLock {
    private holder: string | undefined;
    private token = 0;

    async acquire(_name: string, holder: string): Promise<number | null> {
        if (this.holder !== undefined && this.holder !== holder) {
            return null;
        }
        if (this.holder === undefined) {
            this.holder = holder;
            this.token++;
        }
        return this.token;
    }

    async renew(_name: string, holder: string): Promise<boolean> {
        return this.holder === holder;
    }

    async release(_name: string, holder: string): Promise<boolean> {
        const held = this.holder === holder;
        this.holder = held ? undefined : this.holder;
        return held;
    }
}
