/**
 * What `@modelcontextprotocol/sdk/server` has, and the transports, the handler and all backends.
 *
 * @module @mcp-sessions/sdk/server
 */

export * from '@modelcontextprotocol/sdk/server/index.js';

export { StreamableHTTPServerTransport } from './streamableHttp.js';
export type { NodeServerTransport, StreamableHTTPServerTransportOptions } from './streamableHttp.js';
export { WebStandardStreamableHTTPServerTransport } from './webStandardStreamableHttp.js';
export type {
    EventId,
    EventStore,
    HandleRequestOptions,
    StreamId,
    WebStandardServerTransport,
    WebStandardStreamableHTTPServerTransportOptions
} from './webStandardStreamableHttp.js';
export type { StreamableHttpServerTransport } from './serverTransport.js';
export { createSessionHandler } from './sessionHandler.js';
export type { SdkServerFactory, SessionHandlerOptions } from './sessionHandler.js';

export {
    InMemoryEventLog,
    InMemoryMessageBus,
    InMemorySessionLock,
    InMemorySessionStore,
    PollingBus,
    SessionError,
    createMemoryBackend,
    encryptBackend,
    encryptEventLog,
    encryptMessageBus,
    encryptSessionStore,
    exportHistory,
    flushHistory,
    isSessionError,
    readHistory,
    sessionState,
    shutDown,
    shutdownOnSignals,
    watchCluster,
    withLock
} from '@mcp-sessions/core';
export type {
    BusListener,
    BusSubscription,
    Caller,
    Claim,
    ClusterNotifications,
    ClusterWatch,
    DiagnosticEvents,
    DropReason,
    EncryptionKey,
    EncryptionOptions,
    EventLog,
    FetchOptions,
    HandlerBackend,
    HandlerHealth,
    HeldLock,
    HistoryEnd,
    HistoryEntry,
    HistoryGap,
    HistoryLimits,
    HistoryMessage,
    HistoryOptions,
    HistoryTrimmed,
    InMemoryEventLogOptions,
    InMemoryMessageBusOptions,
    InMemorySessionStoreOptions,
    IncomingRequest,
    LimitVerdict,
    ListOptions,
    LogCursor,
    LogPage,
    LoggedEvent,
    Mail,
    Mailbox,
    MemoryBackend,
    MemoryBackendOptions,
    MessageBus,
    NewEvent,
    NodeState,
    PollingBusOptions,
    ReadHistoryOptions,
    RedactionContext,
    SessionBackend,
    SessionContext,
    SessionCreation,
    SessionData,
    SessionErrorCode,
    SessionHandler,
    SessionLimits,
    SessionLock,
    SessionPage,
    SessionState,
    SessionStorageMode,
    SessionStore,
    ShutdownOptions,
    WatchedEvent,
    WatchedNode,
    WatchedSession,
    WatchOptions,
    WithLockOptions
} from '@mcp-sessions/core';

export {
    createMemorySessionStore,
    createSessionBackend,
    createSessionStore,
    isRedisAvailable,
    redisBackedServicesOf,
    registerRedisBackedServices
} from '@mcp-sessions/backends';
export type {
    BackendKind,
    BackendLogger,
    ChosenBackend,
    Environment,
    ManagedSessionStore,
    MemorySessionStoreOptions,
    RedisAvailabilityOptions,
    RedisBackedServices,
    RedisBackedServicesOptions,
    RedisDetectionOptions,
    SessionBackendOptions,
    SessionStoreOptions
} from '@mcp-sessions/backends';

export { RedisEventLog, RedisMailbox, RedisMessageBus, RedisSessionLock, RedisSessionStore, createRedisBackend } from '@mcp-sessions/redis';
export type {
    RedisBackend,
    RedisBackendOptions,
    RedisClient,
    RedisEventLogOptions,
    RedisMailboxOptions,
    RedisMessageBusOptions,
    RedisSessionLockOptions,
    RedisSessionStoreOptions,
    SessionLogger
} from '@mcp-sessions/redis';

export {
    PostgresEventLog,
    PostgresMailbox,
    PostgresMessageBus,
    PostgresSessionLock,
    PostgresSessionStore,
    checkSchema,
    createPostgresBackend,
    migrate,
    migrationSql
} from '@mcp-sessions/postgres';
export type {
    PostgresBackend,
    PostgresBackendOptions,
    PostgresEventLogOptions,
    PostgresMailboxOptions,
    PostgresMessageBusOptions,
    PostgresPool,
    PostgresSessionLockOptions,
    PostgresSessionStoreOptions,
    TableOptions
} from '@mcp-sessions/postgres';

export { UpstashEventLog, UpstashMailbox, UpstashSessionLock, UpstashSessionStore, createUpstashBackend } from '@mcp-sessions/upstash';
export type {
    UpstashBackend,
    UpstashBackendOptions,
    UpstashClient,
    UpstashEventLogOptions,
    UpstashMailboxOptions,
    UpstashSessionLockOptions,
    UpstashSessionStoreOptions
} from '@mcp-sessions/upstash';
