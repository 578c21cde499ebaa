import {
    historyLogOptions,
    PollingBus,
    type HistoryLimits,
    type MessageBus,
    type PollingBusOptions,
    type SessionBackend
} from '@mcp-sessions/core';
import { UpstashEventLog, type UpstashEventLogOptions } from './eventLog.js';
import { UpstashMailbox } from './mailbox.js';
import { UpstashSessionLock } from './sessionLock.js';
import { UpstashSessionStore, type UpstashSessionStoreOptions } from './sessionStore.js';

/** `ttlSeconds` is that of the sessions; their logs live a third longer. Each poll is a command: see the intervals. */
export interface UpstashBackendOptions
    extends UpstashSessionStoreOptions,
        UpstashEventLogOptions,
        Pick<PollingBusOptions, 'minIntervalMs' | 'maxIntervalMs'> {
    /** Keep the messages of sessions, within these bounds. @default they are not kept */
    history?: HistoryLimits;
}

export interface UpstashBackend extends SessionBackend {
    readonly sessionStore: UpstashSessionStore;
    readonly eventLog: UpstashEventLog;
    readonly messageBus: MessageBus;
    readonly sessionLock: UpstashSessionLock;
    readonly historyLog?: UpstashEventLog | undefined;
}

/**
 * Sessions, streams and messages between nodes, all over one REST client of yours: spread it into the options of a transport.
 * Make one per process. It opens nothing, and polls only while something is pending.
 *
 * ```ts
 * const backend = createUpstashBackend({ redis: Redis.fromEnv() });
 * const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: () => randomUUID(), ...backend });
 * ```
 *
 * @throws RangeError if a number is not positive; TypeError without a client.
 */
export function createUpstashBackend({ minIntervalMs, maxIntervalMs, history, ...options }: UpstashBackendOptions): UpstashBackend {
    const sessionStore = new UpstashSessionStore(options);
    // A session's log is told a third of that time late, at most, that the session was used.
    const eventLog = new UpstashEventLog({ ...options, ttlSeconds: ((options.ttlSeconds ?? 3600) * 4) / 3 });
    const messageBus = new PollingBus(new UpstashMailbox(options), {
        ...(minIntervalMs !== undefined && { minIntervalMs }),
        ...(maxIntervalMs !== undefined && { maxIntervalMs }),
        onerror: error => options.logger?.warn(`mcp-sessions: Upstash could not be asked for messages; it is asked again: ${error.message}`)
    });
    const sessionLock = new UpstashSessionLock(options);
    const historyLog = history && new UpstashEventLog({ ...options, ...historyLogOptions(history) });
    return { sessionStore, eventLog, messageBus, sessionLock, ...(historyLog && { historyLog }), close: () => messageBus.close() };
}
