import { createHash, randomUUID } from 'node:crypto';
import type { EventLog, SessionData, SessionLimits, SessionStore } from '@mcp-sessions/core';
import { migrate, PostgresEventLog, PostgresSessionStore, sweep } from '@mcp-sessions/postgres';
import type { Pool } from 'pg';
import { openPostgres, type Service } from '../../../../scripts/services.mjs';
import type { Backend, BackendKind, Calls, Kept, LogOptions } from './backend.js';
import { throughPort } from './redis.js';
import { StatementCounter } from './statementCounter.js';
import { testPool } from '../../../support/testPool.js';

const rowOf = (sessionId: string): string => createHash('sha256').update(sessionId).digest('base64url');

/** Our part of a Postgres: tables in a schema of its own. */
export class PostgresTestBackend implements Backend {
    readonly schema = `test_${randomUUID().replaceAll('-', '')}`;
    readonly pool: Pool;

    constructor(
        readonly service: Service,
        private readonly pushes: boolean
    ) {
        this.pool = testPool({ connectionString: service.url, max: 3 });
        // A connection that is lost is made anew with the next query.
    }

    get env(): Record<string, string> {
        return {
            STORE: 'postgres',
            // An empty one hides what the environment of the tests may have.
            REDIS_URL: '',
            POSTGRES_URL: this.service.url,
            SCHEMA: this.schema,
            PUSH: this.pushes ? '1' : '0',
            // A machine that is busy must not look like a database that is down.
            STORE_TIMEOUT_MS: '5000'
        };
    }

    async open(): Promise<this> {
        await this.pool.query(`CREATE SCHEMA ${this.schema}`);
        await migrate(this.pool, { schema: this.schema });
        return this;
    }

    get port(): number {
        return Number(new URL(this.service.url).port || 5432);
    }

    through(port: number): Record<string, string> {
        return { POSTGRES_URL: throughPort(this.service.url, port) };
    }

    sessionStore(limits: SessionLimits): SessionStore {
        return new PostgresSessionStore({ pool: this.pool, schema: this.schema, sweepSeconds: Infinity, ...limits });
    }

    eventLog(options: LogOptions = {}): EventLog {
        return new PostgresEventLog({ pool: this.pool, schema: this.schema, sweepSeconds: Infinity, ...options });
    }

    async record(sessionId: string): Promise<SessionData | undefined> {
        const row = await this.#row<{ data: string }>('SELECT data FROM $sessions WHERE id = $1 AND expires_at > now()', sessionId);
        return row && (JSON.parse(row.data) as SessionData);
    }

    async writeRecord(sessionId: string, data: SessionData & Record<string, unknown>): Promise<void> {
        const text = 'UPDATE $sessions SET data = $2, revision = $3 WHERE id = $1';
        await this.#row(text, sessionId, JSON.stringify(data), data.revision ?? 0);
    }

    async remainingMs(sessionId: string): Promise<number> {
        const text = 'SELECT extract(epoch FROM expires_at - now()) * 1000 AS ms FROM $sessions WHERE id = $1';
        return Number((await this.#row<{ ms: string }>(text, sessionId))?.ms ?? 0);
    }

    async expire(sessionId: string): Promise<void> {
        await this.#row('UPDATE $sessions SET expires_at = now() WHERE id = $1', sessionId);
    }

    async expireLogs(): Promise<void> {
        await this.#query('UPDATE $sessions_logs SET expires_at = now()');
    }

    async kept(): Promise<Kept> {
        const [row] = await this.#query<Record<'records' | 'logs' | 'ends' | 'total', string>>(`SELECT
            (SELECT count(*) FROM $sessions WHERE expires_at > now()) AS records,
            (SELECT count(*) FROM $sessions_logs WHERE expires_at > now() AND NOT dropped) AS logs,
            (SELECT count(*) FROM $sessions_logs AS l WHERE expires_at > now() AND dropped AND NOT EXISTS (
                SELECT FROM $sessions_events AS e WHERE e.log = l.no)) AS ends,
            (SELECT count(*) FROM $sessions) + (SELECT count(*) FROM $sessions_logs) + (SELECT count(*) FROM $sessions_events)
                + (SELECT count(*) FROM $sessions_streams) + (SELECT count(*) FROM $sessions_mail) + (SELECT count(*) FROM $sessions_locks)
                + (SELECT count(*) FROM $sessions_counts WHERE principal <> '') AS total`);
        const number = (name: 'records' | 'logs' | 'ends' | 'total') => Number(row?.[name] ?? 0);
        return {
            records: number('records'),
            logs: number('logs'),
            ends: number('ends'),
            immortal: await this.#immortal(),
            total: number('total')
        };
    }

    async sweep(): Promise<void> {
        await sweep({ pool: this.pool, schema: this.schema });
    }

    async clear(): Promise<void> {
        await this.#query('TRUNCATE $sessions, $sessions_counts, $sessions_logs, $sessions_events, $sessions_streams, $sessions_mail');
    }

    async count(): Promise<Calls> {
        const counter = await StatementCounter.start(this.service.url);
        return { env: { POSTGRES_URL: counter.url }, take: async () => counter.take(), stop: () => counter.stop() };
    }

    /** All nodes share one channel, whatever they listen to. */
    async listened(): Promise<undefined> {
        return undefined;
    }

    async close(): Promise<void> {
        await this.#query(`DROP SCHEMA ${this.schema} CASCADE`);
        await this.pool.end();
        await this.service.stop();
    }

    /** What no sweeper would ever find: rows without an end, and rows that belong to nothing. */
    async #immortal(): Promise<string[]> {
        const rows = await this.#query<{ name: string }>(`
            SELECT 'session ' || id AS name FROM $sessions WHERE expires_at IS NULL OR expires_at = 'infinity' OR sweep_at > expires_at
            UNION ALL SELECT 'log ' || id FROM $sessions_logs WHERE expires_at = 'infinity' OR sweep_at > expires_at
            UNION ALL SELECT 'event of ' || log FROM $sessions_events WHERE log NOT IN (SELECT no FROM $sessions_logs)
            UNION ALL SELECT 'stream of ' || log FROM $sessions_streams WHERE log NOT IN (SELECT no FROM $sessions_logs)
            UNION ALL SELECT 'mail of ' || address FROM $sessions_mail WHERE expires_at = 'infinity'`);
        return rows.map(({ name }) => name);
    }

    async #row<T>(text: string, sessionId: string, ...values: unknown[]): Promise<T | undefined> {
        return (await this.#query<T>(text, rowOf(sessionId), ...values))[0];
    }

    async #query<T>(text: string, ...values: unknown[]): Promise<T[]> {
        const sql = text.replaceAll('$sessions', `${this.schema}.mcp_sessions`);
        return (await this.pool.query(sql, values)).rows as T[];
    }
}

const open = async (pushes: boolean) => new PostgresTestBackend(await openPostgres(), pushes).open();

export const postgres: BackendKind<PostgresTestBackend> = { name: 'Postgres', pushes: true, open: () => open(true) };

export const postgresPolling: BackendKind<PostgresTestBackend> = {
    name: 'Postgres without push',
    pushes: false,
    open: () => open(false)
};
