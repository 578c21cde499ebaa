/**
 * Names for calls that change something. A client that loses its connection sends what was not answered once more, though
 * it may have been done; by its name a script knows such a call again.
 */
export class CallNames {
    private readonly name = crypto.randomUUID().slice(0, 13);
    private readonly busy = new Map<string, Set<number>>();
    private calls = 0;

    next(): string {
        return (this.calls++).toString(36);
    }

    /** A name of its own: two processes never share one. */
    unique(): string {
        return `${this.name}.${this.next()}`;
    }

    /**
     * Runs a call as one of those that make at most one call at a time, so that it is enough to remember the last call of
     * each. Calls to one place that are made at the same time get different callers.
     */
    async withCaller<T>(place: string, call: (caller: string) => Promise<T>): Promise<T> {
        const busy = this.busy.get(place) ?? new Set();
        this.busy.set(place, busy);
        let number = 0;
        while (busy.has(number)) {
            number++;
        }
        busy.add(number);
        try {
            return await call(`${this.name}.${number}`);
        } finally {
            busy.delete(number);
            if (busy.size === 0) {
                this.busy.delete(place);
            }
        }
    }
}
