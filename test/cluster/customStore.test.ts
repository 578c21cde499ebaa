import type { Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openPostgres, type Service } from '../../scripts/services.mjs';
import { CREATE_TABLE } from '../../examples/custom-store/postgresSessionStore.js';
import { startCluster, type Cluster } from '../support/cluster.js';
import { buildFork, Fixture, mcpUrl, seen } from './support/fixture.js';
import type { State } from './support/server.js';
import { CAPABILITIES, CLIENT, NOT_FOUND, UNAVAILABLE, Wire } from './support/wire.js';
import { testPool } from '../support/testPool.js';

let postgres: Service;
let pool: Pool;
let cluster: Cluster;

beforeAll(async () => {
    await buildFork();
    postgres = await openPostgres();
    pool = testPool({ connectionString: postgres.url });
    pool.on('error', () => undefined);
    await pool.query(CREATE_TABLE);
    await pool.query('DELETE FROM mcp_session');
    cluster = await start('60');
});

afterAll(async () => {
    await cluster.stop();
    await pool.end();
    await postgres.stop();
});

const start = (ttlSeconds: string) =>
    startCluster({
        nodes: 2,
        script: new URL('./support/node.ts', import.meta.url),
        env: { REDIS_URL: '', POSTGRES_URL: postgres.url, REVALIDATE_MS: '0', TTL_SECONDS: ttlSeconds }
    });

const rows = async () => (await pool.query<{ id: string; data: unknown }>('SELECT id, data FROM mcp_session')).rows;
const both = (wire: Wire, { nodes } = cluster) => nodes.map(node => wire.at(mcpUrl(node)));

async function begun({ nodes } = cluster): Promise<Wire> {
    const wire = new Wire(mcpUrl(nodes[0]!));
    await wire.begin();
    return wire;
}

describe('a store of five methods, on Postgres', () => {
    it('S1, S6: two nodes serve one session, and the second knows what the first was told', async () => {
        const wire = await begun();
        await wire.request('logging/setLevel', { level: 'error' });
        await wire.request('resources/subscribe', { uri: 'note://one' });
        for (let n = 0; n < 20; n++) {
            for (const at of both(wire)) expect(await at.tool('echo', { text: `${n}` })).toBe(`${n}`);
        }
        const [, onB] = both(wire);
        expect(JSON.parse(await onB!.tool('state')) as State).toMatchObject({
            node: 'B',
            client: CLIENT,
            capabilities: CAPABILITIES,
            logLevel: 'error',
            subscriptions: ['note://one']
        });
    });

    it('S2: both nodes are killed and started, and the session goes on', async () => {
        const wire = await begun();
        await Promise.all(cluster.nodes.map(node => node.restart()));
        for (const at of both(wire)) expect(await at.tool('echo', { text: 'after' })).toBe('after');
        expect((await seen(cluster.nodes[0]!)).restored).toBe(1);
    });

    it('S8: DELETE on one node is 404 on both, and the row is gone', async () => {
        const wire = await begun();
        const [onA, onB] = both(wire);
        await onB!.tool('echo', { text: 'warm' });
        expect((await onB!.end()).status).toBe(200);
        for (const at of [onA!, onB!]) expect((await at.request('tools/list')).body).toBe(NOT_FOUND);
        expect((await rows()).map(({ id }) => id)).not.toContain(wire.sessionId);
    });

    it('S12: use slides the time to live, and an unused session is gone after it', async () => {
        const shortLived = await start('3');
        try {
            const wire = await begun(shortLived);
            const end = performance.now() + 4_500;
            while (performance.now() < end) {
                for (const at of both(wire, shortLived)) expect(await at.tool('echo', { text: 'used' })).toBe('used');
                await new Promise(resolve => setTimeout(resolve, 100));
            }
            const isLive = 'SELECT 1 FROM mcp_session WHERE id = $1 AND expires_at > now()';
            await Fixture.until('it has expired', async () => (await pool.query(isLive, [wire.sessionId])).rowCount === 0);
            for (const at of both(wire, shortLived)) expect((await at.request('tools/list')).body).toBe(NOT_FOUND);
        } finally {
            await shortLived.stop();
        }
    });

    it('F1: a store that fails is 503, and then the same session goes on', async () => {
        const wire = await begun();
        await pool.query('ALTER TABLE mcp_session RENAME TO hidden');
        for (const at of both(wire)) {
            const { status, headers, body } = await at.request('tools/list');
            expect([status, headers.get('retry-after'), body]).toEqual([503, '1', UNAVAILABLE]);
        }
        await pool.query('ALTER TABLE hidden RENAME TO mcp_session');
        for (const at of both(wire)) expect(await at.tool('echo', { text: 'back' })).toBe('back');
    });
});
