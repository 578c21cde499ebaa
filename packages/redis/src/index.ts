export { RedisSessionStore, type RedisSessionStoreOptions, type SessionLogger } from './sessionStore.js';
export type { RedisClient } from './client.js';
