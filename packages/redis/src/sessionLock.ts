import { requirePositive, type SessionLock } from '@mcp-sessions/core';
import { commandsOf, type RedisClient } from './client.js';
import type { EmbeddedScript, RedisCommands } from './commands.js';
import { lockKey } from './keys.js';
import { acquireLock, releaseLock, renewLock } from './scripts/embedded.js';

export interface RedisSessionLockOptions {
    /** It stays yours: the lock never closes it. */
    redis: RedisClient;
    /** Stands before every key. @default 'mcp:session:' */
    keyPrefix?: string;
}

/**
 * Locks in Redis 6.2 or later: one hash per lock, which expires by itself an hour after it was last held. Each step is a
 * script and one round trip, and leases end by the clock of Redis.
 *
 * A replica that becomes master may not know of a lock that was just granted, and grant it again: with a larger fencing
 * token, as long as its clock is not behind.
 *
 * ```ts
 * const lock = new RedisSessionLock({ redis: new Redis(process.env.REDIS_URL) });
 * await withLock(lock, 'nightly-report', writeReport);
 * ```
 *
 * @see {@link SessionLock} for what each method promises.
 */
export class RedisSessionLock implements SessionLock {
    private readonly redis: RedisCommands;
    private readonly prefix: string;

    /** @throws TypeError without a client. */
    constructor({ redis, keyPrefix = 'mcp:session:' }: RedisSessionLockOptions) {
        this.redis = commandsOf(redis, 'RedisSessionLock');
        this.prefix = keyPrefix;
    }

    async acquire(name: string, holder: string, leaseMs: number): Promise<number | null> {
        const token = await this.run(acquireLock, name, holder, requirePositive(leaseMs, 'leaseMs'));
        return token === null ? null : Number(token);
    }

    async renew(name: string, holder: string, leaseMs: number): Promise<boolean> {
        return Number(await this.run(renewLock, name, holder, requirePositive(leaseMs, 'leaseMs'))) === 1;
    }

    async release(name: string, holder: string): Promise<boolean> {
        return Number(await this.run(releaseLock, name, holder)) === 1;
    }

    /** Nothing to release: the client is the caller's. */
    async close(): Promise<void> {}

    private async run(script: EmbeddedScript, name: string, ...args: (string | number)[]): Promise<unknown> {
        return this.redis.run(script, [await lockKey(this.prefix, name)], args);
    }
}
