import {
    createPostgresBackend,
    PostgresEventLog,
    PostgresMailbox,
    PostgresSessionLock,
    PostgresSessionStore,
    sweep,
    type PostgresQuery
} from '@mcp-sessions/postgres';
import { Pool } from 'pg';
import { describe, expect, it, vi } from 'vitest';
import { privatePostgres } from '../support/privateServers.js';
import { FaultProxy } from '../support/faultProxy.js';
import { countRows, event, newTables, record } from './support/postgresTables.js';

const patience = { timeout: 20_000, interval: 20 };

const { server, pool } = await privatePostgres();
const tables = () => newTables(pool);
const rowsOf = (table: string) => countRows(pool, table);

describe('PostgresEventLog', () => {
    it('L1: no reader skips an event whose transaction ends late, and nobody gets a position before it', async () => {
        const names = await tables();
        const [log, other] = [new PostgresEventLog(names), new PostgresEventLog(names)];
        const [before] = await log.append('s', [event('a', '1')]);
        const client = await pool.connect();
        await client.query('BEGIN');
        const slow = new PostgresEventLog({
            ...names,
            pool: Object.assign(Object.create(pool) as Pool, { query: (query: PostgresQuery) => client.query(query) })
        });
        const [late] = await slow.append('s', [event('a', 'late')]);
        const next = other.append('s', [event('a', '3')]);
        expect(await log.read('s', 'a', { since: before! }, 10)).toMatchObject({ events: [], position: before });
        expect(await log.read('s', 'a', { since: late! }, 10)).toBeNull();
        await client.query('COMMIT');
        client.release();
        const [last] = await next;
        expect(Number(last)).toBeGreaterThan(Number(late));
        const page = await log.read('s', 'a', { since: before! }, 10);
        expect(page?.events.map(({ position }) => position)).toEqual([late, last]);
    });

    it('B2: what is kept of streams is bounded, also when they are claimed at random', async () => {
        const names = await tables();
        const log = new PostgresEventLog(names);
        const unseen = { ...event('unseen', '1'), finalOf: 'x', undelivered: true };
        await log.append('s', [event('standalone', '1'), unseen]);
        for (let round = 0; round < 26; round++) {
            await Promise.all(Array.from({ length: 100 }, (_, n) => log.claim('s', `stream ${round}.${n}`, 'r')));
        }
        expect(await rowsOf(`${names.tableName}_streams`)).toBeLessThanOrEqual(2049);
        expect((await log.claim('s', 'stream 25.99', 'q')).previous).toBe('r');
        expect((await log.claim('s', 'stream 0.0', 'q')).previous).toBeUndefined();
        expect((await log.read('s', 'unseen', { since: '' }, 1))?.events).toHaveLength(1);
    });

    it('takes names of any length, and keeps them apart', async () => {
        const log = new PostgresEventLog(await tables());
        const long = 'é'.repeat(5000);
        for (const name of [long, `${long}x`, '#', '\0', '\\0000', '\ud800', '\ufffd']) {
            await log.append('s', [{ ...event(name, name), finalOf: name }]);
            expect(await log.append('s', [{ ...event(name, 'second'), finalOf: name }])).toEqual([null]);
            expect((await log.read('s', name, { since: '' }, 10))?.events).toHaveLength(1);
            await log.claim('s', name, `reader of ${name}`);
            expect((await log.claim('s', name, 'x')).previous).toBe(`reader of ${name}`);
        }
    });

    it('P6: passes over what is no event', async () => {
        const names = await tables();
        const warnings: string[] = [];
        const log = new PostgresEventLog({ ...names, logger: { warn: text => warnings.push(text) } });
        await log.append('s', [event('a', '1'), event('a', '2'), event('a', '3')]);
        await pool.query(`UPDATE test.${names.tableName}_events SET message = 'secret' WHERE message LIKE '%"2"%'`);
        expect((await log.read('s', 'a', { since: '' }, 10))?.events).toHaveLength(2);
        expect(warnings).toHaveLength(1);
        expect(warnings.join()).not.toContain('secret');
    });
});

