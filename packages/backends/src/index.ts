/**
 * The backend that the environment, or a URL, names.
 *
 * @module @mcp-sessions/backends
 */

export type { BackendKind, Environment } from './choice.js';
export type { RedisDetectionOptions } from './detectedRedis.js';
export type { BackendLogger } from './logger.js';
export type { ManagedSessionStore } from './managedSessionStore.js';
export { backendVariables, namedBackend, openClient, type NamedBackend, type OpenClientOptions, type OpenedClient } from './openClient.js';
export type { SessionBackendOptions } from './options.js';
export { isRedisAvailable, type RedisAvailabilityOptions } from './redisAvailability.js';
export { redisBackedServicesOf, registerRedisBackedServices, type RedisBackedServices } from './redisBackedServices.js';
export { createSessionBackend, type ChosenBackend } from './sessionBackend.js';
export { createMemorySessionStore, createSessionStore, type MemorySessionStoreOptions, type SessionStoreOptions } from './sessionStore.js';
export type { RedisBackedServicesOptions } from './sharedServices.js';
