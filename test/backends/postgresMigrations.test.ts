import { checkSchema, createPostgresBackend, migrate, migrationSql, PostgresSessionStore, type PostgresPool } from '@mcp-sessions/postgres';
import { describe, expect, it } from 'vitest';
import { privatePostgres } from '../support/privateServers.js';
import { testPool } from '../support/testPool.js';

const { server, pool } = await privatePostgres();

const record = (sessionId: string) => ({ sessionId, initialized: true, createdAt: 1, lastActivity: 1, revision: 1 });

/** All that there is in a schema, as text. */
async function dump(schema: string): Promise<string[]> {
    const { rows } = await pool.query<{ line: string }>(
        `SELECT line FROM (
            SELECT format('table %s%s: %s %s%s%s', c.relname, CASE c.relpersistence WHEN 'u' THEN ' (unlogged)' ELSE '' END, a.attname,
                format_type(a.atttypid, a.atttypmod), CASE WHEN a.attnotnull THEN ' not null' ELSE '' END,
                CASE WHEN a.attidentity <> '' THEN ' identity' ELSE '' END) AS line
            FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
            WHERE c.relnamespace = to_regnamespace($1) AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
            UNION ALL SELECT format('index %s', replace(indexdef, $1 || '.', '')) FROM pg_indexes WHERE schemaname = $1
            UNION ALL SELECT format('options %s %s', relname, reloptions) FROM pg_class
                WHERE relnamespace = to_regnamespace($1) AND reloptions IS NOT NULL
            UNION ALL SELECT format('function %s(%s): %s', proname, oidvectortypes(proargtypes), md5(replace(prosrc, '"' || $1 || '".', ''))) FROM pg_proc WHERE pronamespace = to_regnamespace($1)
        ) AS lines ORDER BY line COLLATE "C"`,
        [schema]
    );
    return rows.map(({ line }) => line.replaceAll(`${schema}.`, ''));
}

describe('migrate', () => {
    it('makes the schema that is known', async () => {
        expect(await migrate(pool, { schema: 'golden' })).toBe(4);
        expect(await dump('golden')).toMatchSnapshot();
    });

    it('run by ten pools at once, is done once, and by all of them afterwards not at all', async () => {
        const pools = Array.from({ length: 10 }, () => testPool({ connectionString: server.url, max: 1 }));
        try {
            const runs = await Promise.all(pools.map(one => migrate(one, { schema: 'ten' })));
            expect([...runs].sort()).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 4]);
            expect(await Promise.all(pools.map(one => migrate(one, { schema: 'ten' })))).toEqual(Array(10).fill(0));
            expect(await dump('ten')).toEqual(await dump('golden'));
        } finally {
            await Promise.all(pools.map(one => one.end()));
        }
    });

    it('that fails changes nothing, and says what failed', async () => {
        await pool.query('CREATE SCHEMA halfway; CREATE TABLE halfway.mcp_sessions_streams (a int)');
        const before = await dump('halfway');
        await expect(migrate(pool, { schema: 'halfway' })).rejects.toThrow('42P07');
        expect(await dump('halfway')).toEqual(before);
    });

    it('as SQL gives the same schema, whole or from a version on', async () => {
        await pool.query(migrationSql({ schema: 'as_sql' }));
        expect(await dump('as_sql')).toEqual(await dump('golden'));
        await checkSchema(pool, { schema: 'as_sql' });
        expect(await migrate(pool, { schema: 'as_sql' })).toBe(0);
        expect(migrationSql({ schema: 'as_sql', after: 4 }).trim()).toBe('');
        const rest = migrationSql({ schema: 'as_sql', after: 3 });
        expect(rest).toContain('-- 4: ');
        expect(rest).not.toContain('-- 3: ');
    });

    it.each([
        { schema: 'quote"d', tableName: 'a"; DROP TABLE x; --' },
        { schema: 'Ünïcödé ☃', tableName: 'Mixed Case' },
        { schema: 'dollar', tableName: '$body$ $body1$' },
        { schema: 'back\\slash', tableName: "it's" },
        { schema: 'select', tableName: 'table' }
    ])('takes any name: $schema, $tableName', async names => {
        await migrate(pool, names);
        const backend = createPostgresBackend({ pool, ...names, maxSessions: 5 });
        await backend.sessionStore.createSession('s', record('s'));
        expect(await backend.sessionStore.getAndTouchSession('s')).toMatchObject({ sessionId: 's' });
        await backend.sessionStore.deleteSession('s');
        expect(await backend.sessionStore.sessionExists('s')).toBe(false);
        const message = { jsonrpc: '2.0' as const, method: 'x' };
        await backend.eventLog.append('s', [{ streamId: 'a', message }]);
        expect((await backend.eventLog.read('s', 'a', { since: '' }, 1))?.events).toHaveLength(1);
        expect(await backend.sessionLock.acquire('l', 'h', 1000)).toBeGreaterThan(0);
        const heard = new Promise<string>(resolve => {
            void backend.messageBus
                .subscribe('nodes', { onMessage: resolve, onGap: () => undefined })
                .then(() => backend.messageBus.publish('nodes', 'x'));
        });
        expect(await heard).toBe('x');
        await backend.close();
    });

    it('refuses names that Postgres would cut or cannot have', async () => {
        for (const names of [{ tableName: '' }, { tableName: 'x'.repeat(41) }, { schema: 'é'.repeat(32) }, { tableName: 'a\0' }]) {
            await expect(migrate(pool, names)).rejects.toThrow(RangeError);
            expect(() => new PostgresSessionStore({ pool, ...names })).toThrow(RangeError);
        }
        await expect(migrate({} as PostgresPool)).rejects.toThrow(TypeError);
    });
});

