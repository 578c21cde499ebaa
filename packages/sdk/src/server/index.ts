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

export { InMemorySessionStore, SessionError, isSessionError } from '@mcp-sessions/core';
export type { InMemorySessionStoreOptions, SessionData, SessionErrorCode, SessionStorageMode, SessionStore } from '@mcp-sessions/core';
export { RedisSessionStore } from '@mcp-sessions/redis';
export type { RedisClient, RedisSessionStoreOptions, SessionLogger } from '@mcp-sessions/redis';
