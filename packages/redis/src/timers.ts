/** A timeout that does not keep the process alive. */
export function later(task: () => void, ms: number): ReturnType<typeof setTimeout> {
    const timer = setTimeout(task, ms);
    timer.unref?.();
    return timer;
}
