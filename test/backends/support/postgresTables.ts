import { migrate } from '@mcp-sessions/postgres';
import type { Pool } from 'pg';

let count = 0;

/** Makes tables of their own, for one test. */
export async function newTables(pool: Pool) {
    const names = { pool, schema: 'test', tableName: `b${++count}`, sweepSeconds: Infinity };
    await migrate(pool, names);
    return names;
}

/** The rows of a table of that schema. */
export async function countRows(pool: Pool, table: string): Promise<number> {
    return Number((await pool.query<{ n: string }>(`SELECT count(*) AS n FROM test.${table}`)).rows[0]?.n);
}

export const record = (sessionId: string, extra = {}) => ({
    ...{ sessionId, initialized: true, createdAt: 1, lastActivity: 1, revision: 1 },
    ...extra
});

export const event = (streamId: string, text: string) => ({
    streamId,
    message: { jsonrpc: '2.0' as const, method: 'x', params: { text } }
});
