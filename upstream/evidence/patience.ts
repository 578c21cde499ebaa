import { setTimeout as delay } from 'node:timers/promises';

// Nothing here takes long; the bound is for a package or a machine that does something else.
const patienceMs = 60_000;

/** The value, or an error that says what did not come. */
export async function within<T>(promise: Promise<T>, what: string): Promise<T> {
    const enough = new AbortController();
    const late = delay(patienceMs, undefined, { signal: enough.signal }).then(
        () => Promise.reject(new Error(`Waited ${patienceMs / 1000} s in vain for ${what}.`)),
        () => new Promise<never>(() => undefined)
    );
    try {
        return await Promise.race([promise, late]);
    } finally {
        enough.abort();
    }
}

/** Asks again and again until the answer is a value. */
export async function until<T>(ask: () => Promise<T | undefined> | T | undefined, what: string): Promise<T> {
    const end = Date.now() + patienceMs;
    for (;;) {
        const value = await ask();
        if (value !== undefined) return value;
        if (Date.now() > end) throw new Error(`Waited ${patienceMs / 1000} s in vain for ${what}.`);
        await delay(5);
    }
}
