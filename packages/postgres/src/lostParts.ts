import type { PostgresResult } from './client.js';
import { migrations } from './migrations/index.js';
import type { Tables } from './tables.js';

/** A table or a function that the ledger says was made, and that is not there. */
export interface LostPart {
    readonly kind: 'table' | 'function';
    /** Without its schema. */
    readonly name: string;
    /** What makes a function anew. A table cannot be had back: what was in it is lost. */
    readonly sql?: string;
}

type Run = (text: string, values: unknown[]) => Promise<PostgresResult>;

const quoted = '"(?:[^"]|"")+"';
const tablePattern = new RegExp(`^CREATE (?:UNLOGGED )?TABLE (?:${quoted}\\.)?(${quoted})`, 'gm');
const functionPattern = new RegExp(`^CREATE FUNCTION (?:${quoted}\\.)?(${quoted})[^]*?\\bAS (\\$body\\d*\\$)[^]*?\\n\\2[^;]*;`, 'gm');

/** What somebody has dropped of what the first migrations made, up to a version: a restore that was not whole, for example. */
export async function lostParts(run: Run, tables: Tables, version: number): Promise<readonly LostPart[]> {
    const made = migrations.slice(0, version).flatMap(({ sql }) => partsOf(sql(tables)));
    if (made.length === 0) {
        return [];
    }
    const { rows } = await run(
        `SELECT kind, name FROM unnest($2::text[], $3::text[]) AS made (kind, name), pg_class AS ledger
            WHERE ledger.oid = to_regclass($1) AND CASE kind
                WHEN 'table' THEN NOT EXISTS (SELECT FROM pg_class c WHERE c.relnamespace = ledger.relnamespace AND c.relname = made.name)
                ELSE NOT EXISTS (SELECT FROM pg_proc p WHERE p.pronamespace = ledger.relnamespace AND p.proname = made.name)
            END`,
        [tables.named('_migrations'), made.map(({ kind }) => kind), made.map(({ name }) => name)]
    );
    const lost = new Set((rows as { kind: string; name: string }[]).map(({ kind, name }) => `${kind} ${name}`));
    return made.filter(({ kind, name }) => lost.has(`${kind} ${name}`));
}

function partsOf(sql: string): LostPart[] {
    const tables = [...sql.matchAll(tablePattern)].map(([, name = '']): LostPart => ({ kind: 'table', name: unquoted(name) }));
    const functions = [...sql.matchAll(functionPattern)].map(
        ([text, name = '']): LostPart => ({ kind: 'function', name: unquoted(name), sql: text })
    );
    return [...tables, ...functions];
}

function unquoted(name: string): string {
    return name.slice(1, -1).replaceAll('""', '"');
}
