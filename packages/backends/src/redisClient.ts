import { SessionError } from '@mcp-sessions/core';
import type { RedisClient } from '@mcp-sessions/redis';
import type { Named } from './choice.js';
import { loadDriver, noDriver } from './drivers.js';
import { ioredisClient } from './ioredisClient.js';
import { nodeRedisClient } from './nodeRedisClient.js';
import type { RedisPlace } from './redisPlace.js';

export interface RedisSettings {
    /** Try once, for so long in milliseconds, and never again. Left out: for good. */
    readonly tryMs?: number;
    /** Laid over the options that the driver is given. */
    readonly driverOptions?: Readonly<Record<string, unknown>> | undefined;
    onerror(error: Error): void;
    onready?(): void;
}

/** A client that we made. */
export interface OpenedRedis {
    readonly client: RedisClient;
    /** Resolves when Redis has answered. Only for a client that is to try once. */
    answered(): Promise<unknown>;
    /** Resolves when no connection is left. Never rejects. */
    close(): Promise<void>;
}

/** @throws SessionError `CONFIGURATION` where no driver is installed. */
export async function openRedis(place: RedisPlace, named: Named, settings: RedisSettings): Promise<OpenedRedis> {
    const ioredis = await loadDriver.ioredis();
    if (ioredis) {
        return ioredisClient(ioredis, place, settings);
    }
    const nodeRedis = await loadDriver.redis();
    if (!nodeRedis) {
        throw noDriver('redis', named, 'ioredis', 'redis');
    }
    if (place.form === 'sentinel' && typeof nodeRedis.createSentinel !== 'function') {
        throw new SessionError(
            'CONFIGURATION',
            `${named.namedBy} names a Redis Sentinel, which takes version 5 of redis. Run: npm install ioredis`
        );
    }
    return nodeRedisClient(nodeRedis, place, settings);
}
