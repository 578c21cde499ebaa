import { createPostgresBackend, PostgresSessionStore, type PostgresQuery } from '@mcp-sessions/postgres';
import type { SessionPage } from '@mcp-sessions/core';
import { describe, expect, it, vi } from 'vitest';
import { privatePostgres } from '../support/privateServers.js';
import { countRows, event, newTables, record } from './support/postgresTables.js';

const patience = { timeout: 20_000, interval: 20 };

const { pool } = await privatePostgres();
const tables = () => newTables(pool);
const rowsOf = (table: string) => countRows(pool, table);

describe('PostgresSessionStore', () => {
    it('P6: a row that holds no record is absent, and said so without what it holds', async () => {
        const names = await tables();
        const warnings: string[] = [];
        const store = new PostgresSessionStore({ ...names, maxRecordLength: 300, logger: { warn: text => warnings.push(text) } });
        await store.storeSession('s', record('s'));
        for (const data of ['secret', `"${'x'.repeat(300)}"`]) {
            await pool.query(`UPDATE test.${names.tableName} SET data = $1`, [data]);
            expect(await store.getSession('s')).toBeNull();
            expect(await store.getAndTouchSession('s')).toBeNull();
            expect(await store.sessionExists('s')).toBe(false);
        }
        expect(warnings).toHaveLength(6);
        expect(await store.listSessions()).toEqual({ sessions: [] });
        expect(warnings).toHaveLength(7);
        expect(warnings.join()).not.toMatch(/secret|xxx/);
        await expect(store.storeSession('s', record('s', { metadata: { long: 'x'.repeat(300) } }))).rejects.toMatchObject({
            code: 'RECORD_TOO_LARGE'
        });
    });

    it('P6: a listing leaves out rows of others and records that are misplaced, and goes on behind them', async () => {
        const names = await tables();
        const store = new PostgresSessionStore(names);
        await Promise.all(['a', 'b', 'c', 'd'].map(id => store.storeSession(id, record(id))));
        const table = `test.${names.tableName}`;
        const { rows } = await pool.query<{ id: string }>(`SELECT id FROM ${table} ORDER BY id`);
        await pool.query(`UPDATE ${table} SET data = $1 WHERE id = $2`, [JSON.stringify(record('elsewhere')), rows[1]!.id]);
        await pool.query(`UPDATE ${table} SET data = 'null' WHERE id = $1`, [rows[2]!.id]);
        await pool.query(`UPDATE ${table} SET id = id || '!' WHERE id = $1`, [rows[0]!.id]);
        const found: string[] = [];
        for (let cursor: string | undefined = ''; cursor !== undefined; ) {
            const page: SessionPage = await store.listSessions({ limit: 1, ...(cursor !== '' && { cursor }) });
            found.push(...page.sessions.map(({ sessionId }) => sessionId));
            cursor = page.cursor;
        }
        expect(found).toHaveLength(1);
    });

    it('P3: no column holds a session id', async () => {
        const names = await tables();
        const backend = createPostgresBackend(names);
        await backend.sessionStore.storeSession('my-session-id', record('other'));
        await backend.eventLog.append('my-session-id', [event('a', '1')]);
        await backend.eventLog.claim('my-session-id', 'a', 'r');
        await backend.sessionLock.acquire('my-session-id', 'h', 10_000);
        for (const ending of ['', '_logs', '_events', '_streams', '_locks']) {
            const { rows } = await pool.query(`SELECT * FROM test.${names.tableName}${ending}`);
            expect(rows.length).toBeGreaterThan(0);
            expect(JSON.stringify(rows)).not.toContain('my-session-id');
        }
        await backend.close();
    });

    it('P9: sessions that began before there were caps are counted', async () => {
        const names = await tables();
        const before = new PostgresSessionStore(names);
        for (const id of ['a', 'b']) await before.createSession(id, record(id, { principal: 'p' }));
        const capped = new PostgresSessionStore({ ...names, maxSessions: 4, maxSessionsPerPrincipal: 3 });
        expect(await capped.createSession('c', record('c', { principal: 'p' }))).toBe('created');
        expect(await capped.createSession('d', record('d', { principal: 'p' }))).toBe('full');
        expect(await capped.createSession('d', record('d', { principal: 'q' }))).toBe('created');
        expect(await capped.createSession('e', record('e'))).toBe('full');
        // Whoever ends a session makes room, with caps or without.
        await before.deleteSession('a');
        expect(await capped.createSession('e', record('e'))).toBe('created');
        expect(await rowsOf(names.tableName)).toBe(4);
    });

    it('P9: all of them are counted, also more than one statement counts, and those that somebody else was changing', async () => {
        const names = await tables();
        const t = `test.${names.tableName}`;
        await pool.query(`INSERT INTO ${t} SELECT 's' || n, '{}', 1, 'p' || n % 3, false, now(), now() + interval '1 hour', now() + interval '1 hour'
            FROM generate_series(1, 2500) AS n`);
        const other = await pool.connect();
        try {
            await other.query(`BEGIN; SELECT 1 FROM ${t} WHERE id IN ('s1', 's2000') FOR UPDATE`);
            const capped = new PostgresSessionStore({ ...names, maxSessions: 2501 });
            expect(await capped.createSession('a', record('a'))).toBe('created');
            await other.query('COMMIT');
            expect(await capped.createSession('b', record('b'))).toBe('full');
            const { rows } = await pool.query(`SELECT principal, sessions::int FROM ${t}_counts ORDER BY principal`);
            expect(rows).toEqual([
                { principal: '', sessions: 2501 },
                { principal: 'p0', sessions: 833 },
                { principal: 'p1', sessions: 834 },
                { principal: 'p2', sessions: 833 }
            ]);
        } finally {
            other.release(true);
        }
    });

    it('P9: a process that begins counts nothing, and keeps nobody waiting, where all are counted already', async () => {
        const names = await tables();
        const caps = { ...names, maxSessions: 10 };
        await new PostgresSessionStore(caps).createSession('a', record('a'));
        const query = vi.spyOn(pool, 'query');
        await new PostgresSessionStore(caps).createSession('b', record('b'));
        const texts = query.mock.calls.map(([call]) => (call as unknown as PostgresQuery).text);
        query.mockRestore();
        expect(texts).toEqual([expect.stringContaining('SELECT EXISTS'), expect.stringContaining('_create"(')]);
    });

    it('P9: counts are set right when somebody has changed the tables by hand', async () => {
        const names = await tables();
        const t = `test.${names.tableName}`;
        const store = new PostgresSessionStore({ ...names, maxSessions: 4, maxSessionsPerPrincipal: 3 });
        for (const id of ['a', 'b', 'c']) await store.createSession(id, record(id, { principal: 'p' }));
        await store.createSession('d', record('d', { principal: 'q' }));
        await pool.query(
            `DELETE FROM ${t} WHERE principal = (SELECT principal FROM ${t} GROUP BY principal ORDER BY count(*) DESC LIMIT 1)`
        );
        const e = () => store.createSession('e', record('e', { principal: 'p' }));
        expect(await e()).toBe('full');
        await vi.waitFor(async () => expect(await e()).toBe('created'), patience);
        for (const id of ['f', 'g']) expect(await store.createSession(id, record(id, { principal: 'p' }))).toBe('created');
        expect(await store.createSession('h', record('h'))).toBe('full');
        await store.close();
    });
});
