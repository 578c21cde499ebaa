import { migrationSql } from '@mcp-sessions/postgres';
import { describe, expect, it } from 'vitest';
import { privatePostgres } from '../support/privateServers.js';
import { runCli } from './support/runCli.js';

const { server, pool } = await privatePostgres();
const migrate = (...words: string[]) => runCli(['migrate', ...words], { env: { POSTGRES_URL: server.url } });

describe('migrate', () => {
    it('says what is to do, does it once, and then has nothing to do', async () => {
        const before = await migrate('--dry-run');
        expect(before.code).toBe(1);
        expect(before.stdout).toMatch(/^There are no tables; this release needs version (\d+)\. To do:\n {2}1 {2}tables\n/);
        expect((await pool.query("SELECT to_regclass('mcp_sessions') AS name")).rows).toEqual([{ name: null }]);
        expect((await migrate('--sql')).stdout).toBe(migrationSql());

        const done = await migrate();
        expect(done).toMatchObject({ code: 0, stdout: expect.stringMatching(/Done:\n {2}1 {2}tables\n/) as string });
        expect(await migrate()).toMatchObject({
            code: 0,
            stdout: expect.stringMatching(/^The tables are at version \d+: nothing to do\n$/) as string
        });
        expect(await migrate('--dry-run')).toMatchObject({ code: 0 });
        expect((await migrate('--sql')).stdout).toBe('');
    });

    it('does the rest of what was begun, in the tables that are named', async () => {
        const names = { schema: 'apart', tableName: 'mcp' };
        await migrate('--schema', 'apart', '--table', 'mcp');
        const last = await pool.query<{ version: number }>('SELECT max(version) AS version FROM apart.mcp_migrations');
        const needed = last.rows[0]!.version;
        await pool.query('DELETE FROM apart.mcp_migrations WHERE version = $1', [needed]);
        const { stdout, code } = await migrate('--schema', 'apart', '--table', 'mcp', '--dry-run', '--json');
        expect(code).toBe(1);
        expect(JSON.parse(stdout)).toMatchObject({ version: needed - 1, needed, steps: [{ version: needed }], done: false });
        expect((await migrate('--schema', 'apart', '--table', 'mcp', '--sql')).stdout).toBe(migrationSql({ ...names, after: needed - 1 }));
    });

    it('refuses tables of a later release, and says why a role may not', async () => {
        await pool.query("INSERT INTO mcp_sessions_migrations (version, name, breaking) VALUES (99, 'later', true)");
        expect(await migrate()).toMatchObject({
            code: 1,
            stderr: expect.stringMatching(/^error: The tables are at version 99.*update/) as string
        });
        await pool.query('CREATE ROLE poor LOGIN');
        const url = Object.assign(new URL(server.url), { username: 'poor' }).href;
        const refused = await runCli(['migrate', '--schema', 'new', '--url', url]);
        expect(refused).toMatchObject({ code: 1, stderr: expect.stringMatching(/^error: Postgres failed \(42501\)[^\n]*\n$/) as string });
    });
});
