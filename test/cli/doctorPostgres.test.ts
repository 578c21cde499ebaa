import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createSessionBackend } from '@mcp-sessions/backends';
import { migrate } from '@mcp-sessions/postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startPrivatePostgres, type PrivatePostgres } from '../../scripts/services.mjs';
import { FaultProxy } from '../support/faultProxy.js';
import { privatePostgres } from '../support/privateServers.js';
import { examine, expectFinding, troubles } from './support/doctor.js';
import { startRewritingProxy } from './support/rewritingProxy.js';
import { runCli } from './support/runCli.js';
import { SessionServer } from './support/sessionServer.js';
import { undoing } from './support/undoing.js';

const { server, pool: owner } = await privatePostgres({ durable: true });
await migrate(owner);
const undo = undoing();

const withPort = (port: number) => Object.assign(new URL(server.url), { port: String(port) }).href;
const as = (user: string, url = server.url) => Object.assign(new URL(url), { username: user, password: 'Pa55word' }).href;
const withSetting = (setting: string) => `${server.url}?options=${encodeURIComponent(`-c ${setting}`)}`;

describe('doctor, Postgres', () => {
    it('finds nothing where all is as it should be', async () => {
        const backend = await createSessionBackend({ url: server.url });
        const sessions = await SessionServer.start({ backend });
        const { id } = await sessions.begin();
        const examined = await examine(server.url);
        expect(troubles(examined)).toEqual([]);
        expect(examined.code).toBe(0);
        expectFinding(examined, 'tables', 'ok', /at version \d+/);
        expectFinding(examined, 'bus', 'ok', /by LISTEN/);
        expectFinding(examined, 'records', 'ok', /^1 session,/);
        expect(await sessions.statusOf(id)).toBe(200);
        await sessions.stop();
        await backend.close();
        await owner.query('TRUNCATE mcp_sessions');
    });

    it('finds functions that are gone though the ledger has them, and migrate makes them anew', async () => {
        const words = ['--schema', 'odd "name"', '--table', 'a$body$"b'];
        const env = { POSTGRES_URL: server.url };
        await runCli(['migrate', ...words], { env });
        undo.push(() => owner.query('DROP SCHEMA "odd ""name""" CASCADE'));
        const { rows } = await owner.query<{ name: string }>(
            `SELECT oid::regprocedure::text AS name FROM pg_proc WHERE pronamespace = '"odd ""name"""'::regnamespace`
        );
        expect(rows.length).toBeGreaterThan(10);
        const whole = await examine(server.url, words);
        expectFinding(whole, 'tables', 'ok', /at version/);
        await owner.query(`DROP FUNCTION ${rows.map(({ name }) => name).join(', ')}`);
        expectFinding(await examine(server.url, words), 'tables', 'problem', new RegExp(`but ${rows.length} of .* are missing.*migrate`));
        expect(await runCli(['migrate', '--dry-run', ...words], { env })).toMatchObject({ code: 1 });
        expect((await runCli(['migrate', ...words], { env })).stdout).toContain('was missing');
        expect(await examine(server.url, words)).toMatchObject({ code: whole.code });
        await owner.query('DROP TABLE "odd ""name"""."a$body$""b_locks"');
        expectFinding(await examine(server.url, words), 'tables', 'problem', /_locks: requests.*Restore/);
        expect(await runCli(['migrate', ...words], { env })).toMatchObject({ code: 1, stdout: '' });
    });

    it('finds missing tables, and tables of a later release', async () => {
        await owner.query('CREATE SCHEMA empty');
        undo.push(() => owner.query('DROP SCHEMA empty CASCADE'));
        const missing = await examine(server.url, ['--schema', 'empty']);
        expectFinding(missing, 'tables', 'problem', /there are no tables here.*503 → Run: mcp-sessions migrate/);
        expect(missing.code).toBe(1);
        await owner.query("INSERT INTO mcp_sessions_migrations (version, name, breaking) VALUES (99, 'later', true)");
        undo.push(() => owner.query('DELETE FROM mcp_sessions_migrations WHERE version = 99'));
        expectFinding(await examine(server.url), 'tables', 'problem', /at version 99, which this release .* cannot use/);
    });

    it('finds what a role may not do, and which grants to make', async () => {
        await owner.query(
            'REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA public FROM PUBLIC; CREATE ROLE poor LOGIN; GRANT SELECT ON mcp_sessions TO poor'
        );
        undo.push(() => owner.query('DROP OWNED BY poor; DROP ROLE poor; GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO PUBLIC'));
        const blind = await examine(as('poor'));
        expectFinding(blind, 'rights', 'problem', /may not read the ledger.*GRANT USAGE/);
        await owner.query('GRANT SELECT ON mcp_sessions_migrations TO poor');
        const poor = await examine(as('poor'));
        expect(poor.code).toBe(1);
        expectFinding(
            poor,
            'rights',
            'problem',
            /GRANT INSERT, UPDATE, DELETE ON "mcp_sessions" TO <role>; .*GRANT EXECUTE ON FUNCTION mcp_sessions_/
        );
        // What it advises is enough.
        const { advice = '' } = poor.findings.find(({ check }) => check === 'rights') ?? {};
        await owner.query(advice.replaceAll('<role>', 'poor'));
        expect(troubles(await examine(as('poor')))).toEqual([]);
    });

    it('finds settings that lose data, and that refuse writes', async () => {
        expectFinding(
            await examine(withSetting('synchronous_commit=off')),
            'durability',
            'warning',
            /synchronous_commit is off: a crash loses/
        );
        expectFinding(await examine(withSetting('default_transaction_read_only=on')), 'role', 'problem', /read-only by default/);
        await owner.query('ALTER SYSTEM SET full_page_writes = off');
        await owner.query('ALTER SYSTEM SET autovacuum = off');
        await owner.query('SELECT pg_reload_conf()');
        undo.push(async () => {
            await owner.query('ALTER SYSTEM RESET ALL');
            await owner.query('SELECT pg_reload_conf()');
        });
        // The server reads them when it comes to it.
        await expect
            .poll(async () => troubles(await examine(server.url)), { timeout: 20_000 })
            .toEqual(['problem durability', 'warning autovacuum']);
        expectFinding(await examine(server.url), 'durability', 'problem', /full_page_writes is off: .*whole database/);
    });

    it('finds that LISTEN does not get through a pooler in transaction mode', async () => {
        const swallow = (text: string) => text.replace(/LISTEN "/g, '--      ');
        const pooler = await startRewritingProxy(server.port, text => text, swallow);
        undo.push(() => pooler.stop());
        const examined = await examine(withPort(pooler.port));
        expectFinding(examined, 'bus', 'problem', /do not arrive by LISTEN.*transaction mode.*`push: false`/);
        expect(examined.code).toBe(1);
        expectFinding(await examine(withPort(pooler.port), ['--no-push']), 'bus', 'ok', /by polling/);
    });

    it('finds a server that is too old, one whose clock is off, and one that is far away', async () => {
        const { rows } = await owner.query<{ number: string }>("SELECT current_setting('server_version_num') AS number");
        const old = await startRewritingProxy(server.port, text => text.replace(rows[0]!.number, '090624'));
        undo.push(() => old.stop());
        expectFinding(await examine(withPort(old.port)), 'version', 'problem', /too old.*Postgres 10 or later/);

        const behind = await startRewritingProxy(server.port, text =>
            text.replace(/\b(1\d{9})(?=\d{3}(\.\d|\b))/, s => String(Number(s) - 90))
        );
        undo.push(() => behind.stop());
        expectFinding(await examine(withPort(behind.port)), 'clock', 'warning', /the clock is (89|90)\.\d s behind this machine's/);

        const far = await FaultProxy.start(server.port);
        undo.push(() => far.stop());
        await far.set({ delayMs: 12 });
        expectFinding(await examine(withPort(far.port)), 'latency', 'warning', /same region/);
    });

    it('P6: finds records that cannot be read, and that nobody sweeps', async () => {
        const id = 'x'.repeat(43);
        const insert = `INSERT INTO mcp_sessions (id, data, revision, counted, touched_at, expires_at, sweep_at)
            VALUES ($1, '{', 0, false, now(), now() + $2::interval, now())`;
        await owner.query(insert, [id, '1 hour']);
        await owner.query(insert, ['y'.repeat(43), '-1 hour']);
        undo.push(() => owner.query('TRUNCATE mcp_sessions'));
        const examined = await examine(server.url);
        expectFinding(examined, 'records', 'warning', /^1 record cannot be read/);
        expectFinding(examined, 'sweep', 'note', /1 sessions have expired more than 15 minutes ago/);
    });

    it('F1: says why it cannot be reached, and no secret', async () => {
        const hba = join(server.folder, 'data/pg_hba.conf');
        const before = readFileSync(hba, 'utf8');
        writeFileSync(hba, `host all locked 127.0.0.1/32 scram-sha-256\n${before}`);
        await owner.query("CREATE ROLE locked LOGIN PASSWORD 'right'");
        await owner.query('SELECT pg_reload_conf()');
        undo.push(async () => {
            writeFileSync(hba, before);
            await owner.query('DROP ROLE locked; SELECT pg_reload_conf()');
        });
        const reach = async (url: string) => JSON.stringify(await examine(url));
        await expect
            .poll(() => reach(as('locked')), { timeout: 20_000 })
            .toMatch(/password authentication failed.*User or password are wrong/);
        const missing = await reach(Object.assign(new URL(server.url), { pathname: '/nowhere' }).href);
        expect(missing).toMatch(/does not exist.*no database of this name/);
        const refused = await reach('postgres://me:Pa55word@127.0.0.1:1/x');
        expect(refused).toMatch(/ECONNREFUSED.*Nobody listens there/);
        expect([await reach(as('locked')), refused].join()).not.toContain('Pa55word');
    });

    it('finds a database that is not in UTF-8', async () => {
        await owner.query("CREATE DATABASE latin ENCODING 'SQL_ASCII' TEMPLATE template0");
        undo.push(() => owner.query('DROP DATABASE latin'));
        const url = Object.assign(new URL(server.url), { pathname: '/latin' }).href;
        expectFinding(await examine(url), 'encoding', 'problem', /SQL_ASCII.*UTF8/);
    });
});

describe.each([
    { version: 10, durable: false },
    { version: 18, durable: true }
] as const)('doctor, Postgres $version', ({ version, durable }) => {
    let other: PrivatePostgres;
    beforeAll(async () => {
        other = await startPrivatePostgres({ version, durable });
    });
    afterAll(() => other.stop());

    it(`finds ${durable ? 'nothing where all is as it should be' : 'that fsync is off'}`, async () => {
        expect(await runCli(['migrate', '--schema', 'sessions'], { env: { POSTGRES_URL: other.url } })).toMatchObject({ code: 0 });
        const examined = await examine(other.url, ['--schema', 'sessions']);
        expect(troubles(examined)).toEqual(durable ? [] : ['problem durability']);
        if (!durable) expectFinding(examined, 'durability', 'problem', /fsync is off: .*whole database/);
    });
});
