import { failure } from './failure.js';
import { readLedgerOrNone } from './ledger.js';
import type { PostgresPool } from './client.js';
import { lostParts, type LostPart } from './lostParts.js';
import { isBreaking, migrations } from './migrations/index.js';
import { requirePool } from './optionChecks.js';
import { Tables, type TableOptions } from './tables.js';

/** What there is of the tables, beside what this release needs. */
export interface SchemaReport {
    /** The number of the last migration that was run; 0 where there are no tables. */
    readonly version: number;
    /** The number of the last one that this release knows. */
    readonly needed: number;
    /** Those that are missing, in order. `breaking`: servers of earlier releases cannot go on behind it. */
    readonly missing: readonly { readonly version: number; readonly name: string; readonly breaking: boolean }[];
    /** Whether a later release has changed the tables so that this one cannot use them. */
    readonly isTooNew: boolean;
    /** What the ledger says was made, and somebody has dropped since. {@link migrate} makes lost functions anew. */
    readonly lost: readonly LostPart[];
}

/**
 * What {@link migrate} would do, and whether this release can use the tables. Changes nothing.
 *
 * @throws SessionError `STORE_UNAVAILABLE` when Postgres failed.
 */
export async function schemaReport(pool: PostgresPool, options: TableOptions = {}): Promise<SchemaReport> {
    requirePool(pool, 'schemaReport');
    const tables = new Tables(options);
    try {
        const run = (text: string, values: unknown[]) => pool.query({ text, values });
        const { version, breaking } = await readLedgerOrNone(run, tables);
        const missing = migrations
            .map(({ name, sql }, index) => ({ version: index + 1, name, breaking: isBreaking(sql(tables)) }))
            .slice(version);
        const lost = await lostParts(run, tables, version);
        return { version, needed: migrations.length, missing, isTooNew: breaking > migrations.length, lost };
    } catch (error) {
        throw failure(error, tables);
    }
}
