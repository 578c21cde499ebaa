import type { EventLog } from '../ports/eventLog.js';
import { settled } from '../timers.js';
import { historyNameOf } from './entry.js';
import { HistoryQueue, type Noted } from './historyQueue.js';

/** What may wait in this process of all sessions together, in characters of JSON. */
const maxWaitingInAll = 64 * 1024 * 1024;
/** How long a process that ends waits for the history's store, in milliseconds. */
export const defaultFlushMs = 2000;

/** Writes histories to one log: whatever transports serve a session here, what is noted of it is written in its order. */
export class HistoryWriter {
    private readonly queues = new Map<string, HistoryQueue>();
    private readonly state = { waiting: 0, isFailing: false };

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

    /** Puts it behind all that waits of the session. The promise is {@link HistoryQueue.told}. */
    add(sessionId: string, noted: Noted, maxWaiting: number): Promise<void> {
        const queue = this.queues.get(sessionId) ?? this.begin(sessionId);
        queue.add(noted, maxWaiting);
        return queue.told;
    }

    /** Resolves when all that waits is in the store, or after so many milliseconds. */
    async flush(timeoutMs: number): Promise<void> {
        const queues = [...this.queues.values()];
        if (queues.length > 0) {
            await settled(Promise.all(queues.map(queue => queue.over)), timeoutMs);
        }
    }

    private begin(sessionId: string): HistoryQueue {
        const { log, state, queues } = this;
        let name: Promise<string> | undefined;
        const queue: HistoryQueue = new HistoryQueue({
            log,
            name: () => (name ??= historyNameOf(sessionId)),
            hasRoom: size => state.waiting + size <= maxWaitingInAll,
            waitingChanged: size => (state.waiting += size),
            get isFailing() {
                return state.isFailing;
            },
            set isFailing(isFailing) {
                state.isFailing = isFailing;
            },
            onempty: () => {
                if (queues.get(sessionId) === queue) {
                    queues.delete(sessionId);
                }
            }
        });
        queues.set(sessionId, queue);
        return queue;
    }
}

/**
 * Resolves when all that waits in this process for a history's log is in its store, or after so many milliseconds. The handler
 * does it when it closes; with transports of your own, call it before the process exits.
 *
 * @default timeoutMs 2000
 */
export function flushHistory(log: EventLog, timeoutMs = defaultFlushMs): Promise<void> {
    return HistoryWriter.on(log).flush(timeoutMs);
}
