import { requireCount } from '@mcp-sessions/core';
import type { PostgresPool } from './client.js';

/** @throws TypeError for what is no pool. */
export function requirePool(pool: unknown, name: string): asserts pool is PostgresPool {
    const { query, connect, on } = (pool ?? {}) as Partial<PostgresPool>;
    if ([query, connect, on].some(member => typeof member !== 'function')) {
        throw new TypeError(`${name} needs { pool }: a Pool of pg, for example new Pool({ connectionString })`);
    }
}

/** @throws RangeError for what is neither left out nor a positive whole number. @returns null for no cap. */
export function optionalCount(value: number | undefined, name: string): number | null {
    return value === undefined || value === Infinity ? null : requireCount(value, name);
}