describe('sweep', () => {
    it('B1: of what has expired nothing is left, however many nodes sweep at once, and what lives stays', async () => {
        const names = await tables();
        const { tableName } = names;
        const [short, long] = [{ ...names, ttlSeconds: 0.2 }, names];
        const store = new PostgresSessionStore(short);
        await Promise.all(Array.from({ length: 2500 }, (_, n) => store.storeSession(`s${n}`, record(`s${n}`))));
        const [log, kept] = [new PostgresEventLog(short), new PostgresEventLog(long)];
        await Promise.all(Array.from({ length: 30 }, (_, n) => log.append(`s${n}`, [event('a', '1'), event('a', '2')])));
        await log.claim('s1', 'a', 'r');
        await new PostgresSessionLock(names).acquire('l', 'h', 1);
        await kept.append('kept', [event('a', '1')]);
        await new PostgresSessionStore(long).storeSession('kept', record('kept'));
        // It is looked at long before it expires, as one that was used is.
        await pool.query(`UPDATE test.${tableName} SET sweep_at = now() - interval '1 day' WHERE expires_at > now() + interval '1 minute'`);
        await vi.waitFor(async () => {
            await Promise.all([sweep(names), sweep(names), sweep(names)]);
            const left = await Promise.all(['', '_logs', '_events', '_streams', '_locks'].map(ending => rowsOf(tableName + ending)));
            expect(left).toEqual([1, 1, 1, 0, 0]);
        }, patience);
        const { rows } = await pool.query(`SELECT sweep_at = expires_at AS moved FROM test.${tableName}`);
        expect(rows).toEqual([{ moved: true }]);
    });

    it('B1: a backend sweeps by itself, and no more once it is closed', async () => {
        const names = await tables();
        const backend = createPostgresBackend({ ...names, ttlSeconds: 0.2, sweepSeconds: 0.1 });
        await backend.sessionStore.storeSession('s', record('s'));
        await vi.waitFor(async () => expect(await rowsOf(names.tableName)).toBe(0), patience);
        await backend.close();
        const query = vi.spyOn(pool, 'query');
        const others = await tables();
        const other = createPostgresBackend({ ...others, ttlSeconds: 0.1, sweepSeconds: 0.1 });
        for (let round = 0; round < 3; round++) {
            await other.sessionStore.storeSession('s', record('s'));
            await vi.waitFor(async () => expect(await rowsOf(others.tableName)).toBe(0), patience);
        }
        const swept = query.mock.calls
            .map(([call]) => (call as unknown as PostgresQuery).text ?? '')
            .filter(text => text.includes('_sweep'));
        expect(swept.length).toBeGreaterThanOrEqual(3);
        expect(swept.filter(text => text.includes(`"${names.tableName}_sweep"`))).toEqual([]);
        query.mockRestore();
        await other.close();
    });

    it('B1: mail goes after its time', async () => {
        const names = await tables();
        const mailbox = new PostgresMailbox(names);
        await mailbox.post('nodes', 'x');
        await sweep(names);
        expect(await rowsOf(`${names.tableName}_mail`)).toBe(1);
        await pool.query(`UPDATE test.${names.tableName}_mail SET expires_at = now() - interval '1 second'`);
        await sweep(names);
        expect(await rowsOf(`${names.tableName}_mail`)).toBe(0);
    });
});

