import { later } from '../timers.js';
/** The longest pause between polls that fail. */
const longestPauseMs = 5000;

/** Says when to poll next: soon while there is something to hear, seldom while it is silent. */
export class PollTimer {
    private timer: ReturnType<typeof setTimeout> | undefined;
    private dueAt = Infinity;
    private intervalMs: number;
    private failures = 0;

    constructor(
        private readonly minIntervalMs: number,
        private readonly maxIntervalMs: number,
        private readonly poll: () => void
    ) {
        this.intervalMs = minIntervalMs;
    }

    /** Whether the last poll failed. */
    get isFailing(): boolean {
        return this.failures > 0;
    }

    /** Something may come: the next poll is due soon, and no later than it was. */
    soon(): void {
        this.intervalMs = this.minIntervalMs;
        if (performance.now() + this.intervalMs < this.dueAt) {
            this.set(this.intervalMs);
        }
    }

    /** A poll was answered. */
    answered(wasSilent: boolean): void {
        this.failures = 0;
        this.intervalMs = wasSilent ? Math.min(this.intervalMs * 1.5, this.maxIntervalMs) : this.minIntervalMs;
        this.set(this.intervalMs);
    }

    /** A poll failed. Pauses differ from node to node, so that a backend that comes back is not asked by all at once. */
    failed(): void {
        const pauseMs = Math.min(this.minIntervalMs * 2 ** ++this.failures, longestPauseMs);
        this.set(pauseMs * (0.5 + Math.random() / 2));
    }

    /** There is nothing to poll for. */
    stop(): void {
        clearTimeout(this.timer);
        this.dueAt = Infinity;
        this.failures = 0;
        this.intervalMs = this.minIntervalMs;
    }

    /** A poll begins; what comes next is said by its outcome. */
    hold(): void {
        clearTimeout(this.timer);
        this.dueAt = -Infinity;
    }

    private set(ms: number): void {
        clearTimeout(this.timer);
        this.dueAt = performance.now() + ms;
        this.timer = later(this.poll, ms);
    }
}
