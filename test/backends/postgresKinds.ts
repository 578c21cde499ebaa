import { randomUUID } from 'node:crypto';
import { migrate } from '@mcp-sessions/postgres';
import type { Pool } from 'pg';
import { openPostgres, startPrivatePostgres, type Service } from '../../scripts/services.mjs';
import { testPool } from '../support/testPool.js';

/** A server, and pools of it that are closed together. */
export interface OpenedPostgres {
    readonly url: string;
    /** One more pool, as another node has it. */
    pool(): Pool;
    /** Tables of their own, made and empty. */
    tables(): Promise<{ schema: string; tableName: string }>;
    close(): Promise<void>;
}

export interface PostgresKind {
    readonly name: string;
    open(): Promise<OpenedPostgres>;
}

/** The oldest and the newest version that can be had, and the one of this machine or of POSTGRES_URL. */
export const postgresKinds: readonly PostgresKind[] = [
    { name: 'Postgres 10', open: () => openKind(() => startPrivatePostgres({ version: 10 })) },
    { name: 'Postgres of this machine', open: () => openKind(() => openPostgres({ say: () => undefined })) },
    { name: 'Postgres 18', open: () => openKind(() => startPrivatePostgres({ version: 18 })) }
];

async function openKind(start: () => Promise<Service>): Promise<OpenedPostgres> {
    const service = await start();
    const admin = testPool({ connectionString: service.url, max: 1 });
    const database = `test_${randomUUID().slice(0, 8)}`;
    await admin.query(`CREATE DATABASE ${database}`);
    const url = Object.assign(new URL(service.url), { pathname: database }).href;
    const pools: Pool[] = [];
    let count = 0;
    const pool = () => {
        const made = testPool({ connectionString: url, max: 5 });
        pools.push(made);
        return made;
    };
    const first = pool();
    return {
        url,
        pool,
        tables: async () => {
            const tables = { schema: 'test', tableName: `t${++count}` };
            await migrate(first, tables);
            return tables;
        },
        close: async () => {
            await Promise.all(pools.map(pool => pool.end()));
            await admin.query(`DROP DATABASE ${database}`);
            await admin.end();
            await service.stop();
        }
    };
}
