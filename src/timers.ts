/** A timeout that does not keep the process alive. */
export function later(task: () => void, ms: number): ReturnType<typeof setTimeout> {
    return unref(setTimeout(task, ms));
}

/** An interval that does not keep the process alive. */
export function every(task: () => void, ms: number): ReturnType<typeof setInterval> {
    return unref(setInterval(task, ms));
}

/** Runtimes other than Node have numbers for timers. */
function unref<T>(timer: T): T {
    (timer as { unref?: () => void }).unref?.();
    return timer;
}
