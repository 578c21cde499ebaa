import type { PostgresPool } from '@mcp-sessions/postgres';
import type { Command } from 'commander';
import { backendOptions, withClient, type BackendFlags } from '../backend.js';
import { action, unlessInterrupted, type Cli } from '../cli.js';
import { CliError, exitCodes, UsageError } from '../exitCodes.js';
import { printable } from '../printable.js';

interface MigrateFlags extends BackendFlags {
    readonly dryRun?: boolean;
    readonly sql?: boolean;
}

const help = `
Makes the tables of Postgres, or brings them up to date; what is there stays. All steps run in one transaction, one process at
a time, so it may be called by several at once. Run it when you deploy, before the servers, with a role that may create
tables. A step that is "breaking" is one behind which servers of earlier releases cannot go on.

Examples:
  $ mcp-sessions migrate --dry-run
  $ mcp-sessions migrate --schema sessions
  $ mcp-sessions migrate --sql > sessions.sql`;

export function addMigrate(program: Command, cli: Cli): void {
    backendOptions(program.command('migrate').description('makes the tables of Postgres, or brings them up to date'))
        .option('--dry-run', 'only says what is to do; exit code 1 if there is something')
        .option('--sql', 'prints the statements of what is to do, for tools of your own')
        .addHelpText('after', help)
        .action(
            action(cli, async (flags: MigrateFlags) => {
                if (flags.sql && flags.json) {
                    throw new UsageError('--sql prints statements, and --json prints objects: give one');
                }
                return withClient(cli, flags, async client => {
                    if (client.kind !== 'postgres') {
                        throw new UsageError(`There is nothing to migrate: the backend is ${client.kind}, and only Postgres has tables`);
                    }
                    return migrate(cli, client.pool, flags);
                });
            })
        );
}

async function migrate(cli: Cli, pool: PostgresPool, flags: MigrateFlags): Promise<number> {
    const { out } = cli;
    const postgres = await import('@mcp-sessions/postgres');
    const tables = {
        ...(flags.schema !== undefined && { schema: flags.schema }),
        ...(flags.table !== undefined && { tableName: flags.table })
    };
    const { version, needed, missing, isTooNew, lost } = await unlessInterrupted(cli, () => postgres.schemaReport(pool, tables));
    if (isTooNew) {
        throw new CliError(
            `The tables are at version ${version}, and this release knows ${needed} and cannot use them: update @mcp-sessions/cli`
        );
    }
    if (lost.some(({ kind }) => kind === 'table')) {
        throw new CliError('Tables are missing that the ledger says were made: `mcp-sessions doctor` says which, and what to do');
    }
    if (flags.sql) {
        out.write(lost.map(({ sql }) => `${sql}\n\n`).join(''));
        out.write(missing.length > 0 ? postgres.migrationSql({ ...tables, after: version }) : '');
        return exitCodes.ok;
    }
    const isNeeded = missing.length + lost.length > 0;
    const isDone = isNeeded && !flags.dryRun;
    if (isDone) {
        out.progress('migrating …');
        // Once it has begun it is not left alone: what it has done is taken back, or stays, as a whole.
        await postgres.migrate(pool, tables);
    }
    if (flags.json) {
        const after = isDone ? Math.max(needed, version) : version;
        const names = lost.map(({ name }) => name);
        out.json({ version: after, before: version, needed, steps: missing, ...(names.length > 0 && { lost: names }), done: isDone });
    } else {
        const names = lost.map(({ name }) => name);
        say(cli, version, needed, missing, names, isDone);
    }
    return isNeeded && !isDone ? exitCodes.failed : exitCodes.ok;
}

type Steps = readonly { readonly version: number; readonly name: string; readonly breaking: boolean }[];

function say({ out }: Cli, version: number, needed: number, missing: Steps, lost: readonly string[], isDone: boolean): void {
    const { colours } = out;
    if (missing.length + lost.length === 0) {
        out.line(`The tables are at version ${version}${version > needed ? `, this release needs ${needed}` : ''}: nothing to do`);
        return;
    }
    const from = version === 0 ? 'There are no tables' : `The tables ${isDone ? 'were' : 'are'} at version ${version}`;
    out.line(`${from}; this release needs version ${needed}. ${isDone ? 'Done' : 'To do'}:`);
    for (const step of missing) {
        out.line(`  ${step.version}  ${step.name}${step.breaking ? colours.yellow('  breaking: earlier releases stop here') : ''}`);
    }
    for (const name of lost) {
        out.line(`  -  ${printable(name)}: was made once, and ${isDone ? 'was' : 'is'} missing`);
    }
    if (!isDone) {
        out.line('Run `mcp-sessions migrate` before the servers of this release');
    }
}
