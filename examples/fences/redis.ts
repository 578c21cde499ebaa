import { randomUUID } from 'node:crypto';
import { StreamableHTTPServerTransport } from '@mcp-sessions/sdk/server';
// #region package
import { createRedisBackend } from '@mcp-sessions/redis';
// #region open
import { Redis } from 'ioredis';
// #endregion open
// #endregion package
import { createClient } from 'redis';

export function open() {
    // #region package
    // #region open
    const redis = new Redis(process.env.REDIS_URL ?? 'redis://127.0.0.1:6379');
    const backend = createRedisBackend({ redis, ttlSeconds: 3600 });

    new StreamableHTTPServerTransport({ sessionIdGenerator: () => randomUUID(), ...backend });
    // #endregion open
    // #endregion package
    return { redis, backend };
}

export async function openNodeRedis() {
    // #region node-redis
    const redis = createClient({ url: process.env.REDIS_URL ?? 'redis://127.0.0.1:6379' });
    redis.on('error', console.error);
    await redis.connect();

    const backend = createRedisBackend({ redis });
    // #endregion node-redis
    return { redis, backend };
}
