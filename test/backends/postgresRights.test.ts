import { readFileSync } from 'node:fs';
import {
    checkSchema,
    createPostgresBackend,
    migrate,
    PostgresEventLog,
    PostgresMailbox,
    PostgresSessionStore,
    sweep
} from '@mcp-sessions/postgres';
import type { Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startPrivatePostgres, type PrivatePostgres } from '../../scripts/services.mjs';
import { testPool } from '../support/testPool.js';

/** What the documents say that the role needs: its name and that of the schema are theirs. */
const [, documented = ''] = /```sql\n(GRANT[^]*?)```/.exec(readFileSync(new URL('../../docs/postgres.md', import.meta.url), 'utf8')) ?? [];
const grants = documented.split(';').filter(text => text.trim() !== '');
const names = { schema: 'sessions' };

let server: PrivatePostgres;
let owner: Pool;
/** Of the role that serves. */
let pool: Pool;

beforeAll(async () => {
    server = await startPrivatePostgres();
    owner = testPool({ connectionString: server.url });
    // As strict as a database can be: nothing may be used that was not given.
    await owner.query('ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC; REVOKE ALL ON SCHEMA public FROM PUBLIC');
    await migrate(owner, names);
    await owner.query('CREATE ROLE mcp LOGIN; CREATE TABLE sessions.others (id text)');
    pool = testPool({ connectionString: Object.assign(new URL(server.url), { username: 'mcp' }).href });
});
afterAll(async () => {
    await pool.end();
    await owner.end();
    await server.stop();
});

const grant = async (statements: readonly string[]): Promise<void> => {
    const kinds = ['TABLES', 'FUNCTIONS', 'SEQUENCES'].map(kind => `REVOKE ALL ON ALL ${kind} IN SCHEMA sessions FROM mcp`);
    await owner.query([...kinds, 'REVOKE ALL ON SCHEMA sessions FROM mcp', ...statements].join(';'));
};
const record = (sessionId: string) => ({
    ...{ sessionId, initialized: true, createdAt: 1, lastActivity: 1, revision: 1, principal: 'p' }
});
const event = (finalOf: string) => ({ streamId: 'a', message: { jsonrpc: '2.0' as const, id: 1, result: {} }, finalOf, undelivered: true });
const events = (from: number) => Array.from({ length: 20 }, (_, n) => event(`${from + n}`));

/** Everything that a process does, over a pool of the role. */
async function serve(): Promise<void> {
    const common = { pool, ...names, sweepSeconds: Infinity };
    await checkSchema(pool, names);
    const backend = createPostgresBackend({ ...common, maxSessions: 2, maxSessionsPerPrincipal: 2, maxEvents: 16 });
    const { sessionStore, eventLog, messageBus, sessionLock } = backend;
    try {
        expect(await sessionStore.createSession('s', record('s'))).toBe('created');
        expect(await sessionStore.updateSession('s', { ...record('s'), revision: 2 }, 1)).toBe(true);
        expect(await sessionStore.getAndTouchSession('s')).toMatchObject({ sessionId: 's' });
        await sessionStore.storeSession('t', record('t'));
        await sessionStore.updateSessionActivity('t');
        expect(await sessionStore.sessionExists('t')).toBe(true);
        expect(await sessionStore.createSession('u', record('u'))).toBe('full');
        for (const sessionId of ['s', 't']) await sessionStore.deleteSession(sessionId);
        expect(await sessionStore.getSession('s')).toBeNull();

        await eventLog.append('s', events(0));
        await eventLog.append('s', events(20));
        expect((await eventLog.read('s', 'a', { since: await eventLog.touch('s') }, 10))?.events).toEqual([]);
        await eventLog.claim('s', 'a', 'r');
        await eventLog.release('s', 'a', 'r', await eventLog.touch('s'));
        await eventLog.drop('s');
        await new PostgresEventLog({ ...common, maxAgeSeconds: 0.001 }).append('aged', events(0));
        await new PostgresEventLog({ ...common, maxAgeSeconds: 0.001 }).append('aged', events(20));

        const heard: string[] = [];
        await messageBus.subscribe('nodes', { onMessage: text => heard.push(text), onGap: () => undefined });
        // One that goes with the notification, and one that waits in a table.
        const sent = [JSON.stringify({ changed: 'x', from: 'y' }), JSON.stringify({ text: 'x'.repeat(10_000) })];
        for (const message of sent) await messageBus.publish('nodes', message);
        await expect.poll(() => heard, { timeout: 10_000 }).toEqual(sent);
        const mailbox = new PostgresMailbox(common);
        await mailbox.post('nodes', 'x');
        expect((await mailbox.collect(new Map([['nodes', '']]))).get('nodes')?.messages).toEqual(['x']);

        expect(await sessionLock.acquire('l', 'h', 60_000)).toBeGreaterThan(0);
        expect(await sessionLock.renew('l', 'h', 60_000)).toBe(true);
        expect(await sessionLock.release('l', 'h')).toBe(true);

        await new PostgresSessionStore({ ...common, ttlSeconds: 0.001 }).storeSession('expired', record('expired'));
        await new PostgresEventLog({ ...common, ttlSeconds: 0.001 }).append('expired', events(0));
        await sessionLock.acquire('expired', 'h', 1);
        await expect.poll(() => sweepAndCount(['', '_locks'])).toBe(0);
    } finally {
        await backend.close();
        // What is left would stand in the way of the next.
        const tables = ['', '_counts', '_logs', '_events', '_streams', '_mail', '_locks'].map(ending => `sessions.mcp_sessions${ending}`);
        await owner.query(`TRUNCATE ${tables.join()}`);
    }
}

async function sweepAndCount(endings: readonly string[]): Promise<number> {
    await sweep({ pool, ...names });
    const counts = endings.map(ending => `(SELECT count(*) FROM sessions.mcp_sessions${ending})`);
    return Number((await pool.query<{ n: string }>(`SELECT ${counts.join(' + ')} AS n`)).rows[0]?.n);
}

describe('a role that only serves', () => {
    it('does everything with the rights of the documentation', async () => {
        await grant(grants);
        await serve();
    });

    it('has no others: neither to tables that are not ours, nor to make or empty one', async () => {
        await grant(grants);
        for (const statement of [
            'SELECT * FROM sessions.others',
            'CREATE TABLE sessions.another (id text)',
            'ALTER TABLE sessions.mcp_sessions ADD x text',
            'TRUNCATE sessions.mcp_sessions',
            `UPDATE sessions.mcp_sessions_migrations SET version = 0`
        ]) {
            await expect(pool.query(statement), statement).rejects.toMatchObject({ code: '42501' });
        }
    });

    it('needs each of them', async () => {
        expect(grants.length).toBeGreaterThan(2);
        for (const missing of grants) {
            await grant(grants.filter(statement => statement !== missing));
            // By its SQLSTATE: insufficient privilege.
            await expect(serve(), missing).rejects.toThrow('42501');
        }
    });
});
