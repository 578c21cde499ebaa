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

/** What `work` resolves to; where it takes longer than that, what `late` returns or throws. Afterwards no timer is left. */
export async function inTime<T>(ms: number, work: Promise<T>, late: () => T): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const over = new Promise<void>(resolve => {
        timer = setTimeout(resolve, ms);
    });
    // What fails after its time is over is nobody's.
    work.catch(() => undefined);
    try {
        return await Promise.race([work, over.then(late)]);
    } finally {
        clearTimeout(timer);
    }
}
