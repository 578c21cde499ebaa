import { openPostgresStore } from './postgres.mjs';
import { openRedisStore } from './redis.mjs';
import { openUpstashStore } from './upstash.mjs';

const OPEN = {
    memory: async () => ({ settings: { kind: 'memory' }, version: undefined, stop: async () => undefined }),
    redis: openRedisStore,
    postgres: openPostgresStore,
    upstash: openUpstashStore
};

/**
 * The databases that some servers need, each opened once.
 *
 * @typedef {object} Store
 * @property {{ kind: string, url?: string, keyPrefix?: string, token?: string }} settings what a server's process is told
 * @property {string} [version]
 * @property {() => Promise<number>} [cpuMicros] of its process, as far as that is known
 * @property {() => Promise<number>} [bytes] that it holds
 * @property {() => Promise<void>} stop
 *
 * @param {string[]} kinds
 * @returns {Promise<{ [kind: string]: Store }>}
 */
export async function openStores(kinds) {
    const stores = {};
    try {
        for (const kind of new Set(kinds)) stores[kind] = await OPEN[kind]();
        return stores;
    } catch (error) {
        await stopStores(stores);
        throw error;
    }
}

export async function stopStores(stores) {
    for (const store of Object.values(stores)) await store.stop();
}
