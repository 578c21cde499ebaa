// What a doctor of Postgres can find and no server here can be brought to show:
// - `tls`, no TLS over the public network: there is no public network; addresses are told apart in doctorRedis.test.ts.
// - `version`, too old, and `clock`: the words are put into the server's mouth in doctorPostgres.test.ts.

import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { migrate, migrationSql } from '@mcp-sessions/postgres';
import { Client } from 'pg';
import { describe, expect, it } from 'vitest';
import { startPrivatePostgres } from '../../scripts/services.mjs';
import { privatePostgres } from '../support/privateServers.js';
import { examine, expectFinding, troubles } from './support/doctor.js';
import { startRewritingProxy } from './support/rewritingProxy.js';
import { runCli } from './support/runCli.js';
import { undoing } from './support/undoing.js';

const { server, pool: owner } = await privatePostgres({ durable: true });
await migrate(owner);
const undo = undoing();

const urlWith = (changes: Partial<URL>) => Object.assign(new URL(server.url), changes).href;

/** A connection that somebody else has. */
async function taken(url: string): Promise<Client> {
    const client = new Client(url);
    client.on('error', () => undefined); // The server may end it.
    await client.connect();
    return client;
}

describe('doctor, Postgres that is not in order', () => {
    it('finds the tables of an earlier release, and migrate brings them up to date', async () => {
        const [early] = migrationSql({ schema: 'early' }).split('\n-- 3: ');
        await owner.query(early ?? '');
        undo.push(() => owner.query('DROP SCHEMA early CASCADE'));
        const words = ['--schema', 'early'];
        const examined = await examine(server.url, words);
        expect(troubles(examined)).toEqual(['problem tables']);
        expectFinding(examined, 'tables', 'problem', /at version 2, and this release needs version \d+: .*503 → Run: mcp-sessions migrate/);
        expect(await runCli(['migrate', ...words], { env: { POSTGRES_URL: server.url } })).toMatchObject({ code: 0 });
        expect(troubles(await examine(server.url, words))).toEqual([]);
    });

    it('finds that all connections are taken, and that too few are left to listen', async () => {
        const table = 'GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO few';
        await owner.query(`CREATE ROLE few LOGIN CONNECTION LIMIT 1; ${table}`);
        undo.push(() => owner.query('DROP OWNED BY few; DROP ROLE few'));
        const url = urlWith({ username: 'few' });
        const others = await taken(url);
        const full = await examine(url);
        await others.end();
        const left = () => owner.query("SELECT FROM pg_stat_activity WHERE usename = 'few'");
        await expect.poll(async () => (await left()).rowCount, { timeout: 20_000 }).toBe(0);
        expectFinding(full, 'reach', 'problem', /too many connections for role "few".*driverOptions: \{ max \}.*CONNECTION LIMIT/);

        // One is enough to look, and one too few to serve.
        const tight = await examine(url);
        expect(troubles(tight)).toEqual(['problem bus', 'problem records']);
        expectFinding(tight, 'bus', 'problem', /by LISTEN: Postgres failed \(53300\): too many connections.*CONNECTION LIMIT/);
        expectFinding(tight, 'records', 'problem', /sessions cannot be listed: Postgres failed \(53300\)/);
    });

    it('finds a server that stops answering', async () => {
        const hangs = await startRewritingProxy(
            server.port,
            text => text,
            text => {
                if (text.includes('clock_timestamp')) server.pause();
                return text;
            }
        );
        undo.push(
            () => hangs.stop(),
            () => server.resume()
        );
        const examined = await examine(urlWith({ port: String(hangs.port) }), ['--timeout', '1s']);
        expectFinding(examined, 'reach', 'problem', /the backend stopped answering: Query read timeout.*Look at its log/);
        expect(examined.code).toBe(1);
    });

    it('finds a server that shuts down, and a hot standby', async () => {
        const other = await startPrivatePostgres({ durable: true });
        undo.push(() => other.stop());
        const env = { POSTGRES_URL: other.url };
        expect(await runCli(['migrate'], { env })).toMatchObject({ code: 0 });
        const last = await taken(other.url);
        // It waits for those who are connected, and lets nobody else in.
        process.kill(other.pid, 'SIGTERM');
        const reach = async () => JSON.stringify(await examine(other.url));
        await expect.poll(reach, { timeout: 20_000 }).toMatch(/is shutting down.*starts or shuts down: wait/);
        await last.end();
        await expect.poll(() => other.isRunning, { timeout: 20_000 }).toBe(false);

        const signal = join(other.folder, 'data/standby.signal');
        writeFileSync(signal, '');
        undo.push(() => rmSync(signal, { force: true }));
        await other.start();
        const standby = await examine(other.url);
        // Nothing is said of a pooler, though LISTEN is refused.
        expect(troubles(standby)).toEqual(['problem role']);
        expectFinding(standby, 'role', 'problem', /read replica: each request writes, and is refused → Name the primary/);
    });
});
