import { withinDeadline } from '../deadline.js';
import { SessionError, toError } from '../errors.js';
import type { EventLog, NewEvent } from '../ports/eventLog.js';
import { later, pause, settled } from '../timers.js';
import { eventOf, gapOf, historyStream, type NewHistoryEntry, type Signature } from './entry.js';

/** What is written in one call at most: entries, and characters unless it is one entry. */
const maxBatch = 100;
const maxBatchSize = 1024 * 1024;
/** After how long a call counts as failed, and how much longer its outcome is waited for, in milliseconds. */
const slowMs = 1000;
const lateMs = 30_000;
/** Pauses between tries, in milliseconds, and for how long one batch is tried. */
const firstPauseMs = 250;
const longestPauseMs = 30_000;
const keepTryingMs = 600_000;
/** What is counted for a gap, in characters. */
const gapSize = 200;

/** What is to be written when its turn comes. */
export interface Noted {
    /** About how much memory it takes, in characters. */
    readonly size: number;
    readonly signature: Signature;
    /** Made once. Undefined for what is not kept. Must not throw. */
    entry(): NewHistoryEntry | undefined;
    report(error: Error): void;
}

/** What queues of one log share. */
export interface QueueHost {
    readonly log: EventLog;
    /** The session's history in the log. */
    name(): Promise<string>;
    /** Whether so much more may wait in this process. */
    hasRoom(size: number): boolean;
    /** So much more waits, or less. */
    waitingChanged(size: number): void;
    /** Whether the last write of any queue failed. */
    isFailing: boolean;
    /** Nothing waits any more. */
    onempty(): void;
}

/** Messages that were dropped, one after the other. */
class Gap implements Noted {
    readonly size = gapSize;
    readonly signature: Signature;
    readonly report: (error: Error) => void;

    /** @param first the first of them. */
    constructor(
        { signature, report }: Noted,
        public count: number
    ) {
        this.signature = signature;
        this.report = report;
    }

    entry(): NewHistoryEntry {
        return gapOf(this.signature, this.count, 'overflow');
    }
}

/**
 * What waits to be written of one session on this node, in its order. What comes while a write is under way shares the next
 * one. While the store is out of order it waits, within bounds; what is over them is counted, and told when the store is back.
 */
export class HistoryQueue {
    private waiting: Noted[] = [];
    private size = 0;
    private running: Promise<void> | undefined;
    private left: Promise<void> = Promise.resolve();
    private leave: () => void = () => undefined;

    constructor(private readonly host: QueueHost) {}

    /** @param maxWaiting how much may wait here. */
    add(noted: Noted, maxWaiting: number): void {
        const last = this.waiting.at(-1);
        if (this.size + noted.size <= maxWaiting && this.host.hasRoom(noted.size)) {
            this.push(noted);
        } else if (last instanceof Gap) {
            last.count++;
        } else {
            noted.report(failure('The store of the history does not keep up: messages are missing there', undefined));
            this.push(new Gap(noted, 1));
        }
        if (!this.running) {
            this.left = new Promise(resolve => (this.leave = resolve));
            this.running = this.writeAll();
        }
    }

    /** Resolves when all that waits is in the store, or when the store has failed to take it. */
    get told(): Promise<void> {
        return this.left;
    }

    /** Resolves when nothing waits any more, which may be never. */
    get over(): Promise<void> {
        return this.running ?? Promise.resolve();
    }

    private push(noted: Noted): void {
        this.waiting.push(noted);
        this.grow(noted.size);
    }

    private grow(size: number): void {
        this.size += size;
        this.host.waitingChanged(size);
    }

    /** Begins in a later turn: so the messages of a quick call share one write, and none of this holds up its answer. */
    private async writeAll(): Promise<void> {
        await pause(0);
        while (this.waiting.length > 0) {
            const batch = this.nextBatch();
            const entries = batch.map(noted => noted.entry()).filter(entry => entry !== undefined);
            const [first] = batch;
            if (first && entries.length > 0 && !(await this.write(entries, first))) {
                this.giveUp(first, entries);
            }
            this.grow(-sizeOf(batch));
        }
        this.running = undefined;
        this.leave();
        this.host.onempty();
    }

    private nextBatch(): Noted[] {
        let size = 0;
        let count = 0;
        for (const noted of this.waiting.slice(0, maxBatch)) {
            size += noted.size;
            if (count > 0 && size > maxBatchSize) {
                break;
            }
            count++;
        }
        return this.waiting.splice(0, count);
    }

    /** False when the store did not take them in a long time. */
    private async write(entries: readonly NewHistoryEntry[], { report }: Noted): Promise<boolean> {
        const events = entries.map((entry): NewEvent => ({ streamId: historyStream, message: eventOf(entry) }));
        const deadline = performance.now() + keepTryingMs;
        for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(longestPauseMs, pauseMs * 2)) {
            if (await this.tryToWrite(events, report)) {
                this.host.isFailing = false;
                return true;
            }
            if (performance.now() > deadline) {
                return false;
            }
            await new Promise<void>(resolve => {
                later(resolve, pauseMs * (0.5 + Math.random() / 2));
            });
        }
    }

    /** What was written although the store seemed to fail is written twice and read once: entries have numbers. */
    private async tryToWrite(events: readonly NewEvent[], report: (error: Error) => void): Promise<boolean> {
        const { log } = this.host;
        let call: Promise<unknown> | undefined;
        try {
            const name = await this.host.name();
            await withinDeadline(slowMs, () => (call = log.append(name, events)), 'log');
            return true;
        } catch (error) {
            this.leave();
            if (!this.host.isFailing) {
                this.host.isFailing = true;
                report(failure('The store of the history failed; what it is to keep waits in memory, and sessions go on', error));
            }
        }
        return call !== undefined && isDone(call);
    }

    private giveUp(first: Noted, entries: readonly NewHistoryEntry[]): void {
        const others = this.waiting.splice(0);
        this.grow(-sizeOf(others));
        first.report(failure('The store of the history has failed for long: what waited for it is lost', undefined));
        // When not even the gap could be written, nothing is left to tell.
        if (!(first instanceof Gap) || others.length > 0) {
            const lost = [...entries, ...others].reduce((sum, one) => sum + countOf(one), 0);
            this.push(new Gap(first, lost));
        }
    }
}

function sizeOf(noted: readonly Noted[]): number {
    return noted.reduce((sum, { size }) => sum + size, 0);
}

/** How many messages one stands for. */
function countOf(one: NewHistoryEntry | Noted): number {
    return 'count' in one && typeof one.count === 'number' ? one.count : 1;
}

/** Whether a call that seemed to fail is carried out after all. */
async function isDone(call: Promise<unknown>): Promise<boolean> {
    const outcome = call.then(
        () => true,
        () => false
    );
    return (await settled(outcome, lateMs)) && outcome;
}

function failure(message: string, error: unknown): SessionError {
    return new SessionError('HISTORY_FAILED', message, error === undefined ? {} : { cause: toError(error).cause ?? error });
}
