import { randomUUID } from 'node:crypto';
// #region kit-test
import { describe, it } from 'node:test';
import { customStoreContract, testContract } from '@mcp-sessions/testkit';
// #endregion kit-test
import { Pool } from 'pg';
import { CREATE_TABLE, PostgresSessionStore } from './postgresSessionStore.js';

// #region kit-test
// #region kit
testContract(customStoreContract, {
    name: 'PostgresSessionStore',
    open: async ({ ttlSeconds }) => {
        const { pool, drop } = await openEmptyDatabase();
        return {
            store: () => new PostgresSessionStore(pool, ttlSeconds),
            close: drop
        };
    },
    describe,
    it
});
// #endregion kit
// #endregion kit-test

/** A schema of its own, in which the table is made. */
async function openEmptyDatabase() {
    const schema = `custom_${randomUUID().replaceAll('-', '')}`;
    const pool = new Pool({ connectionString: process.env.POSTGRES_URL, options: `-c search_path=${schema}`, max: 4 });
    await pool.query(`CREATE SCHEMA ${schema}`);
    await pool.query(CREATE_TABLE);
    const drop = async () => {
        await pool.query(`DROP SCHEMA ${schema} CASCADE`);
        await pool.end();
    };
    return { pool, drop };
}
