/** A timeout that does not keep the process alive. */
export function later(task: () => void, ms: number): ReturnType<typeof setTimeout> {
    const timer = setTimeout(task, ms);
    timer.unref?.();
    return timer;
}

/** An interval that does not keep the process alive. */
export function every(task: () => void, ms: number): ReturnType<typeof setInterval> {
    const timer = setInterval(task, ms);
    timer.unref?.();
    return timer;
}
