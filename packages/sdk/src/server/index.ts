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

export {
    InMemoryEventLog,
    InMemoryMessageBus,
    InMemorySessionStore,
    PollingBus,
    SessionError,
    createMemoryBackend,
    isSessionError
} from '@mcp-sessions/core';
export type {
    BusListener,
    BusSubscription,
    Claim,
    EventLog,
    InMemoryEventLogOptions,
    InMemoryMessageBusOptions,
    InMemorySessionStoreOptions,
    LogCursor,
    LogPage,
    LoggedEvent,
    Mail,
    Mailbox,
    MemoryBackend,
    MemoryBackendOptions,
    MessageBus,
    NewEvent,
    PollingBusOptions,
    SessionBackend,
    SessionData,
    SessionErrorCode,
    SessionStorageMode,
    SessionStore
} from '@mcp-sessions/core';
export { RedisEventLog, RedisMailbox, RedisMessageBus, RedisSessionStore, createRedisBackend } from '@mcp-sessions/redis';
export type {
    RedisBackend,
    RedisBackendOptions,
    RedisClient,
    RedisEventLogOptions,
    RedisMailboxOptions,
    RedisMessageBusOptions,
    RedisSessionStoreOptions,
    SessionLogger
} from '@mcp-sessions/redis';
