import { Pool, type PoolConfig } from 'pg';

/**
 * A pool whose idle connections may be lost, as they are when its server is stopped: `end()` resolves before the server has
 * heard of it, and what the server says then is an `error` event, which without a listener ends the process.
 */
export function testPool(config: PoolConfig): Pool {
    const pool = new Pool(config);
    pool.on('error', () => undefined);
    return pool;
}
