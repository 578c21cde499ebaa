import { randomUUID } from 'node:crypto';
import { PostgresSessionStore, StreamableHTTPServerTransport } from '@mcp-sessions/sdk/server';
// #region open
import { createPostgresBackend, migrate } from '@mcp-sessions/postgres';
import { Pool } from 'pg';
// #endregion open

export async function open() {
    // #region open
    const pool = new Pool({ connectionString: process.env.POSTGRES_URL });
    await migrate(pool); // when you deploy; any number of processes may

    const backend = createPostgresBackend({ pool, ttlSeconds: 3600 });

    new StreamableHTTPServerTransport({ sessionIdGenerator: () => randomUUID(), ...backend });
    // #endregion open
    return { pool, backend };
}

export function openStore(pool: Pool) {
    // #region store
    const sessionStore = new PostgresSessionStore({ pool, tableName: 'mcp_sessions', ttlSeconds: 3600 });
    // #endregion store
    return sessionStore;
}
