import { pause } from '../timers.js';
import { EntryWriter, type EntryWriterSettings } from './entryWriter.js';
import type { NewHistoryEntry } from './entry.js';
import { costOf, countOf, entryOf, failure, Gap, signatureOf, type Noted } from './noted.js';
import type { Room } from './room.js';

/** What is written in one call at most: entries, and characters unless it is one entry. */
const maxBatch = 100;
const maxBatchSize = 1024 * 1024;

export interface HistoryQueueSettings extends Omit<EntryWriterSettings, 'onfailed' | 'onturn'> {
    /** What queues of one log share. */
    readonly room: Room;
    /** Nothing waits any more. */
    onempty(): void;
}

/** Somebody waits for what was added up to here. */
interface Waiter {
    readonly upTo: number;
    readonly told: Promise<void>;
    tell(): void;
}

/**
 * What waits to be written of one session on this node, in its order. What comes while a write is under way shares the next
 * one. While the store is out of order it waits, within bounds; what is over them is counted, and told when the store is back.
 */
export class HistoryQueue {
    private readonly writer: EntryWriter;
    private waiting: Noted[] = [];
    /** What waits or is being written, as of {@link costOf}. */
    private cost = 0;
    private running: Promise<void> | undefined;
    /** How many were added, and how many of them are done with. */
    private added = 0;
    private done = 0;
    private waiters: Waiter[] = [];

    constructor(private readonly settings: HistoryQueueSettings) {
        const onturn = (isFailing: boolean): void => settings.room.turn(this.cost, isFailing);
        this.writer = new EntryWriter({ ...settings, onfailed: () => this.tell(this.added), onturn });
    }

    /** @param maxWaiting how much may wait here; one at least may. */
    add(noted: Noted, maxWaiting: number): void {
        const { room } = this.settings;
        const cost = costOf(noted);
        const last = this.waiting.at(-1);
        if ((this.cost === 0 || this.cost + cost <= maxWaiting) && room.has(cost, this.writer.hasFailed, this.writer.isAlone)) {
            this.push(noted);
        } else if (last instanceof Gap) {
            last.count++;
        } else {
            this.drop(noted);
        }
        this.running ??= this.writeAll();
    }

    /** Resolves when all that was added before now is in the store, or when the store fails to take it. */
    told(): Promise<void> {
        const last = this.waiters.at(-1);
        if (this.done === this.added || this.writer.isFailing) {
            return Promise.resolve();
        }
        if (last?.upTo === this.added) {
            return last.told;
        }
        let tell: () => void = () => undefined;
        const told = new Promise<void>(resolve => (tell = resolve));
        this.waiters.push({ upTo: this.added, told, tell });
        return told;
    }

    /** Resolves when nothing waits any more, which may be never. */
    get over(): Promise<void> {
        return this.running ?? Promise.resolve();
    }

    private drop(noted: Noted): void {
        const { room } = this.settings;
        if (room.hasForGap(this.writer.hasFailed)) {
            room.tellFull(noted.report);
            this.push(new Gap(noted, 1));
        } else {
            room.lose(noted);
        }
    }

    private push(noted: Noted): void {
        this.waiting.push(noted);
        this.added++;
        this.grow(costOf(noted));
    }

    private grow(cost: number): void {
        this.cost += cost;
        this.settings.room.change(cost, this.writer.hasFailed);
    }

    /** Begins in a later turn: so the messages of a quick call share one write, and none of this holds up its answer. */
    private async writeAll(): Promise<void> {
        try {
            await pause(0);
            while (this.waiting.length > 0) {
                const batch = this.nextBatch();
                try {
                    await this.write(batch);
                } finally {
                    this.finish(batch);
                }
            }
        } finally {
            this.running = undefined;
            this.settings.onempty();
        }
    }

    private async write(batch: readonly Noted[]): Promise<void> {
        const entries = batch.map(noted => entryOf(noted)).filter(entry => entry !== undefined);
        const [first] = batch;
        const rest = first ? await this.writer.write(entries, error => first.report(error)) : [];
        if (first && rest.length > 0) {
            this.giveUp(first, rest);
        }
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

    private giveUp({ report }: Noted, [first, ...more]: readonly NewHistoryEntry[]): void {
        const others = this.waiting.splice(0);
        this.finish(others);
        report(failure('The store of the history has failed for long: what waited for it is lost'));
        const lost = [...more, ...others];
        const isGap = first && 'reason' in first && first.reason === 'overflow';
        // When not even the gap could be written, nothing is left to tell.
        if (first && (!isGap || lost.length > 0)) {
            this.push(new Gap({ signature: signatureOf(first), report }, countOf([first, ...lost])));
        }
    }

    private finish(noted: readonly Noted[]): void {
        this.grow(-costOf(...noted));
        this.done += noted.length;
        this.tell(this.done);
    }

    private tell(upTo: number): void {
        const told = this.waiters.filter(waiter => waiter.upTo <= upTo);
        this.waiters = this.waiters.slice(told.length);
        told.forEach(waiter => waiter.tell());
    }
}
