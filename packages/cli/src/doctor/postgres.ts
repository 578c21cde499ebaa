import type { OpenedClient } from '@mcp-sessions/backends';
import type { BackendFlags } from '../backend.js';
import { reasonOf } from '../printable.js';
import type { Findings } from './findings.js';
import { checkClock, checkLatency } from './measure.js';
import { qualified } from '../tableNames.js';
import { reachAdvice } from './postgresAdvice.js';
import { checkPostgresRights } from './postgresRights.js';

/** What is used of a pool. */
export type Ask = <Row>(text: string, values?: unknown[]) => Promise<Row[]>;

interface Server {
    readonly version: string;
    readonly number: number;
    readonly encoding: string;
    readonly replica: boolean;
    readonly read_only: string;
    readonly fsync: string;
    readonly synchronous_commit: string;
    readonly full_page_writes: string;
    readonly autovacuum: string;
    readonly tls: boolean;
}

const server = `SELECT current_setting('server_version') AS version, current_setting('server_version_num')::int AS number,
    pg_encoding_to_char(encoding) AS encoding, pg_is_in_recovery() AS replica,
    current_setting('default_transaction_read_only') AS read_only, current_setting('fsync') AS fsync,
    current_setting('synchronous_commit') AS synchronous_commit, current_setting('full_page_writes') AS full_page_writes,
    current_setting('autovacuum') AS autovacuum,
    coalesce((SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()), false) AS tls
    FROM pg_database WHERE datname = current_database()`;

/** All that concerns Postgres. False when it cannot be used at all. */
export async function examinePostgres(
    client: OpenedClient & { kind: 'postgres' },
    flags: BackendFlags,
    findings: Findings
): Promise<boolean> {
    const ask: Ask = async <Row>(text: string, values: unknown[] = []) => (await client.pool.query({ text, values })).rows as Row[];
    client.pool.on('error', () => undefined); // What a connection dies of is found by the next statement.
    let found: Server | undefined;
    try {
        [found] = await ask<Server>(server);
    } catch (error) {
        const { code = '' } = error as { code?: string };
        findings.problem('reach', `Postgres cannot be used: ${reasonOf(error)}`, reachAdvice(code));
        return false;
    }
    findings.ok('reach', 'Postgres answers');
    if (found) {
        checkServer(found, findings);
    }
    await checkClock(findings, '', async () => {
        const [row] = await ask<{ ms: number }>('SELECT extract(epoch FROM clock_timestamp())::float8 * 1000 AS ms');
        return row?.ms ?? NaN;
    });
    await checkLatency(findings, '', () => ask('SELECT 1'));
    if (!(await checkTables(client, flags, findings))) {
        return false;
    }
    const areAllowed = await checkPostgresRights(ask, flags, findings);
    if (areAllowed) {
        await checkSweep(ask, flags, findings);
    }
    return areAllowed && found?.replica !== true; // Whatever else is tried on a replica is refused.
}

function checkServer(found: Server, findings: Findings): void {
    if (found.number < 100_000) {
        findings.problem('version', `the server is Postgres ${found.version}, which is too old`, 'Use Postgres 10 or later');
    } else {
        findings.ok('version', `the server is Postgres ${found.version}`);
    }
    if (found.encoding !== 'UTF8') {
        findings.problem('encoding', `the database is encoded in ${found.encoding}`, 'Make one with ENCODING UTF8: records are Unicode');
    }
    if (found.replica || found.read_only === 'on') {
        findings.problem(
            'role',
            found.replica
                ? 'the server is a read replica: each request writes, and is refused'
                : 'transactions are read-only by default here',
            found.replica ? 'Name the primary in the URL' : 'Set default_transaction_read_only to off for this role and database'
        );
    }
    const isDurable = found.fsync === 'on' && found.full_page_writes === 'on';
    if (!isDurable) {
        findings.problem(
            'durability',
            `${found.fsync === 'on' ? 'full_page_writes' : 'fsync'} is off: when the machine fails, the whole database may be lost, not only sessions`,
            'Set it on. It is for databases that can be made anew'
        );
    }
    if (found.synchronous_commit === 'off') {
        findings.warning(
            'durability',
            'synchronous_commit is off: a crash loses what was acknowledged in the last moments, whole sessions too',
            'Set it on, at least for the role of the servers: ALTER ROLE <role> SET synchronous_commit = on'
        );
    } else if (isDurable) {
        findings.ok('durability', `fsync and full_page_writes are on, synchronous_commit is ${found.synchronous_commit}`);
    }
    if (found.autovacuum !== 'on') {
        findings.warning('autovacuum', 'autovacuum is off: tables of sessions grow with each use', 'Set it on');
    }
    if (found.tls) {
        findings.ok('tls', 'the server says that the connection is encrypted');
    }
}

/** Whether the tables are what this release needs. */
async function checkTables(client: OpenedClient & { kind: 'postgres' }, flags: BackendFlags, findings: Findings): Promise<boolean> {
    const { schemaReport } = await import('@mcp-sessions/postgres');
    try {
        const { version, needed, missing, isTooNew, lost } = await schemaReport(client.pool, tablesOf(flags));
        if (isTooNew) {
            findings.problem(
                'tables',
                `the tables are at version ${version}, which this release (${needed}) cannot use: servers of it answer 503`,
                'Update the packages of the servers, and this one'
            );
            return false;
        }
        if (missing.length > 0) {
            const has = version === 0 ? 'there are no tables here' : `the tables are at version ${version}`;
            findings.problem('tables', `${has}, and this release needs version ${needed}: servers answer 503`, 'Run: mcp-sessions migrate');
            return false;
        }
        if (lost.length > 0) {
            const names = lost.slice(0, 8).map(({ name }) => name);
            findings.problem(
                'tables',
                `the ledger says version ${version}, but ${lost.length} of its tables and functions are missing, among them ${names.join(', ')}: requests that need them are 503`,
                lost.some(({ kind }) => kind === 'table')
                    ? 'Restore the whole schema. To do without what was in it, drop all tables and functions of this name, the ledger too, and run: mcp-sessions migrate'
                    : 'Run: mcp-sessions migrate, which makes functions anew'
            );
            return false;
        }
        findings.ok('tables', `the tables are at version ${version}${version > needed ? `; this release needs ${needed}` : ''}`);
        return true;
    } catch (error) {
        const isRight = /42501/.test(reasonOf(error));
        findings.problem(
            isRight ? 'rights' : 'tables',
            isRight
                ? 'the role may not read the ledger of the tables: servers answer 503'
                : `the ledger of the tables cannot be read: ${reasonOf(error)}`,
            isRight ? 'GRANT USAGE on the schema and SELECT on the table …_migrations (docs/postgres.md, Migrations)' : 'See the reason'
        );
        return false;
    }
}

/** Whether what has expired is removed: each server does it once a minute. */
async function checkSweep(ask: Ask, flags: BackendFlags, findings: Findings): Promise<void> {
    const [row] = await ask<{ count: number }>(
        `SELECT count(*)::int AS count FROM ${qualified(flags.schema, flags.table ?? 'mcp_sessions', '')} WHERE expires_at < now() - interval '15 minutes'`
    );
    if ((row?.count ?? 0) > 0) {
        findings.note(
            'sweep',
            `${row?.count} sessions have expired more than 15 minutes ago and are still there: no server has swept lately`,
            'A server sweeps once a minute while it runs; where none runs for long, call sweep() of @mcp-sessions/postgres by a timer'
        );
    }
}

export function tablesOf({ schema, table }: BackendFlags) {
    return { ...(schema !== undefined && { schema }), ...(table !== undefined && { tableName: table }) };
}
