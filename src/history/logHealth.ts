import { later } from '../timers.js';

/** Pauses between tries, in milliseconds: of all that a log fails, and of one that fails alone, of which there may be many. */
const firstPauseMs = 250;
const longestPauseMs = 5000;
const longestAloneMs = 30_000;
/** How many may try at once when the log works again; each that succeeds wakes one more. */
const wokenAtOnce = 20;

interface Sleeper {
    /** It has tried, and failed. */
    readonly hasFailed: boolean;
    /** When it wants to be woken at the latest, as of `performance.now()`. */
    readonly until: number;
    wake(): void;
}

/** Whether a log works. While it does not, one at a time tries it, after ever longer pauses, and the others sleep. */
export class LogHealth {
    /** How often anything was written. */
    successes = 0;
    private failing = false;
    private pauseMs = firstPauseMs;
    private timer: ReturnType<typeof later> | undefined;
    private readonly sleepers = new Set<Sleeper>();
    private readonly loners = new Set<() => void>();

    get isFailing(): boolean {
        return this.failing;
    }

    succeeded(): void {
        this.successes++;
        this.pauseMs = firstPauseMs;
        let toWake = this.failing ? wokenAtOnce : 1;
        this.failing = false;
        for (const sleeper of this.sleepers) {
            this.wake(sleeper);
            if (--toWake === 0) {
                break;
            }
        }
    }

    /** @returns whether the log is not known yet to fail. */
    failed(): boolean {
        const isNew = !this.failing;
        this.failing = true;
        return isNew;
    }

    /** Resolves when it is the caller's turn to try. Those that have not tried yet go first. */
    sleep(hasFailed: boolean, until: number): Promise<void> {
        return new Promise(resolve => {
            this.sleepers.add({ hasFailed, until, wake: resolve });
            this.arm();
        });
    }

    /** For one that fails while others do not. */
    sleepAlone(failures: number): Promise<void> {
        return new Promise(resolve => {
            const wake = (): void => {
                clearTimeout(timer);
                this.loners.delete(wake);
                resolve();
            };
            const timer = later(wake, jittered(Math.min(longestAloneMs, firstPauseMs * 2 ** Math.min(failures, 10))));
            this.loners.add(wake);
        });
    }

    /** Everybody tries now. */
    wakeAll(): void {
        [...this.sleepers].forEach(sleeper => this.wake(sleeper));
        [...this.loners].forEach(wake => wake());
    }

    private wake(sleeper: Sleeper): void {
        this.sleepers.delete(sleeper);
        sleeper.wake();
    }

    private arm(): void {
        this.timer ??= later(() => {
            this.timer = undefined;
            this.pauseMs = Math.min(longestPauseMs, this.pauseMs * 2);
            this.wakeNext();
            if (this.sleepers.size > 0) {
                this.arm();
            }
        }, jittered(this.pauseMs));
    }

    private wakeNext(): void {
        const now = performance.now();
        const all = [...this.sleepers];
        const next = all.find(({ hasFailed }) => !hasFailed) ?? all[0];
        all.filter(sleeper => sleeper === next || sleeper.until < now).forEach(sleeper => this.wake(sleeper));
    }
}

function jittered(ms: number): number {
    return ms * (0.5 + Math.random() / 2);
}
