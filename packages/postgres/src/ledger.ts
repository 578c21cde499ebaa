import { SessionError } from '@mcp-sessions/core';
import type { PostgresResult } from './client.js';
import { codeOf, migrateAdvice } from './failure.js';
import { isBreaking, migrations } from './migrations/index.js';
import type { Tables } from './tables.js';

/** What a schema is, as its ledger says. */
export interface SchemaState {
    /** The number of its last migration; 0 where there is none. */
    readonly version: number;
    /** The number of its last migration that earlier releases cannot live with; 0 where there is none. */
    readonly breaking: number;
}

/** One row for each migration that was run. */
export function createLedger(tables: Tables): string {
    return `CREATE TABLE IF NOT EXISTS ${tables.named('_migrations')} (
    version integer PRIMARY KEY,
    name text NOT NULL,
    breaking boolean NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
)`;
}

export function readLedger(tables: Tables): string {
    return `SELECT coalesce(max(version), 0) AS version, coalesce(max(version) FILTER (WHERE breaking), 0) AS breaking FROM ${tables.named('_migrations')}`;
}

/** The entry of a migration, for the text that runs it. @param version its number. */
export function ledgerEntry(tables: Tables, version: number, name: string, sql: string): string {
    return `INSERT INTO ${tables.named('_migrations')} (version, name, breaking) VALUES (${version}, '${name}', ${isBreaking(sql)})`;
}

export function stateOf({ rows }: PostgresResult): SchemaState {
    const [{ version, breaking } = { version: 0, breaking: 0 }] = rows as { version: unknown; breaking: unknown }[];
    return { version: Number(version), breaking: Number(breaking) };
}

type Run = (text: string, values: unknown[]) => Promise<PostgresResult>;

/** What the ledger says; no table and no schema are a schema of version 0. */
export async function readLedgerOrNone(run: Run, tables: Tables): Promise<SchemaState> {
    try {
        return stateOf(await run(readLedger(tables), []));
    } catch (error) {
        if (codeOf(error) !== '42P01' && codeOf(error) !== '3F000') {
            throw error;
        }
        return { version: 0, breaking: 0 };
    }
}

/** Rejects, and says what to do, unless this release can use the tables. */
export async function checkLedger(run: Run, tables: Tables): Promise<void> {
    const state = await readLedgerOrNone(run, tables);
    refuseNewer(state, tables);
    if (state.version < migrations.length) {
        const has = state.version === 0 ? 'There are no tables for MCP sessions' : `The tables are at version ${state.version}`;
        throw new SessionError(
            'STORE_UNAVAILABLE',
            `${has}, and this release needs version ${migrations.length}. ${migrateAdvice(tables)}`
        );
    }
}

/** @throws SessionError where a later release has changed the tables so that this one cannot use them. */
export function refuseNewer({ version, breaking }: SchemaState, tables: Tables): void {
    if (breaking > migrations.length) {
        throw new SessionError(
            'STORE_UNAVAILABLE',
            `The tables ${tables.title} are at version ${version}, which a later release of @mcp-sessions/postgres has made; this one knows ` +
                `version ${migrations.length} and cannot use them. Update the package`
        );
    }
}
