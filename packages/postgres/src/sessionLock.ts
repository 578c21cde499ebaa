import { digest, requirePositive, type SessionLock } from '@mcp-sessions/core';
import { Database, type DatabaseOptions } from './database.js';
import { Sweeper, type SweeperOptions } from './sweeper.js';
import type { Tables } from './tables.js';

export type PostgresSessionLockOptions = DatabaseOptions & SweeperOptions;

/**
 * Locks in Postgres 10 or later: one row for each that is held. Fencing tokens come from one sequence, so they grow for all names
 * and for ever.
 *
 * @see {@link SessionLock} for what each method promises.
 */
export class PostgresSessionLock implements SessionLock {
    private readonly database: Database;
    private readonly sweeper: Sweeper;
    private readonly sql: ReturnType<typeof statements>;

    /** @throws TypeError without a pool; RangeError for a strange name. */
    constructor(options: PostgresSessionLockOptions) {
        this.database = new Database(options, 'PostgresSessionLock');
        this.sql = statements(this.database.tables);
        this.sweeper = new Sweeper(this.database, options);
    }

    async acquire(name: string, holder: string, leaseMs: number): Promise<number | null> {
        this.sweeper.start();
        const values = [await keyOf(name), JSON.stringify(holder), requirePositive(leaseMs, 'leaseMs')];
        const [row] = await this.database.rows<{ token: string | null }>(this.sql.acquire, values);
        return row?.token ? Number(row.token) : null;
    }

    async renew(name: string, holder: string, leaseMs: number): Promise<boolean> {
        const values = [await keyOf(name), JSON.stringify(holder), requirePositive(leaseMs, 'leaseMs')];
        return (await this.database.rows(this.sql.renew, values)).length > 0;
    }

    async release(name: string, holder: string): Promise<boolean> {
        return (await this.database.rows(this.sql.release, [await keyOf(name), JSON.stringify(holder)])).length > 0;
    }

    /** Ends the sweeper; locks that are held run out. */
    async close(): Promise<void> {
        await this.sweeper.close();
    }
}

/** As JSON, any name is one that can be hashed without becoming another. */
function keyOf(name: string): Promise<string> {
    return digest(JSON.stringify(name));
}

function statements(t: Tables) {
    const locks = t.named('_locks');
    return {
        acquire: `SELECT ${t.named('_acquire')}($1, $2, $3)::text AS token`,
        renew: `UPDATE ${locks} SET ends_at = now() + $3::double precision * interval '1 millisecond'
            WHERE name = $1 AND holder = $2 AND ends_at > now() RETURNING 1`,
        release: `DELETE FROM ${locks} WHERE name = $1 AND holder = $2 AND ends_at > now() RETURNING 1`
    };
}
