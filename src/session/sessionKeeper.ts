import { toError } from '../errors.js';
import { every } from '../timers.js';
import type { SessionHost } from './sessionGate.js';

/** How often a busy session is looked after at least, which is also how soon an open stream learns of a DELETE elsewhere. */
const longestIntervalMs = 15_000;
const shortestIntervalMs = 100;

/**
 * Keeps a session in the store alive while a stream is open or a call runs: three times in its time to live, whatever
 * the client does. With this node the session ages again.
 */
export class SessionKeeper {
    private timer: ReturnType<typeof setInterval> | undefined;
    private stopped = false;
    private readonly intervalMs: number;

    constructor(
        ttlMs: number | undefined,
        private readonly host: Pick<SessionHost, 'isBusy' | 'report'>,
        private readonly extend: () => Promise<void>
    ) {
        this.intervalMs = Math.max(shortestIntervalMs, Math.min(longestIntervalMs, (ttlMs ?? Infinity) / 3));
    }

    /** Something happens: from now on it is looked whether it goes on. */
    wake(): void {
        if (this.timer === undefined && !this.stopped) {
            this.timer = every(() => this.look(), this.intervalMs);
        }
    }

    stop(): void {
        this.stopped = true;
        this.rest();
    }

    private look(): void {
        if (this.host.isBusy()) {
            this.extend().catch((error: unknown) => this.host.report(toError(error)));
        } else {
            this.rest();
        }
    }

    private rest(): void {
        clearInterval(this.timer);
        this.timer = undefined;
    }
}
