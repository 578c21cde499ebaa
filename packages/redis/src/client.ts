import { ioredisCommands, isIoredis, type IoredisCommander } from './clients/ioredis.js';
import {
    isNodeRedis,
    nodeRedisCommands,
    type NodeRedisClient,
    type NodeRedisCluster,
    type NodeRedisSentinel
} from './clients/nodeRedis.js';
import type { RedisCommands } from './commands.js';

/**
 * A client of Redis, typed by the members that are used: ioredis' `Redis` (also with `sentinels`) and `Cluster`, versions 5
 * and 6; what node-redis' `createClient`, `createCluster` and `createSentinel` make, versions 4 to 6; or an adapter of your
 * own. The client stays yours: it is never closed here, and its own `keyPrefix` stands before ours.
 */
export type RedisClient = IoredisCommander | NodeRedisClient | NodeRedisCluster | NodeRedisSentinel | RedisCommands;

/** @throws TypeError for what is none of the clients. */
export function commandsOf(redis: RedisClient, name: string): RedisCommands {
    if (typeof redis === 'object' && redis !== null) {
        if (isCommands(redis)) {
            return redis;
        }
        if (isIoredis(redis)) {
            return ioredisCommands(redis);
        }
        if (isNodeRedis(redis)) {
            return nodeRedisCommands(redis);
        }
    }
    throw new TypeError(
        `${name} needs { redis }: a client of ioredis 5 or 6, for example new Redis(url), or of node-redis 4 to 6, for example createClient({ url })`
    );
}

function isCommands(redis: object): redis is RedisCommands {
    const { run, setIfAbsent } = redis as Partial<RedisCommands>;
    return typeof run === 'function' && typeof setIfAbsent === 'function';
}
