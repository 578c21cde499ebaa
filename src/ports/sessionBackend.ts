import type { EventLog } from './eventLog.js';
import type { MessageBus } from './messageBus.js';
import type { SessionLock } from './sessionLock.js';
import type { SessionStore } from './sessionStore.js';

/**
 * All that a cluster shares, from one connection: spread it into the options of a transport. One per process, since its
 * bus stands for this node; any number of transports of the process may use it.
 */
export interface SessionBackend {
    readonly sessionStore: SessionStore;
    readonly eventLog: EventLog;
    readonly messageBus: MessageBus;
    readonly sessionLock: SessionLock;
    /** Where the messages of sessions are kept for good, under bounds of its own; absent: nowhere. See `readHistory`. */
    readonly historyLog?: EventLog | undefined;
    /** Closes all of them and what they opened; a client that the backend was given stays open. May be called twice. */
    close(): Promise<void>;
}
