import { randomUUID } from 'node:crypto';
import { customStoreContract, testContract } from '@mcp-sessions/testkit';
import type { Pool } from 'pg';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { CREATE_TABLE, PostgresSessionStore } from '../../examples/custom-store/postgresSessionStore.js';
import { openPostgres, type Service } from '../../scripts/services.mjs';
import { testPool } from '../support/testPool.js';

let postgres: Service;
beforeAll(async () => {
    postgres = await openPostgres({ say: () => undefined });
});
afterAll(() => postgres.stop());

// #region kit
testContract(customStoreContract, {
    name: 'PostgresSessionStore',
    open: async ({ ttlSeconds }) => {
        const pool = await openEmptyDatabase();
        return {
            store: () => new PostgresSessionStore(pool, ttlSeconds),
            close: () => pool.end()
        };
    },
    describe,
    it
});
// #endregion kit

/** A schema of its own, which goes with the pool. */
async function openEmptyDatabase(): Promise<Pool> {
    const schema = `custom_${randomUUID().replaceAll('-', '')}`;
    const pool = testPool({ connectionString: postgres.url, options: `-c search_path=${schema}`, max: 4 });
    pool.on('error', () => undefined);
    await pool.query(`CREATE SCHEMA ${schema}`);
    await pool.query(CREATE_TABLE);
    const end = pool.end.bind(pool);
    pool.end = async () => {
        await pool.query(`DROP SCHEMA ${schema} CASCADE`);
        await end();
    };
    return pool;
}
