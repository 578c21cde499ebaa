import { setTimeout as after } from 'node:timers/promises';

/** Resolves when the signal comes, or has come. */
export function aborted(signal: AbortSignal): Promise<void> {
    return new Promise(resolve => {
        if (signal.aborted) {
            resolve();
        }
        signal.addEventListener('abort', () => resolve(), { once: true });
    });
}

/** Resolves after so many milliseconds, or when the signal comes. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
    // It rejects for nothing but the signal.
    await after(ms, undefined, { signal }).catch(() => undefined);
}
