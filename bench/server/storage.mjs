/** How each backend is opened; `calls` counts what goes over its connection. */
const OPEN = {
    memory: async (settings, { createMemoryBackend }) => ({ backend: createMemoryBackend(settings.options) }),

    redis: async ({ url, keyPrefix, options }, { createRedisBackend }, calls) => {
        const { Redis } = await import('ioredis');
        const redis = new Redis(url);
        calls.watch(redis, 'sendCommand');
        return { backend: createRedisBackend({ redis, keyPrefix, ...options }), closeClient: () => redis.disconnect() };
    },

    postgres: async ({ url, options }, { createPostgresBackend, migrate }, calls) => {
        const { default: pg } = await import('pg');
        const pool = new pg.Pool({ connectionString: url, max: 10 });
        await migrate(pool);
        calls.watch(pool, 'query');
        return { backend: createPostgresBackend({ pool, ...options }), closeClient: () => pool.end() };
    },

    upstash: async ({ url, token, keyPrefix, options }, { createUpstashBackend }, calls) => {
        const { Redis } = await import('@upstash/redis');
        calls.watch(globalThis, 'fetch');
        return { backend: createUpstashBackend({ redis: new Redis({ url, token }), keyPrefix, ...options }) };
    }
};

/** Counts the calls of a method. */
class Calls {
    count = 0;

    watch(object, method) {
        const original = object[method];
        object[method] = (...args) => {
            this.count++;
            return original.apply(object, args);
        };
    }
}

/**
 * The part of a server's options that says where its sessions live, and how many round trips that has cost.
 *
 * @param {import('../plan.mjs').StoreSpec} spec
 * @param {(path: string) => Promise<any>} load imports a module of the fork
 */
export async function openStorage({ settings, revalidateMs, isBackend }, load) {
    const calls = new Calls();
    // What a run leaves behind in a store that is not its own ages out.
    const options = { ttlSeconds: 600, ...settings.options };
    const { backend, closeClient } = await OPEN[settings.kind]({ ...settings, options }, await load('server/index.js'), calls);
    const { sessionStore } = backend;
    return {
        storage: { sessionStorageMode: 'external', ...(isBackend ? backend : { sessionStore }), revalidateMs },
        storeCalls: () => calls.count,
        backend,
        close: async () => {
            await backend.close();
            await closeClient?.();
        }
    };
}
