import { openRedisStore } from './redis.mjs';

/**
 * The REST protocol of Upstash in front of a Redis, on this machine: the round trips are real, the network's and the
 * provider's share of their time is not.
 */
export async function openUpstashStore() {
    const redis = await openRedisStore();
    await import('../../scripts/typescript.mjs');
    const { startUpstashRest } = await import('../../test/support/upstashRest.ts');
    const rest = await startUpstashRest({ redisUrl: redis.settings.url });
    return {
        ...redis,
        settings: { ...redis.settings, kind: 'upstash', url: rest.url, token: rest.token },
        version: `the REST protocol of Upstash in front of ${redis.version}`,
        stop: async () => {
            await rest.stop();
            await redis.stop();
        }
    };
}
