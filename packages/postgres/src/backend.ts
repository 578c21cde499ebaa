import { historyLogOptions, PollingBus, type HistoryLimits, type MessageBus, type SessionBackend } from '@mcp-sessions/core';
import type { ListeningClient } from './client.js';
import { PostgresEventLog, type PostgresEventLogOptions } from './eventLog.js';
import { PostgresMailbox } from './mailbox.js';
import { PostgresMessageBus } from './messageBus.js';
import { PostgresSessionLock } from './sessionLock.js';
import { PostgresSessionStore, type PostgresSessionStoreOptions } from './sessionStore.js';

/** `ttlSeconds` is that of the sessions and of their logs. */
export interface PostgresBackendOptions extends PostgresSessionStoreOptions, PostgresEventLogOptions {
    /**
     * How nodes hear of each other. True: by `LISTEN`, on a connection like those of the pool. A function: on a connection that it
     * makes, for a pool behind a pooler in transaction mode. False: they poll while something is pending, which is slower and
     * costs statements; all nodes must agree on that. @default true
     */
    listen?: boolean | (() => ListeningClient);
    /** How often the connection that listens is asked whether it still lives. @default 5000 */
    heartbeatMs?: number;
    /**
     * Whether statements are prepared, once for each connection. Not behind a pooler in transaction mode that does not know
     * prepared statements. @default false with `listen: false`, else true
     */
    prepare?: boolean;
    /** Keep the messages of sessions, within these bounds. @default they are not kept */
    history?: HistoryLimits;
}

export interface PostgresBackend extends SessionBackend {
    readonly sessionStore: PostgresSessionStore;
    readonly eventLog: PostgresEventLog;
    readonly messageBus: MessageBus;
    readonly sessionLock: PostgresSessionLock;
    readonly historyLog?: PostgresEventLog | undefined;
}

/**
 * Sessions, streams, messages between nodes and locks, all over one pool of yours: spread it into the options of a transport.
 * Run {@link migrate} once before. Make one backend per process, and call `close()` when the process is to end; the pool stays
 * open.
 *
 * ```ts
 * const backend = createPostgresBackend({ pool: new Pool({ connectionString: process.env.POSTGRES_URL }) });
 * const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: () => randomUUID(), ...backend });
 * ```
 *
 * @throws RangeError for a number that is not positive or a strange name; TypeError without a pool.
 */
export function createPostgresBackend({
    listen = true,
    prepare = listen !== false,
    history,
    ...rest
}: PostgresBackendOptions): PostgresBackend {
    const options = { ...rest, prepare };
    // One part sweeps for all.
    const others = { ...options, sweepSeconds: Infinity };
    const sessionStore = new PostgresSessionStore(options);
    // A session's log is told a third of that time late, at most, that the session was used.
    const eventLog = new PostgresEventLog({ ...others, ttlSeconds: ((options.ttlSeconds ?? 3600) * 4) / 3 });
    const messageBus = listen ? new PostgresMessageBus({ ...others, ...(listen !== true && { connect: listen }) }) : pollingBus(others);
    const sessionLock = new PostgresSessionLock(others);
    const historyLog = history && new PostgresEventLog({ ...others, ...historyLogOptions(history) });
    const close = async () => {
        await Promise.all([sessionStore.close(), eventLog.close(), historyLog?.close(), messageBus.close?.(), sessionLock.close()]);
    };
    return { sessionStore, eventLog, messageBus, sessionLock, ...(historyLog && { historyLog }), close };
}

function pollingBus(options: PostgresBackendOptions): PollingBus {
    return new PollingBus(new PostgresMailbox(options), {
        onerror: error =>
            options.logger?.warn(`mcp-sessions: Postgres could not be asked for messages; it is asked again: ${error.message}`)
    });
}