describe('what a call costs', () => {
    it('B3: each call of store, log and lock is one statement, and those of a request too', async () => {
        const names = await tables();
        const query = vi.spyOn(pool, 'query');
        const { sessionStore, eventLog, sessionLock, close } = createPostgresBackend(names);
        const steps: [string, () => Promise<unknown>][] = [
            ['createSession', () => sessionStore.createSession('s', record('s'))],
            ['getSession', () => sessionStore.getSession('s')],
            ['getAndTouchSession', () => sessionStore.getAndTouchSession('s')],
            ['updateSessionActivity', () => sessionStore.updateSessionActivity('s')],
            ['updateSession', () => sessionStore.updateSession('s', record('s', { revision: 2 }), 1)],
            ['storeSession', () => sessionStore.storeSession('s', record('s'))],
            ['listSessions', () => sessionStore.listSessions()],
            ['sessionExists', () => sessionStore.sessionExists('s')],
            [
                'append',
                () =>
                    eventLog.append(
                        's',
                        Array.from({ length: 100 }, (_, n) => event('a', `${n}`))
                    )
            ],
            ['claim', () => eventLog.claim('s', 'a', 'r')],
            ['read', () => eventLog.read('s', 'a', { since: '' }, 100)],
            ['release', () => eventLog.release('s', 'a', 'r', '')],
            ['touch', () => eventLog.touch('s')],
            ['drop', () => eventLog.drop('s')],
            ['acquire', () => sessionLock.acquire('l', 'h', 1000)],
            ['renew', () => sessionLock.renew('l', 'h', 1000)],
            ['release of a lock', () => sessionLock.release('l', 'h')],
            ['deleteSession', () => sessionStore.deleteSession('s')]
        ];
        await sessionStore.getSession('first call: looks at the ledger');
        expect(query).toHaveBeenCalledTimes(2);
        for (const [name, step] of steps) {
            query.mockClear();
            await step();
            expect(query, name).toHaveBeenCalledTimes(1);
        }
        query.mockRestore();
        await close();
    });

    it('statements are prepared, and with listen: false they are not', async () => {
        const names = await tables();
        const query = vi.spyOn(pool, 'query');
        const [prepared, plain] = [createPostgresBackend(names), createPostgresBackend({ ...names, listen: false })];
        await prepared.sessionStore.getSession('s');
        expect((query.mock.lastCall?.[0] as unknown as PostgresQuery).name).toMatch(/^mcp_\w{10,20}$/);
        await plain.sessionStore.getSession('s');
        expect((query.mock.lastCall?.[0] as unknown as PostgresQuery).name).toBeUndefined();
        query.mockRestore();
        await Promise.all([prepared.close(), plain.close()]);
    });

    it('rows are found by indexes, also by the sweeper', async () => {
        const names = await tables();
        const t = `test.${names.tableName}`;
        await pool.query(`INSERT INTO ${t} SELECT md5(n::text), '{}', 1, NULL, false, now(), now() + interval '1 hour', now() + interval '1 hour'
            FROM generate_series(1, 20000) AS n`);
        await pool.query(`INSERT INTO ${t}_events SELECT n % 50, n, now(), false, 's', n::text, '{}' FROM generate_series(1, 20000) AS n`);
        await pool.query(`ANALYZE ${t}; ANALYZE ${t}_events`);
        const plan = async (text: string) => JSON.stringify((await pool.query(`EXPLAIN ${text}`)).rows);
        for (const text of [
            `SELECT data FROM ${t} WHERE id = 'x' AND expires_at > now()`,
            `UPDATE ${t} SET expires_at = now() WHERE id = 'x' AND expires_at > now() RETURNING data`,
            `DELETE FROM ${t} WHERE id = 'x'`,
            `SELECT data FROM ${t} WHERE id > 'x' AND id ~ '^[A-Za-z0-9_-]{43}$' AND expires_at > now() ORDER BY id LIMIT 100`,
            `SELECT id FROM ${t} WHERE sweep_at <= now() ORDER BY sweep_at LIMIT 1000 FOR UPDATE SKIP LOCKED`,
            `SELECT message FROM ${t}_events WHERE log = 1 AND position > 19000 AND stream = 's' ORDER BY position LIMIT 10`
        ]) {
            expect(await plan(text), text).toMatch(/Index (Only )?Scan/);
            expect(await plan(text), text).not.toMatch(/Seq Scan|Bitmap/);
        }
    });

    it('a touch writes no index', async () => {
        const names = await tables();
        const [store, log] = [new PostgresSessionStore(names), new PostgresEventLog(names)];
        await Promise.all(Array.from({ length: 50 }, (_, n) => store.storeSession(`s${n}`, record(`s${n}`))));
        await log.append('s', [event('a', '1')]);
        for (let round = 0; round < 20; round++) {
            await Promise.all(Array.from({ length: 50 }, (_, n) => store.getAndTouchSession(`s${n}`)));
            await log.append('s', [event('a', '1')]);
            await log.touch('s');
        }
        await vi.waitFor(async () => {
            const { rows } = await pool.query<{ relname: string; updates: number; hot: number }>(
                `SELECT relname, n_tup_upd::int AS updates, n_tup_hot_upd::int AS hot FROM pg_stat_user_tables
                 WHERE schemaname = 'test' AND relname IN ($1, $2) ORDER BY relname`,
                [names.tableName, `${names.tableName}_logs`]
            );
            const [sessions, logs] = rows;
            expect(sessions?.updates).toBeGreaterThanOrEqual(1000);
            expect(logs?.updates).toBeGreaterThanOrEqual(40);
            expect(sessions!.hot / sessions!.updates).toBeGreaterThan(0.9);
            expect(logs!.hot / logs!.updates).toBeGreaterThan(0.9);
        }, patience);
    });
});

