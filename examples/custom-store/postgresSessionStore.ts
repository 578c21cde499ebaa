import type { Pool } from 'pg';
import type { SessionData, SessionStore } from '@mcp-sessions/sdk/server';

/**
 * The table: run it once, for example with your other migrations. Expired rows are never read; delete them now and then
 * with `DELETE FROM mcp_session WHERE expires_at < now()`.
 */
export const CREATE_TABLE = `
    CREATE TABLE IF NOT EXISTS mcp_session (
        id text PRIMARY KEY,
        data json NOT NULL,
        expires_at timestamptz NOT NULL
    )`;

/** MCP sessions in a table of your own Postgres: the five methods that a store must have, and nothing else. */
export class PostgresSessionStore implements SessionStore {
    constructor(
        private readonly pool: Pool,
        private readonly ttlSeconds = 3600
    ) {}

    async storeSession(sessionId: string, data: SessionData): Promise<void> {
        await this.pool.query(
            `INSERT INTO mcp_session (id, data, expires_at) VALUES ($1, $2, now() + make_interval(secs => $3))
             ON CONFLICT (id) DO UPDATE SET data = excluded.data, expires_at = excluded.expires_at`,
            [sessionId, data, this.ttlSeconds]
        );
    }

    async getSession(sessionId: string): Promise<SessionData | null> {
        const { rows } = await this.pool.query<{ data: SessionData }>('SELECT data FROM mcp_session WHERE id = $1 AND expires_at > now()', [
            sessionId
        ]);
        return rows[0]?.data ?? null;
    }

    async updateSessionActivity(sessionId: string): Promise<void> {
        await this.pool.query(
            'UPDATE mcp_session SET expires_at = now() + make_interval(secs => $2) WHERE id = $1 AND expires_at > now()',
            [sessionId, this.ttlSeconds]
        );
    }

    async deleteSession(sessionId: string): Promise<void> {
        await this.pool.query('DELETE FROM mcp_session WHERE id = $1', [sessionId]);
    }

    async sessionExists(sessionId: string): Promise<boolean> {
        return (await this.getSession(sessionId)) !== null;
    }
}
