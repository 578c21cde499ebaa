/**
 * Sessions in Postgres, by `pg`.
 *
 * @module @mcp-sessions/postgres
 */

export { createPostgresBackend, type PostgresBackend, type PostgresBackendOptions } from './backend.js';
export type { ListeningClient, PostgresClient, PostgresPool, PostgresQuery, PostgresResult } from './client.js';
export type { DatabaseOptions, SessionLogger } from './database.js';
export { PostgresEventLog, type PostgresEventLogOptions } from './eventLog.js';
export type { LostPart } from './lostParts.js';
export { PostgresMailbox, type PostgresMailboxOptions } from './mailbox.js';
export { PostgresMessageBus, type PostgresMessageBusOptions } from './messageBus.js';
export { checkSchema, migrate, migrationSql } from './migrate.js';
export { PostgresSessionLock, type PostgresSessionLockOptions } from './sessionLock.js';
export { PostgresSessionStore, type PostgresSessionStoreOptions } from './sessionStore.js';
export { schemaReport, type SchemaReport } from './schemaReport.js';
export { sweep, type SweeperOptions } from './sweeper.js';
export type { TableOptions } from './tables.js';
