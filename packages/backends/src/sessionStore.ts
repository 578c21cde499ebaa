import { InMemorySessionLock, SessionError, type EncryptionOptions } from '@mcp-sessions/core';
import { RedisSessionLock } from '@mcp-sessions/redis';
import type { Environment } from './choice.js';
import { encryptionOf } from './encryptionKeys.js';
import { environment, isProduction } from './environment.js';
import { consoleLogger, type BackendLogger } from './logger.js';
import { managedSessionStore, type ManagedSessionStore } from './managedSessionStore.js';
import { MemoryShelf } from './memoryShelf.js';
import { openForGood, placeOf } from './openRedis.js';
import { reason } from './outageReport.js';
import { whyUnavailable } from './redisAvailability.js';
import { redisShelf } from './redisShelf.js';

export interface MemorySessionStoreOptions {
    /** Time to live in seconds, counted from the last use. @default 3600 */
    defaultTtl?: number;
    /** Milliseconds that `withLock` waits for a lock. @default 30000 */
    lockTimeout?: number;
}

export interface SessionStoreOptions extends MemorySessionStoreOptions {
    /** @default REDIS_URL of the environment */
    redisUrl?: string;
    /** Stands before every key in Redis. @default 'mcp:session:' */
    prefix?: string;
    /** Memory without a look at Redis; in production, too. @default false */
    preferMemory?: boolean;
    /** Whether memory may stand in for Redis where `NODE_ENV` is `production`. @default false */
    allowMemoryInProduction?: boolean;
    /** Milliseconds that Redis may take to answer at the start. @default 1000 */
    timeoutMs?: number;
    /** Say what was decided, on standard error. @default false */
    verbose?: boolean;
    /** Encrypts what is stored; false forces that nothing is. @default the keys of `MCP_SESSIONS_ENCRYPTION_KEYS`, if it is set */
    encryption?: EncryptionOptions | false;
    /** Laid over the options that the driver's client is made with. For a Redis Cluster: its `redisOptions`. */
    driverOptions?: Readonly<Record<string, unknown>>;
    /** @default process.env */
    env?: Environment;
    /** @default warnings on standard error */
    logger?: BackendLogger;
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
    const { logger = consoleLogger, env = environment(), verbose = false, timeoutMs = 1000 } = options;
    const say = (message: string) => verbose && logger.warn(`mcp-sessions: ${message}`);
    const settings = settingsOf(options);
    if (options.preferMemory === true) {
        say('sessions are in memory, as preferMemory says');
        return createMemorySessionStore(options);
    }
    const [url, namedBy] = options.redisUrl === undefined ? [env['REDIS_URL']?.trim() ?? '', 'REDIS_URL'] : [options.redisUrl, 'redisUrl'];
    if (url === '') {
        return fallBack(options, env, logger, 'no Redis is named: neither redisUrl nor REDIS_URL is set');
    }
    const place = placeOf({ url, namedBy });
    const encryption = encryptionOf(options.encryption, env);
    const trouble = await whyUnavailable(place, namedBy, timeoutMs, options.driverOptions);
    if (trouble) {
        return fallBack(options, env, logger, `the Redis that ${namedBy} names cannot be used (${reason(trouble)})`);
    }
    const redis = await openForGood(place, { namedBy }, logger, options.driverOptions);
    try {
        const keyed = { redis: redis.client, ...(options.prefix !== undefined && { keyPrefix: options.prefix }) };
        const shelf = redisShelf(
            { ...keyed, ttlSeconds: settings.ttlSeconds, logger },
            encryption && { onerror: error => logger.warn(`mcp-sessions: ${error.message}`), ...encryption }
        );
        const sessionLock = new RedisSessionLock(keyed);
        say(`sessions are in Redis, as ${namedBy} names it${encryption ? ', encrypted' : ''}`);
        return managedSessionStore({ kind: 'redis', shelf, sessionLock, lockTimeoutMs: settings.lockTimeoutMs, close: redis.close });
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

function fallBack(options: SessionStoreOptions, env: Environment, logger: BackendLogger, why: string): ManagedSessionStore {
    if (isProduction(env) && options.allowMemoryInProduction !== true) {
        throw new SessionError(
            'CONFIGURATION',
            `Sessions need a Redis in production, and ${why}. In memory they would end with each process, and no other node would ` +
                'know them. Set `allowMemoryInProduction` or `preferMemory` if that is what you want'
        );
    }
    logger.warn(`mcp-sessions: ${why}. SESSIONS ARE IN THE MEMORY OF THIS PROCESS: they end when it ends, and no other node knows them`);
    return createMemorySessionStore(options);
}

/** @throws RangeError for a number that is not positive. */
function settingsOf({ defaultTtl = 3600, lockTimeout = 30_000 }: MemorySessionStoreOptions) {
    for (const [name, value] of Object.entries({ defaultTtl, lockTimeout })) {
        if (!Number.isFinite(value) || value <= 0) {
            throw new RangeError(`${name} must be a positive number, got ${String(value)}`);
        }
    }
    return { ttlSeconds: defaultTtl, lockTimeoutMs: lockTimeout };
}