describe('a release and the tables of another', () => {
    const lookUp = (schema: string) => new PostgresSessionStore({ pool, schema, sweepSeconds: Infinity }).getSession('s');

    it('F1: no tables: every call rejects and says what to run, and succeeds when it was run', async () => {
        const store = new PostgresSessionStore({ pool, schema: 'later', sweepSeconds: Infinity });
        for (const _ of [1, 2]) {
            await expect(store.getSession('s')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
            await expect(store.getSession('s')).rejects.toThrow(/version 4.*migrate\(pool/);
            await expect(checkSchema(pool, { schema: 'later' })).rejects.toThrow('migrate(pool');
        }
        await migrate(pool, { schema: 'later' });
        expect(await store.getSession('s')).toBeNull();
    });

    it('older tables: says which version there is and which is needed', async () => {
        await migrate(pool, { schema: 'older' });
        await pool.query('DELETE FROM older.mcp_sessions_migrations WHERE version = 4');
        await expect(lookUp('older')).rejects.toThrow(/at version 3, and this release needs version 4.*migrate\(pool/);
    });

    it('newer tables are used, unless a step in between is breaking', async () => {
        await migrate(pool, { schema: 'newer' });
        await pool.query(`INSERT INTO newer.mcp_sessions_migrations (version, name, breaking) VALUES (5, 'harmless', false)`);
        expect(await lookUp('newer')).toBeNull();
        expect(await migrate(pool, { schema: 'newer' })).toBe(0);
        await pool.query(
            `INSERT INTO newer.mcp_sessions_migrations (version, name, breaking) VALUES (6, 'other', true), (7, 'more', false)`
        );
        const fresh = testPool({ connectionString: server.url, max: 1 });
        try {
            const store = new PostgresSessionStore({ pool: fresh, schema: 'newer' });
            await expect(store.getSession('s')).rejects.toThrow(/at version 7.*Update the package/);
            await expect(migrate(fresh, { schema: 'newer' })).rejects.toThrow(/Update the package/);
        } finally {
            await fresh.end();
        }
    });
});
