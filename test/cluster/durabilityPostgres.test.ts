import { migrate } from '@mcp-sessions/postgres';
import type { Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startPrivatePostgres, type PrivatePostgres } from '../../scripts/services.mjs';
import type { Cluster } from '../support/cluster.js';
import { buildFork } from './support/build.js';
import { closing } from './support/traffic/closing.js';
import { startNodes } from './support/traffic/nodes.js';
import { Traffic } from './support/traffic/traffic.js';
import { testPool } from '../support/testPool.js';

describe('Postgres fails under load and comes back', { timeout: 90_000 }, () => {
    const started = closing(afterAll);
    let server: PrivatePostgres;
    let nodes: Cluster;
    beforeAll(async () => {
        await buildFork();
        server = await started(startPrivatePostgres({ durable: true }));
        await query(pool => migrate(pool));
        nodes = await started(startNodes({ kind: 'postgres', url: server.url }));
    });

    async function query<T>(ask: (pool: Pool) => Promise<T>): Promise<T> {
        const pool = testPool({ connectionString: server.url, max: 1 });
        try {
            return await ask(pool);
        } finally {
            await pool.end();
        }
    }

    const setCommit = (value: 'on' | 'off') =>
        query(async pool => {
            await pool.query(`ALTER SYSTEM SET synchronous_commit = ${value}`);
            await pool.query('SELECT pg_reload_conf()');
        });

    const dropConnections = () =>
        query(async pool => {
            const others = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()`;
            return (await pool.query(others)).rowCount;
        });

    async function finish(traffic: Traffic): Promise<void> {
        await traffic.goesOn();
        await traffic.stop();
        await traffic.checkAll();
        expect(traffic.verdict.problems).toEqual([]);
    }

    it('F1: kill -9 of all its processes with synchronous_commit on: nothing that was acknowledged is lost', async () => {
        await setCommit('on');
        const traffic = await Traffic.start(nodes);
        await traffic.goesOn();
        await server.kill();
        await traffic.seesOutage();
        await server.start();
        await finish(traffic);
        expect(traffic.lost).toEqual([]);
    });

    it('F4: kill -9 with synchronous_commit off: the last writes may be lost, which is 404 or 400', async () => {
        await setCommit('off');
        const traffic = await Traffic.start(nodes, { sessions: true, writes: true });
        await traffic.goesOn();
        await server.kill();
        await traffic.seesOutage();
        await server.start();
        await finish(traffic);
        await setCommit('on');
    });

    it('F4: a restart, as an operator does it: nothing is lost', async () => {
        const traffic = await Traffic.start(nodes);
        await traffic.goesOn();
        await server.halt();
        await server.start();
        await finish(traffic);
        expect(traffic.lost).toEqual([]);
    });

    it('F4: every connection is terminated, again and again: nothing is lost', async () => {
        const traffic = await Traffic.start(nodes);
        await traffic.goesOn();
        for (let round = 0; round < 5; round++) {
            expect(await dropConnections()).toBeGreaterThan(0);
            await traffic.answers(5);
        }
        await finish(traffic);
        expect(traffic.lost).toEqual([]);
    });
});
