import { toError } from '../errors.js';
import type { Outcome } from '../cluster/clusterNode.js';
import { later } from '../timers.js';

/** How often the node that runs a request is asked whether it still does. */
const intervalMs = 1000;
/** How long it may fail to answer before it counts as dead: it may just be finding its connection again. */
const patienceMs = 4000;
/** What one question without an answer counts for at most: it may be this process that was held up. */
const longestSilenceMs = 3000;

export interface ProducerWatchSettings {
    /** Asks the node that runs the request. Rejects when it cannot be asked. */
    ask(): Promise<Outcome>;
    /** It runs on: from now on that node rings for each message. */
    onRunning(): void;
    /** It does not run there: the node has finished it or is dead. */
    onOver(): void;
    onerror(error: Error): void;
}

/** Watches, for a client that waits for the end of a request elsewhere, whether that will still come. */
export class ProducerWatch {
    private timer: ReturnType<typeof setTimeout> | undefined;
    private silentMs = 0;
    private stopped = false;

    constructor(private readonly settings: ProducerWatchSettings) {}

    start(): void {
        void this.look();
    }

    stop(): void {
        this.stopped = true;
        clearTimeout(this.timer);
    }

    private async look(): Promise<void> {
        let pauseMs = intervalMs;
        const askedAt = performance.now();
        try {
            const outcome = await this.settings.ask();
            const tookMs = performance.now() - askedAt;
            if (outcome === 'silent') {
                // That took its time already.
                pauseMs = 0;
            }
            if (this.stopped) {
                return;
            }
            if (outcome === 'yes') {
                this.silentMs = 0;
                this.settings.onRunning();
            } else {
                this.silentMs += Math.min(Math.max(tookMs, intervalMs), longestSilenceMs);
                if (outcome === 'no' || this.silentMs >= patienceMs) {
                    this.settings.onOver();
                }
            }
        } catch (error) {
            // An outage says nothing about that node.
            this.settings.onerror(toError(error));
        }
        if (!this.stopped) {
            this.timer = later(() => void this.look(), pauseMs);
        }
    }
}
