export type { BackendKind, Environment } from './choice.js';
export type { BackendLogger } from './logger.js';
export type { ManagedSessionStore } from './managedSessionStore.js';
export { backendVariables, namedBackend, openClient, type NamedBackend, type OpenClientOptions, type OpenedClient } from './openClient.js';
export type { SessionBackendOptions } from './options.js';
export { isRedisAvailable, type RedisAvailabilityOptions } from './redisAvailability.js';
export { createSessionBackend, type ChosenBackend } from './sessionBackend.js';
export { createMemorySessionStore, createSessionStore, type MemorySessionStoreOptions, type SessionStoreOptions } from './sessionStore.js';
