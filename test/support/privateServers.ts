import { Redis } from 'ioredis';
import { afterAll } from 'vitest';
import { startPrivatePostgres, startPrivateRedis, type PostgresOptions, type RedisOptions } from '../../scripts/services.mjs';
import { testPool } from './testPool.js';

/** A Redis for the tests of a file, and a client of it. Both end after the last of them. */
export async function privateRedis(options?: RedisOptions) {
    const server = await startPrivateRedis(options);
    const redis = new Redis(server.url);
    afterAll(async () => {
        redis.disconnect();
        await server.stop();
    });
    return { server, redis };
}

/** A Postgres for the tests of a file, and a pool of connections to it. Both end after the last of them. */
export async function privatePostgres(options?: PostgresOptions) {
    const server = await startPrivatePostgres(options);
    const pool = testPool({ connectionString: server.url });
    afterAll(async () => {
        await pool.end();
        await server.stop();
    });
    return { server, pool };
}
