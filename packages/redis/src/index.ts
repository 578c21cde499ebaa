/**
 * Sessions in Redis: one server, Cluster or Sentinel, by `ioredis` or `redis`.
 *
 * @module @mcp-sessions/redis
 */

export { createRedisBackend, type RedisBackend, type RedisBackendOptions } from './backend.js';
export type { RedisClient } from './client.js';
export type {
    ChannelSettings,
    EmbeddedScript,
    ListeningConnection,
    ListeningEvents,
    RedisChannels,
    RedisCommands,
    ScannedServer
} from './commands.js';
export { RedisEventLog, type RedisEventLogOptions } from './eventLog.js';
export { RedisMailbox, type RedisMailboxOptions } from './mailbox.js';
export { RedisMessageBus, type RedisMessageBusOptions } from './messageBus.js';
export { RedisSessionLock, type RedisSessionLockOptions } from './sessionLock.js';
export { RedisSessionStore, type RedisSessionStoreOptions, type SessionLogger } from './sessionStore.js';