describe('Postgres out of order', () => {
    it('F1: calls reject without saying where and as whom they connect, and nothing ends the process', async () => {
        const names = await tables();
        const warnings: string[] = [];
        const logger = { warn: (text: string) => void warnings.push(text) };
        const own = new Pool({ connectionString: `${server.url}?application_name=doomed` });
        const store = new PostgresSessionStore({ ...names, pool: own, logger });
        await store.storeSession('s', record('s'));
        await pool.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'doomed'`);
        await vi.waitFor(() => expect(warnings).toHaveLength(1), patience);
        expect(await store.sessionExists('s')).toBe(true);
        await own.end();
        await expect(store.getSession('s')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });

        const secret = 'postgres://someone:hidden@127.0.0.1:1/somewhere';
        const nowhere = new Pool({ connectionString: secret });
        const failing = createPostgresBackend({ ...names, pool: nowhere, logger });
        const error = await failing.sessionStore.getSession('my-session').then(
            () => new Error('not refused'),
            (caught: unknown) => caught as Error
        );
        expect(error).toMatchObject({ code: 'STORE_UNAVAILABLE', message: 'Postgres failed (ECONNREFUSED)' });
        void failing.messageBus.subscribe('nodes', { onMessage: () => undefined, onGap: () => undefined }).catch(() => undefined);
        await vi.waitFor(() => expect(warnings).toHaveLength(2), patience);
        expect(`${String(error)} ${warnings.join()}`).not.toMatch(/someone|hidden|127\.0\.0\.1|somewhere|my-session/);
        await failing.close();
        await nowhere.end();
    });

    it('F1: a connection over which nothing comes any more is given up, and the next call has another one', async () => {
        const names = await tables();
        const proxy = await FaultProxy.start(server.port);
        const own = new Pool({ host: '127.0.0.1', port: proxy.port, user: 'postgres', database: 'postgres', max: 1 });
        try {
            const store = new PostgresSessionStore({ ...names, pool: own, queryTimeoutMs: 300 });
            await store.storeSession('s', record('s'));
            await proxy.set('blackhole');
            await expect(store.getSession('s')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
            await proxy.set('pass');
            expect(await store.sessionExists('s')).toBe(true);
        } finally {
            await proxy.stop();
            await own.end();
        }
    });
});
