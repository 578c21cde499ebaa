import { randomUUID } from 'node:crypto';

const OUR_BUILD = new URL('../../packages/sdk/dist/esm/', import.meta.url);

/** How a module of each package is loaded. */
const LOADERS = {
    official: path => import(`@modelcontextprotocol/sdk/${path}`),
    ours: path => import(new URL(path, OUR_BUILD).href)
};

/**
 * The server class and a factory of transports of one implementation.
 *
 * @param {import('../plan.mjs').ServerSpec} spec
 */
export async function loadImplementation(spec) {
    const load = LOADERS[spec.package];
    const { McpServer } = await load('server/mcp.js');
    const { StreamableHTTPServerTransport } = await load('server/streamableHttp.js');
    const { storage, storeUsage } = spec.store === undefined ? {} : await openStorage(spec.store, load);
    const createTransport = callbacks =>
        new StreamableHTTPServerTransport({
            sessionIdGenerator: () => randomUUID(),
            enableJsonResponse: spec.json,
            ...storage,
            ...callbacks
        });
    if (spec.store !== undefined && !createTransport({}).isUsingExternalSessionStore)
        throw new Error('The transport does not use its store');
    return { McpServer, createTransport, storeUsage };
}

async function openStorage({ url, keyPrefix, revalidateMs, isBackend }, load) {
    const { Redis } = await import('ioredis');
    const { RedisSessionStore, createRedisBackend } = await load('server/index.js');
    const redis = new Redis(url);
    // What a run leaves behind in a Redis that is not its own ages out.
    const options = { redis, keyPrefix, ttlSeconds: 600 };
    const storage = isBackend ? createRedisBackend(options) : { sessionStore: new RedisSessionStore(options) };
    return {
        storage: { sessionStorageMode: 'external', ...storage, revalidateMs },
        storeUsage: async () => {
            const number = (text, name) => Number(new RegExp(`${name}:(\\S+)`).exec(text)?.[1] ?? NaN);
            const [stats, cpu] = [await redis.info('stats'), await redis.info('cpu')];
            const seconds = number(cpu, 'used_cpu_user') + number(cpu, 'used_cpu_sys');
            return { commands: number(stats, 'total_commands_processed'), cpuMicros: seconds * 1e6 };
        }
    };
}
