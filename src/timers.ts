/** The longest time that a timer takes, in milliseconds: one that is longer fires at once. */
export const longestTimerMs = 2 ** 31 - 1;

/** A timeout that does not keep the process alive. */
export function later(task: () => void, ms: number): ReturnType<typeof setTimeout> {
    return unref(setTimeout(task, ms));
}

/** An interval that does not keep the process alive. */
export function every(task: () => void, ms: number): ReturnType<typeof setInterval> {
    return unref(setInterval(task, ms));
}

/** Resolves after some time. Keeps the process alive: somebody waits for what comes next. */
export function pause(ms: number): Promise<void> {
    return new Promise(resolve => setTimeout(resolve, Math.max(0, ms)));
}

/**
 * Waits until something has come to anything, good or bad, but no longer than this. Never rejects.
 *
 * @param schedule sets the timer: `setTimeout` itself where the process must live until then.
 * @returns whether it came to anything in time.
 */
export function settled(something: Promise<unknown>, patienceMs: number, schedule: typeof later = later): Promise<boolean> {
    return new Promise(resolve => {
        const timer = schedule(() => resolve(false), patienceMs);
        const done = (): void => {
            clearTimeout(timer);
            resolve(true);
        };
        something.then(done, done);
    });
}

/** Runtimes other than Node have numbers for timers. */
function unref<T>(timer: T): T {
    (timer as { unref?: () => void }).unref?.();
    return timer;
}
