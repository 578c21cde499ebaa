import { createMemoryBackend, encryptBackend, type SessionBackend } from '@mcp-sessions/core';
import { createRedisBackend } from '@mcp-sessions/redis';
import { detectRedis, namedRedis, type RedisDetectionOptions } from './detectedRedis.js';
import type { ManagedParts } from './managedSessionStore.js';
import { MemoryShelf } from './memoryShelf.js';
import { redisShelf } from './redisShelf.js';
import { settingsOf, type MemorySessionStoreOptions } from './sessionStore.js';

/** How the services of {@link registerRedisBackedServices} are made. All of it is optional. */
export interface RedisBackedServicesOptions extends MemorySessionStoreOptions, RedisDetectionOptions {
    /** Stands before every key in Redis; those of sessions go on with `session:`. @default 'mcp:' */
    prefix?: string;
    /** Memory without a look at Redis; in production, too. @default false */
    forceMemorySessionStore?: boolean;
}

/** What servers with the same options have in common. */
export type SharedServices = Omit<ManagedParts, 'close'> & Pick<SessionBackend, 'eventLog' | 'messageBus' | 'close'>;

interface Share {
    readonly options: RedisBackedServicesOptions;
    readonly opened: Promise<SharedServices>;
    holders: number;
}

/** What one server holds of the services. */
export interface HeldServices {
    readonly services: SharedServices;
    /** Closes them if nobody else holds them. */
    release(): Promise<void>;
}

/**
 * By options, in this process: there is a server per session, and a connection or a message bus for each would be one too many.
 * Also, what one finds in memory the others must find there.
 */
const shares = new Set<Share>();

export async function holdServices(given: RedisBackedServicesOptions): Promise<HeldServices> {
    const [redisUrl] = namedRedis(given);
    const options = { ...given, redisUrl };
    let share = [...shares].find(other => areSame(other.options, options));
    if (!share) {
        share = { options, opened: openServices(given), holders: 0 };
        shares.add(share);
    }
    const held = share;
    held.holders++;
    try {
        const services = await held.opened;
        return { services, release: () => release(held) };
    } catch (error) {
        shares.delete(held);
        throw error;
    }
}

/** Option by option; objects such as a logger are the same if they are one. */
export function areSame(a: RedisBackedServicesOptions, b: RedisBackedServicesOptions): boolean {
    const names = new Set([...Object.keys(a), ...Object.keys(b)]) as Set<keyof RedisBackedServicesOptions>;
    return [...names].every(name => Object.is(a[name], b[name]));
}

async function release(share: Share): Promise<void> {
    share.holders--;
    if (share.holders > 0) {
        return;
    }
    shares.delete(share);
    await (await share.opened).close();
}

async function openServices(options: RedisBackedServicesOptions): Promise<SharedServices> {
    const { ttlSeconds, lockTimeoutMs } = settingsOf(options);
    const { prefix = 'mcp:', forceMemorySessionStore = false } = options;
    const detected = await detectRedis(options, { option: 'forceMemorySessionStore', isWanted: forceMemorySessionStore });
    if (!detected) {
        const { eventLog, messageBus, sessionLock } = createMemoryBackend({ ttlSeconds });
        const shelf = new MemoryShelf({ ttlSeconds });
        const close = async () => void (await Promise.all([messageBus.close(), shelf.close(), sessionLock.close()]));
        return { kind: 'memory', shelf, eventLog, messageBus, sessionLock, lockTimeoutMs, close };
    }
    const { redis, encryption, logger } = detected;
    try {
        const settings = { redis: redis.client, keyPrefix: `${prefix}session:`, ttlSeconds, logger };
        const shelf = redisShelf(settings, encryption);
        const plain = createRedisBackend(settings);
        const { eventLog, messageBus, sessionLock } = encryption ? encryptBackend(plain, encryption) : plain;
        const close = async () => {
            await plain.close();
            await redis.close();
        };
        return { kind: 'redis', shelf, eventLog, messageBus, sessionLock, lockTimeoutMs, close };
    } catch (error) {
        await redis.close();
        throw error;
    }
}
