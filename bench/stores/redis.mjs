import { randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';
import { openRedis } from '../../scripts/services.mjs';

/** A Redis for the servers under test, and what it tells of itself. */
export async function openRedisStore() {
    const service = await openRedis();
    const redis = new Redis(service.url);
    const info = async (section, name) => Number(new RegExp(`${name}:(\\S+)`).exec(await redis.info(section))?.[1] ?? NaN);
    return {
        settings: { kind: 'redis', url: service.url, keyPrefix: `mcp:bench:${randomBytes(4).toString('hex')}:` },
        version: `Redis ${/redis_version:(\S+)/.exec(await redis.info('server'))?.[1] ?? 'unknown'}`,
        cpuMicros: async () => ((await info('cpu', 'used_cpu_user')) + (await info('cpu', 'used_cpu_sys'))) * 1e6,
        bytes: () => info('memory', 'used_memory'),
        stop: async () => {
            redis.disconnect();
            await service.stop();
        }
    };
}
