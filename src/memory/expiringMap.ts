/** How many entries each write looks at for expired ones, so that abandoned ones do not stay for ever. */
const sweptPerWrite = 4;

interface Entry<V> {
    readonly value: V;
    expiresAt: number;
}

/** Values that live for a time after their last use. There is no timer: what has expired goes as others are written. */
export class ExpiringMap<V> {
    /** In order of last use, since every use moves an entry to the end. */
    private readonly entries = new Map<string, Entry<V>>();

    constructor(private readonly ttlMs: number) {}

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
        this.sweep();
    }

    /** Starts the value's time to live anew. Never creates. */
    touch(key: string): void {
        const entry = this.live(key);
        if (entry) {
            this.set(key, entry.value);
        }
    }

    delete(key: string): void {
        this.entries.delete(key);
    }

    clear(): void {
        this.entries.clear();
    }

    private live(key: string): Entry<V> | undefined {
        const entry = this.entries.get(key);
        if (entry && entry.expiresAt <= Date.now()) {
            this.entries.delete(key);
            return undefined;
        }
        return entry;
    }

    private sweep(): void {
        let looked = 0;
        for (const key of this.entries.keys()) {
            if (this.live(key) || ++looked >= sweptPerWrite) {
                return;
            }
        }
    }
}
