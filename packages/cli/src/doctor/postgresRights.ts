import type { BackendFlags } from '../backend.js';
import type { Findings } from './findings.js';
import { qualified } from '../tableNames.js';
import type { Ask } from './postgres.js';

/** By the endings of tables what servers do there, as docs/postgres.md grants it. */
const needed: readonly [ending: string, rights: readonly string[]][] = [
    ...['', '_counts', '_logs', '_events', '_streams', '_mail', '_locks'].map(
        ending => [ending, ['SELECT', 'INSERT', 'UPDATE', 'DELETE']] as [string, readonly string[]]
    ),
    ['_migrations', ['SELECT']]
];

/** Whether the role may do what servers do. */
export async function checkPostgresRights(
    ask: Ask,
    { schema, table = 'mcp_sessions' }: BackendFlags,
    findings: Findings
): Promise<boolean> {
    const named = (ending: string) => qualified(schema, table, ending);
    const tables = needed.flatMap(([ending, rights]) => rights.map(right => ({ name: named(ending), right })));
    const missing = await ask<{ name: string; right: string }>(
        `SELECT name, "right" FROM unnest($1::text[], $2::text[]) AS needed (name, "right")
            WHERE NOT has_table_privilege(name, "right")`,
        [tables.map(({ name }) => name), tables.map(({ right }) => right)]
    );
    const functions = await ask<{ name: string }>(
        `SELECT p.oid::regprocedure::text AS name FROM pg_proc p
            JOIN pg_class c ON c.oid = $1::regclass AND c.relnamespace = p.pronamespace
            WHERE left(p.proname::text, length(c.relname::text) + 1) = c.relname || '_' AND NOT has_function_privilege(p.oid, 'EXECUTE')`,
        [named('')]
    );
    if (missing.length + functions.length === 0) {
        findings.ok('rights', 'the role may do all that servers need');
        return true;
    }
    const byTable = new Map<string, string[]>();
    missing.forEach(({ name, right }) => byTable.set(name, [...(byTable.get(name) ?? []), right]));
    const grants = [
        ...[...byTable].map(([name, rights]) => `GRANT ${rights.join(', ')} ON ${name} TO <role>`),
        ...functions.map(({ name }) => `GRANT EXECUTE ON FUNCTION ${name} TO <role>`)
    ];
    findings.problem(
        'rights',
        `the role lacks rights on ${byTable.size + functions.length} tables or functions: requests that need them are 503`,
        grants.join('; ')
    );
    return false;
}
