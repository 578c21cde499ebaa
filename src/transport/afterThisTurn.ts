/** What waits for the end of the turn. */
export interface Releasable {
    release(): void;
}

/** Runtimes without `setImmediate` do not wait. */
const schedule: (task: () => void) => void = globalThis.setImmediate ?? (task => task());

let waiting: Releasable[] = [];

/** Releases something when what is ready in this turn of the event loop has run. All that waits shares one task. */
export function afterThisTurn(item: Releasable): void {
    if (waiting.push(item) === 1) {
        schedule(releaseAll);
    }
}

function releaseAll(): void {
    const due = waiting;
    waiting = [];
    for (const item of due) {
        item.release();
    }
}
