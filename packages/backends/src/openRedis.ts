import { SessionError, type SessionBackend } from '@mcp-sessions/core';
import { createRedisBackend } from '@mcp-sessions/redis';
import type { Choice, Named } from './choice.js';
import type { BackendLogger } from './logger.js';
import { commonOptions, present, type SessionBackendOptions } from './options.js';
import { OutageReport } from './outageReport.js';
import { openRedis, type OpenedRedis } from './redisClient.js';
import { parseRedisUrl, type RedisPlace } from './redisPlace.js';

export async function openRedisBackend(choice: Choice, options: SessionBackendOptions, logger: BackendLogger): Promise<SessionBackend> {
    const redis = await openForGood(placeOf(choice), choice, logger, options.driverOptions);
    try {
        const backend = createRedisBackend({
            redis: redis.client,
            logger,
            ...commonOptions(options),
            ...present(options, ['keyPrefix', 'push', 'maxRecordLength'])
        });
        return {
            ...backend,
            async close() {
                await backend.close();
                await redis.close();
            }
        };
    } catch (error) {
        await redis.close();
        throw error;
    }
}

/** A client that is connected again whenever it loses its connection, and says so. */
export function openForGood(
    place: RedisPlace,
    named: Named,
    logger: BackendLogger,
    driverOptions?: Readonly<Record<string, unknown>>
): Promise<OpenedRedis> {
    const report = new OutageReport('Redis', logger);
    return openRedis(place, named, { driverOptions, onerror: report.failed, onready: report.ready });
}

/** @throws SessionError `CONFIGURATION` for what is no URL of Redis. */
export function placeOf({ url, namedBy }: Pick<Choice, 'url' | 'namedBy'>): RedisPlace {
    try {
        return parseRedisUrl(url);
    } catch (error) {
        throw new SessionError('CONFIGURATION', `${namedBy}: ${(error as Error).message}`);
    }
}
