import type { EventLog } from '../ports/eventLog.js';
import { settled } from '../timers.js';
import { historyNameOf } from './entry.js';
import { HistoryQueue } from './historyQueue.js';
import { LogHealth } from './logHealth.js';
import type { Noted } from './noted.js';
import { Room } from './room.js';

/** How long a process that ends waits for the history's store, in milliseconds. */
export const defaultFlushMs = 2000;

/** Writes histories to one log: whatever transports serve a session here, what is noted of it is written in its order. */
export class HistoryWriter {
    private readonly queues = new Map<string, HistoryQueue>();
    private readonly health = new LogHealth();
    private readonly room = new Room();

    private static readonly byLog = new WeakMap<EventLog, HistoryWriter>();

    static on(log: EventLog): HistoryWriter {
        let writer = HistoryWriter.byLog.get(log);
        if (!writer) {
            writer = new HistoryWriter(log);
            HistoryWriter.byLog.set(log, writer);
        }
        return writer;
    }

    private constructor(private readonly log: EventLog) {}

    /** Puts it behind all that waits of the session. The promise is that of {@link HistoryQueue.told}. */
    add(sessionId: string, noted: Noted, maxWaiting: number): Promise<void> {
        const queue = this.queues.get(sessionId) ?? this.begin(sessionId);
        if (!queue) {
            this.room.lose(noted);
            return Promise.resolve();
        }
        queue.add(noted, maxWaiting);
        return queue.told();
    }

    /** Resolves when all that waits is in the store, or after so many milliseconds. Until then the process lives. */
    async flush(timeoutMs: number): Promise<void> {
        const queues = [...this.queues.values()];
        if (queues.length > 0) {
            this.health.wakeAll();
            await settled(Promise.all(queues.map(queue => queue.over)), Math.max(0, timeoutMs), setTimeout);
        }
    }

    /**
     * Resolves when all that was added before now is in the store, when the store fails to take it, or after so many milliseconds.
     * No try is made for it before its time. Until then the process lives.
     */
    async written(timeoutMs: number): Promise<void> {
        const told = [...this.queues.values()].map(queue => queue.told());
        if (told.length > 0) {
            await settled(Promise.all(told), timeoutMs, setTimeout);
        }
    }

    /** Undefined where no more sessions can have anything waiting. */
    private begin(sessionId: string): HistoryQueue | undefined {
        const { log, health, room, queues } = this;
        if (!room.beginQueue()) {
            return undefined;
        }
        let name: Promise<string> | undefined;
        const onempty = (): void => {
            queues.delete(sessionId);
            room.endQueue();
        };
        const queue = new HistoryQueue({ log, health, room, name: () => (name ??= historyNameOf(sessionId)), onempty });
        queues.set(sessionId, queue);
        return queue;
    }
}

/**
 * Resolves when all that waits in this process for a history's log is in its store, or after so many milliseconds; what waits for
 * a store that failed is tried once more at once. Until then the process lives. The handler does it when it closes; with
 * transports of your own, call it before the process exits.
 *
 * @default timeoutMs 2000
 */
export function flushHistory(log: EventLog, timeoutMs = defaultFlushMs): Promise<void> {
    return HistoryWriter.on(log).flush(timeoutMs);
}
