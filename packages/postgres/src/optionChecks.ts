import type { PostgresPool } from './client.js';

/** @throws TypeError for what is no pool. */
export function requirePool(pool: unknown, name: string): asserts pool is PostgresPool {
    const { query, connect, on } = (pool ?? {}) as Partial<PostgresPool>;
    if ([query, connect, on].some(member => typeof member !== 'function')) {
        throw new TypeError(`${name} needs { pool }: a Pool of pg, for example new Pool({ connectionString })`);
    }
}

/** @throws RangeError for a number that is not positive. @returns the time in whole milliseconds. */
export function milliseconds(seconds: number, name: string): number {
    if (!Number.isFinite(seconds) || seconds <= 0) {
        throw new RangeError(`${name} must be a positive number of seconds, got ${String(seconds)}`);
    }
    return Math.ceil(seconds * 1000);
}

/** @throws RangeError for what is no positive number. */
export function requirePositive(value: number, name: string): number {
    if (!Number.isFinite(value) || value <= 0) {
        throw new RangeError(`${name} must be a positive number, got ${String(value)}`);
    }
    return value;
}

/** @throws RangeError for what is no positive whole number. */
export function requireCount(value: number, name: string): number {
    if (!Number.isSafeInteger(value) || value <= 0) {
        throw new RangeError(`${name} must be a positive whole number, got ${String(value)}`);
    }
    return value;
}

/** @throws RangeError for what is neither left out nor a positive whole number. @returns null for no cap. */
export function optionalCount(value: number | undefined, name: string): number | null {
    return value === undefined || value === Infinity ? null : requireCount(value, name);
}
