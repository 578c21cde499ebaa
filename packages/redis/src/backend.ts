import { historyLogOptions, PollingBus, type HistoryLimits, type MessageBus, type SessionBackend } from '@mcp-sessions/core';
import { RedisEventLog, type RedisEventLogOptions } from './eventLog.js';
import { RedisMailbox } from './mailbox.js';
import { RedisMessageBus, type RedisMessageBusOptions } from './messageBus.js';
import { RedisSessionLock } from './sessionLock.js';
import { RedisSessionStore, type RedisSessionStoreOptions } from './sessionStore.js';

/** `ttlSeconds` is that of the sessions and of their logs. */
export interface RedisBackendOptions extends RedisSessionStoreOptions, RedisEventLogOptions, RedisMessageBusOptions {
    /**
     * Whether nodes hear of each other by pub/sub. Set it to false, on all nodes, where a proxy in front of Redis does not
     * let that through: then they poll while something is pending, which is slower and costs calls. @default true
     */
    push?: boolean;
    /** Keep the messages of sessions, within these bounds. @default they are not kept */
    history?: HistoryLimits;
}

export interface RedisBackend extends SessionBackend {
    readonly sessionStore: RedisSessionStore;
    readonly eventLog: RedisEventLog;
    readonly messageBus: MessageBus;
    readonly sessionLock: RedisSessionLock;
    readonly historyLog?: RedisEventLog | undefined;
}

/**
 * Sessions, streams, messages between nodes and locks, all over one Redis client of yours: spread it into the options of a
 * transport. Make one per process, and call `close()` when the process is to end; the client stays open.
 *
 * ```ts
 * const backend = createRedisBackend({ redis: new Redis(process.env.REDIS_URL) });
 * const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: () => randomUUID(), ...backend });
 * ```
 *
 * @throws RangeError if a number is not positive; TypeError without a client.
 */
export function createRedisBackend({ push = true, history, ...options }: RedisBackendOptions): RedisBackend {
    const sessionStore = new RedisSessionStore(options);
    // A session's log is told a third of that time late, at most, that the session was used.
    const eventLog = new RedisEventLog({ ...options, ttlSeconds: ((options.ttlSeconds ?? 3600) * 4) / 3 });
    const messageBus = push ? new RedisMessageBus(options) : pollingBus(options);
    const historyLog = history && new RedisEventLog({ ...options, ...historyLogOptions(history) });
    const sessionLock = new RedisSessionLock(options);
    return { sessionStore, eventLog, messageBus, sessionLock, ...(historyLog && { historyLog }), close: () => messageBus.close() };
}

function pollingBus(options: RedisBackendOptions): PollingBus {
    return new PollingBus(new RedisMailbox(options), {
        onerror: error => options.logger?.warn(`mcp-sessions: Redis could not be asked for messages; it is asked again: ${error.message}`)
    });
}
