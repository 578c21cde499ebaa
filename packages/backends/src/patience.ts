/** The longest time that a timer takes, in milliseconds: one that is longer fires at once. */
export const longestTimerMs = 2 ** 31 - 1;

/** Between two tries to connect, in milliseconds: growing, with jitter, at most two seconds. */
export function backOff(attempt: number): number {
    return Math.min(2000, 50 * 2 ** Math.min(attempt, 10)) * (0.5 + Math.random() / 2);
}

/** How long a connection may take to come about, in milliseconds. */
export const connectTimeoutMs = 5000;

/**
 * How long a server may say nothing to what it was asked, in milliseconds; then it is asked on a new connection. A machine that
 * is lost breaks no connection, and the system takes a quarter of an hour to give one up.
 */
export const silenceTimeoutMs = 3000;

/** How often a server is asked whether it still lives, where the driver only looks at what comes, in milliseconds. */
export const pingIntervalMs = 1000;

/** How long what is under way may take when a client is closed, in milliseconds. */
export const closeTimeoutMs = 1000;

/** What `start` resolves to, or undefined when it takes longer. Afterwards no timer is left. */
export async function inTime<T>(ms: number, start: () => Promise<T>): Promise<T | undefined> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<undefined>(resolve => {
        timer = setTimeout(() => resolve(undefined), ms);
    });
    const work = start();
    // What fails after its time is over is nobody's.
    work.catch(() => undefined);
    try {
        return await Promise.race([work, late]);
    } finally {
        clearTimeout(timer);
    }
}
