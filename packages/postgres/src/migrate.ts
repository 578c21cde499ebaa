import type { PostgresClient, PostgresPool } from './client.js';
import { failure } from './failure.js';
import { hash32 } from './hash.js';
import { createLedger, ledgerEntry, readLedger, refuseNewer, stateOf, checkLedger } from './ledger.js';
import { migrations } from './migrations/index.js';
import { lostParts } from './lostParts.js';
import { requirePool } from './optionChecks.js';
import { Tables, type TableOptions } from './tables.js';

/** The advisory lock under which migrations are run: a number of ours, and one of the tables. */
const lockGroup = 0x6d637073;

/**
 * Makes the tables and functions, or brings them up to date; what is there already stays, and a function that was dropped is made
 * anew. All in one transaction, one at a
 * time: any number of processes may call it at once, and all but one find nothing to do.
 *
 * ```ts
 * await migrate(new Pool({ connectionString: process.env.POSTGRES_URL }));
 * ```
 *
 * Takes the right to create in the schema. Sessions that are in use wait while it runs.
 *
 * @returns how many migrations were run.
 * @throws SessionError `STORE_UNAVAILABLE` when Postgres failed, then nothing was changed; or when the tables belong to a later
 * release that this one cannot work with.
 */
export async function migrate(pool: PostgresPool, options: TableOptions = {}): Promise<number> {
    requirePool(pool, 'migrate');
    const tables = new Tables(options);
    let client: PostgresClient | undefined;
    let isClean = false;
    try {
        client = await pool.connect();
        const run = await migrateOn(client, tables);
        isClean = true;
        return run;
    } catch (error) {
        throw failure(error, tables);
    } finally {
        // A connection that ends takes back what its transaction has done.
        client?.release(!isClean);
    }
}

/**
 * The same as SQL, for those who run their own: everything from the first migration on, or what comes behind the version that
 * a database has. Without `BEGIN` and `COMMIT`.
 *
 * @param options `after`: the number of the last migration that was run. @default 0
 */
export function migrationSql({ after = 0, ...options }: TableOptions & { after?: number } = {}): string {
    const tables = new Tables(options);
    const begin = [
        ...(tables.quotedSchema === undefined ? [] : [`CREATE SCHEMA IF NOT EXISTS ${tables.quotedSchema}`]),
        createLedger(tables)
    ];
    const steps = migrations.slice(after).map(({ name, sql }, index) => {
        const version = after + index + 1;
        const text = sql(tables);
        return `-- ${version}: ${name}\n${text.trim()}\n${ledgerEntry(tables, version, name, text)};`;
    });
    return `${[...(after === 0 ? begin.map(text => `${text};`) : []), ...steps].join('\n\n')}\n`;
}

/**
 * Whether the tables are such that this release can use them; otherwise it rejects and says what to do. What uses the tables
 * asks the same with its first call; here it is for a process that wants to know when it starts.
 */
export async function checkSchema(pool: PostgresPool, options: TableOptions = {}): Promise<void> {
    requirePool(pool, 'checkSchema');
    const tables = new Tables(options);
    try {
        await checkLedger((text, values) => pool.query({ text, values }), tables);
    } catch (error) {
        throw failure(error, tables);
    }
}

async function migrateOn(client: PostgresClient, tables: Tables): Promise<number> {
    await client.query({ text: 'BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE' });
    // However long it takes, and however long another one takes.
    await client.query({
        text: 'SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0'
    });
    await client.query({ text: 'SELECT pg_advisory_xact_lock($1, $2)', values: [lockGroup, hash32(tables.title)] });
    await makeSchema(client, tables);
    await client.query({ text: createLedger(tables) });
    const state = stateOf(await client.query({ text: readLedger(tables) }));
    refuseNewer(state, tables);
    const missing = migrations.slice(state.version);
    for (const [index, { name, sql }] of missing.entries()) {
        const text = sql(tables);
        await client.query({ text });
        await client.query({ text: ledgerEntry(tables, state.version + index + 1, name, text) });
    }
    await repair(client, tables, state.version);
    await client.query({ text: 'COMMIT' });
    return missing.length;
}

/** Makes functions anew that somebody has dropped. Where a table is lost, so is what was in it, and that is not for us to hide. */
async function repair(client: PostgresClient, tables: Tables, version: number): Promise<void> {
    const lost = await lostParts((text, values) => client.query({ text, values }), tables, version);
    for (const { sql } of lost.some(({ kind }) => kind === 'table') ? [] : lost) {
        await client.query({ text: sql ?? '' });
    }
}

/** Only if there is none: who may use a schema need not have the right to make one. */
async function makeSchema(client: PostgresClient, tables: Tables): Promise<void> {
    const { quotedSchema } = tables;
    if (quotedSchema !== undefined) {
        const { rows } = await client.query({ text: 'SELECT to_regnamespace($1) IS NULL AS is_missing', values: [quotedSchema] });
        if ((rows[0] as { is_missing: boolean }).is_missing) {
            await client.query({ text: `CREATE SCHEMA ${quotedSchema}` });
        }
    }
}
