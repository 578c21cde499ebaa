/** How many entries each write looks at for expired ones, so that abandoned ones do not stay for ever. */
const sweptPerWrite = 4;

interface Entry<V> {
    readonly value: V;
    expiresAt: number;
}

/** Values that live for a time after their last use. There is no timer: what has expired goes as others are written. */
export class ExpiringMap<V> {
    /** In the order in which they expire, since every use moves an entry to the end. */
    private readonly entries = new Map<string, Entry<V>>();

    /** @param onexpired is told of each value that has expired, when that is noticed. */
    constructor(
        private readonly ttlMs: number,
        private readonly onexpired?: (value: V) => void
    ) {}

    /** Of some it may not have been noticed yet that they have expired; see {@link purge}. */
    get size(): number {
        return this.entries.size;
    }

    /** Does not extend the value's life. */
    get(key: string): V | undefined {
        return this.live(key)?.value;
    }

    set(key: string, value: V): void {
        this.entries.delete(key);
        this.entries.set(key, { value, expiresAt: Date.now() + this.ttlMs });
        this.purge(sweptPerWrite);
    }

    /** Starts the value's time to live anew. Never creates. */
    touch(key: string): V | undefined {
        const value = this.get(key);
        if (value !== undefined) {
            this.set(key, value);
        }
        return value;
    }

    /** Removes the value, and returns it unless it had expired. */
    delete(key: string): V | undefined {
        const value = this.get(key);
        this.entries.delete(key);
        return value;
    }

    /** Removes what has expired, at most as many as given. */
    purge(most = Infinity): void {
        let removed = 0;
        for (const key of this.entries.keys()) {
            if (removed++ >= most || this.live(key)) {
                return;
            }
        }
    }

    private live(key: string): Entry<V> | undefined {
        const entry = this.entries.get(key);
        if (entry && entry.expiresAt <= Date.now()) {
            this.entries.delete(key);
            this.onexpired?.(entry.value);
            return undefined;
        }
        return entry;
    }
}
