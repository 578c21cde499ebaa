import { isSessionError, SessionError } from '@mcp-sessions/core';
import type { Tables } from './tables.js';

/** Classes of SQLSTATE whose messages name nothing but what is wrong with the server, or tables and functions. */
const harmlessClasses = new Set(['08', '25', '26', '40', '42', '53', '55', '57', '58', 'XX']);

/** What `pg` says of itself, without a code. */
const harmlessMessages = /^(timeout exceeded|connection terminated|connection ended|client |query read timeout|cannot use a pool)/i;

/** No table, no function, no column, no schema. */
const missing = new Set(['42P01', '42883', '42703', '3F000']);

/** A prepared statement that is not there, or is there already: somebody stands between who gives connections to others. */
const poolerTrouble = new Set(['26000', '42P05']);

/** Two transactions in each other's way: the same again succeeds. */
const transient = new Set(['40001', '40P01']);

export function codeOf(error: unknown): string | undefined {
    const { code } = (error ?? {}) as { code?: unknown };
    return typeof code === 'string' ? code : undefined;
}

export function isTransient(error: unknown): boolean {
    return transient.has(codeOf(error) ?? '');
}

/**
 * The error of an outage, without what a driver's error may hold: statements, values, and where and as whom it connects.
 */
export function failure(error: unknown, tables: Tables): SessionError {
    if (isSessionError(error)) {
        return error;
    }
    const code = codeOf(error);
    if (code !== undefined && missing.has(code)) {
        return new SessionError('STORE_UNAVAILABLE', `${summary(error, code)}. ${migrateAdvice(tables)}`);
    }
    if (code !== undefined && poolerTrouble.has(code)) {
        const advice = 'With a pooler in transaction mode set prepare: false (and listen: false)';
        return new SessionError('STORE_UNAVAILABLE', `${summary(error, code)}. ${advice}`);
    }
    return new SessionError('STORE_UNAVAILABLE', summary(error, code));
}

/** What to run where tables are missing. */
export function migrateAdvice(tables: Tables): string {
    return `The tables ${tables.title} are made and brought up to date by migrate(pool, { schema, tableName }), by \`npx @mcp-sessions/cli migrate\`, or by what migrationSql() gives; run it once`;
}

/** One line that says what failed and holds no data. */
export function summary(error: unknown, code = codeOf(error)): string {
    const message = error instanceof Error ? error.message : '';
    const isHarmless = code === undefined ? harmlessMessages.test(message) : harmlessClasses.has(code.slice(0, 2)) && code.length === 5;
    return `Postgres failed${code === undefined ? '' : ` (${code})`}${isHarmless ? `: ${message}` : ''}`;
}
