import { historyLogOptions, type HistoryLimits } from '../ports/historyLimits.js';
import type { SessionBackend } from '../ports/sessionBackend.js';
import { InMemoryEventLog, type InMemoryEventLogOptions } from './eventLog.js';
import { InMemoryMessageBus } from './messageBus.js';
import { InMemorySessionLock } from './sessionLock.js';
import { InMemorySessionStore, type InMemorySessionStoreOptions } from './sessionStore.js';

export interface MemoryBackend extends SessionBackend {
    readonly sessionStore: InMemorySessionStore;
    readonly eventLog: InMemoryEventLog;
    readonly messageBus: InMemoryMessageBus;
    readonly sessionLock: InMemorySessionLock;
    readonly historyLog?: InMemoryEventLog | undefined;
    /**
     * Ends the part of this node in the cluster, its bus. Sessions stay for the nodes that share them, and go with the last
     * backend that does. May be called twice.
     */
    close(): Promise<void>;
}

/** `ttlSeconds` is that of the sessions and of their logs. */
export interface MemoryBackendOptions extends InMemorySessionStoreOptions, InMemoryEventLogOptions {
    /** The backend of another node in this process: this one serves the same sessions. Its options hold for both. */
    shareWith?: MemoryBackend;
    /** Keep the messages of sessions, within these bounds. @default they are not kept */
    history?: HistoryLimits;
}

/**
 * Sessions, streams and messages in this process. With `shareWith` several nodes share one memory, so that a cluster runs in
 * one process.
 *
 * @throws RangeError if an option is not a positive number.
 */
export function createMemoryBackend({ shareWith, history, ...options }: MemoryBackendOptions = {}): MemoryBackend {
    const messageBus = new InMemoryMessageBus(shareWith && { shareWith: shareWith.messageBus });
    const historyLog = shareWith ? shareWith.historyLog : history && new InMemoryEventLog(historyLogOptions(history));
    return {
        sessionStore: shareWith?.sessionStore ?? new InMemorySessionStore(options),
        // A session's log is told a third of that time late, at most, that the session was used.
        eventLog: shareWith?.eventLog ?? new InMemoryEventLog({ ...options, ttlSeconds: ((options.ttlSeconds ?? 3600) * 4) / 3 }),
        messageBus,
        sessionLock: shareWith?.sessionLock ?? new InMemorySessionLock(),
        ...(historyLog && { historyLog }),
        close: () => messageBus.close()
    };
}
