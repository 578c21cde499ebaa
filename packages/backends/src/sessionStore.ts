import { InMemorySessionLock } from '@mcp-sessions/core';
import { RedisSessionLock } from '@mcp-sessions/redis';
import { detectRedis, type RedisDetectionOptions } from './detectedRedis.js';
import { managedSessionStore, type ManagedSessionStore } from './managedSessionStore.js';
import { MemoryShelf } from './memoryShelf.js';
import { redisShelf } from './redisShelf.js';

export interface MemorySessionStoreOptions {
    /** Time to live in seconds, counted from the last use. @default 3600 */
    defaultTtl?: number;
    /** Milliseconds that `withLock` waits for a lock. @default 30000 */
    lockTimeout?: number;
}

export interface SessionStoreOptions extends MemorySessionStoreOptions, RedisDetectionOptions {
    /** Stands before every key in Redis. @default 'mcp:session:' */
    prefix?: string;
    /** Memory without a look at Redis; in production, too. @default false */
    preferMemory?: boolean;
}

/**
 * A session store in Redis if there is one, else in memory, which is said loudly; for the transport, and for data of the
 * application. Looks for Redis once, now: a store that was made stays what it is.
 *
 * ```ts
 * const sessionStore = await createSessionStore({ defaultTtl: 3600 });
 * const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: () => randomUUID(), sessionStore });
 * ```
 *
 * For streams and messages that any node can go on with, a store is not enough: see {@link createSessionBackend}.
 *
 * @throws SessionError `CONFIGURATION` in production where there is no Redis, unless memory is allowed; for a URL that is none;
 * where a driver is missing. RangeError for a number that is not positive. No message holds a URL or a secret.
 */
export async function createSessionStore(options: SessionStoreOptions = {}): Promise<ManagedSessionStore> {
    const { ttlSeconds, lockTimeoutMs } = settingsOf(options);
    const detected = await detectRedis(options, { option: 'preferMemory', isWanted: options.preferMemory === true });
    if (!detected) {
        return createMemorySessionStore(options);
    }
    const { redis, encryption, logger } = detected;
    try {
        const keyed = { redis: redis.client, ...(options.prefix !== undefined && { keyPrefix: options.prefix }) };
        const shelf = redisShelf({ ...keyed, ttlSeconds, logger }, encryption);
        const sessionLock = new RedisSessionLock(keyed);
        return managedSessionStore({ kind: 'redis', shelf, sessionLock, lockTimeoutMs, close: redis.close });
    } catch (error) {
        await redis.close();
        throw error;
    }
}

/**
 * The same in the memory of this process: for tests and laptops.
 *
 * @throws RangeError for a number that is not positive.
 */
export function createMemorySessionStore(options: MemorySessionStoreOptions = {}): ManagedSessionStore {
    const { ttlSeconds, lockTimeoutMs } = settingsOf(options);
    const shelf = new MemoryShelf({ ttlSeconds });
    const sessionLock = new InMemorySessionLock();
    return managedSessionStore({
        kind: 'memory',
        shelf,
        sessionLock,
        lockTimeoutMs,
        async close() {
            await Promise.all([shelf.close(), sessionLock.close()]);
        }
    });
}

/** @throws RangeError for a number that is not positive. */
export function settingsOf({ defaultTtl = 3600, lockTimeout = 30_000 }: MemorySessionStoreOptions) {
    for (const [name, value] of Object.entries({ defaultTtl, lockTimeout })) {
        if (!Number.isFinite(value) || value <= 0) {
            throw new RangeError(`${name} must be a positive number, got ${String(value)}`);
        }
    }
    return { ttlSeconds: defaultTtl, lockTimeoutMs: lockTimeout };
}
