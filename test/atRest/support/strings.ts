import type { Redis } from 'ioredis';
import type { Pool } from 'pg';

/** Every text that can be reached from a value, through what is private as well. */
export function stringsIn(root: unknown): string {
    const found: string[] = [];
    const seen = new Set<unknown>();
    const waiting: unknown[] = [root];
    while (waiting.length > 0) {
        const value = waiting.pop();
        if (typeof value === 'string') found.push(value);
        if (typeof value !== 'object' || value === null || seen.has(value)) continue;
        seen.add(value);
        if (value instanceof Map || value instanceof Set) waiting.push(...value.keys(), ...value.values());
        waiting.push(...Object.keys(value), ...(Object.values(value) as unknown[]));
    }
    return found.join('\n');
}

/** All that a Redis holds under a prefix: keys, and values of every type. */
export async function dumpOf(redis: Redis, prefix: string): Promise<string> {
    const keys = await redis.keys(`${prefix}*`);
    const values = await Promise.all(keys.map(async key => read[await redis.type(key)]!(redis, key)));
    return [...keys, ...values.map(value => JSON.stringify(value))].join('\n');
}

const read: Record<string, (redis: Redis, key: string) => Promise<unknown>> = {
    string: (redis, key) => redis.get(key),
    hash: (redis, key) => redis.hgetall(key),
    stream: (redis, key) => redis.xrange(key, '-', '+'),
    zset: (redis, key) => redis.zrange(key, '0', '-1'),
    set: (redis, key) => redis.smembers(key),
    list: (redis, key) => redis.lrange(key, '0', '-1')
};

/** Every row of every table of a schema whose name begins so. */
export async function rowsOf(pool: Pool, schema: string, begin = ''): Promise<string> {
    const { rows: tables } = await pool.query<{ name: string }>(
        `SELECT quote_ident(table_schema) || '.' || quote_ident(table_name) AS name FROM information_schema.tables WHERE table_schema = $1 AND left(table_name, length($2)) = $2`,
        [schema, begin]
    );
    const contents = await Promise.all(
        tables.map(async ({ name }) =>
            (await pool.query<{ row: string }>(`SELECT t::text AS row FROM ${name} t`)).rows.map(({ row }) => row)
        )
    );
    return contents.flat().join('\n');
}
