/**
 * Sessions in Upstash Redis or Vercel KV, by REST.
 *
 * @module @mcp-sessions/upstash
 */

export { createUpstashBackend, type UpstashBackend, type UpstashBackendOptions } from './backend.js';
export type { UpstashClient } from './client.js';
export { UpstashEventLog, type UpstashEventLogOptions } from './eventLog.js';
export { UpstashMailbox, type UpstashMailboxOptions } from './mailbox.js';
export { UpstashSessionLock, type UpstashSessionLockOptions } from './sessionLock.js';
export { UpstashSessionStore, type UpstashSessionStoreOptions } from './sessionStore.js';
