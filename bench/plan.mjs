/**
 * A server under test, as it is told to its process.
 *
 * @typedef {object} ServerSpec
 * @property {'mcp' | 'handler' | 'bare' | 'direct'} app
 * @property {'official' | 'ours'} package
 * @property {boolean} json JSON response mode instead of event streams
 * @property {number} tools
 * @property {number} connections
 * @property {StoreSpec} [store]
 * @property {{ localIdleMs: number }} [handler] options of the handler
 *
 * @typedef {object} StoreSpec
 * @property {import('./stores/open.mjs').Store['settings']} settings
 * @property {number} revalidateMs
 * @property {boolean} isBackend with the log and the bus, not the store alone
 */

/** The servers that can be compared; with a `store` it is an external one. */
export const SERVERS = {
    official: { label: 'official', app: 'mcp', package: 'official' },
    memory: { label: 'ours, memory', app: 'mcp', package: 'ours' },
    redis: { label: 'ours, Redis, asked once a second', app: 'mcp', package: 'ours', store: 'redis', revalidateMs: 1000 },
    'redis-always': { label: 'ours, Redis, asked on every request', app: 'mcp', package: 'ours', store: 'redis', revalidateMs: 0 },
    postgres: { label: 'ours, Postgres, asked once a second', app: 'mcp', package: 'ours', store: 'postgres', revalidateMs: 1000 },
    upstash: { label: 'ours, Upstash, asked once a second', app: 'mcp', package: 'ours', store: 'upstash', revalidateMs: 1000 },
    'memory-log': {
        label: 'ours, memory with log and bus',
        app: 'mcp',
        package: 'ours',
        store: 'memory',
        revalidateMs: 1000,
        isBackend: true
    },
    'redis-log': {
        label: 'ours, Redis with log and bus',
        app: 'mcp',
        package: 'ours',
        store: 'redis',
        revalidateMs: 1000,
        isBackend: true
    },
    'postgres-log': {
        label: 'ours, Postgres with log and bus',
        app: 'mcp',
        package: 'ours',
        store: 'postgres',
        revalidateMs: 1000,
        isBackend: true
    },
    'upstash-log': {
        label: 'ours, Upstash with log and bus',
        app: 'mcp',
        package: 'ours',
        store: 'upstash',
        revalidateMs: 1000,
        isBackend: true
    },
    'memory-handler': {
        label: 'ours, the handler on memory',
        app: 'handler',
        package: 'ours',
        store: 'memory',
        revalidateMs: 1000,
        isBackend: true
    },
    'redis-handler': {
        label: 'ours, the handler on Redis',
        app: 'handler',
        package: 'ours',
        store: 'redis',
        revalidateMs: 1000,
        isBackend: true
    },
    bare: { label: 'bare `node:http`', app: 'bare', package: 'official' },
    direct: { label: "the SDK's server without a transport", app: 'direct', package: 'official' }
};

const ALONE = ['memory', 'redis', 'redis-always', 'postgres', 'upstash'];
const WITH_LOG = ['memory-log', 'redis-log', 'postgres-log', 'upstash-log'];

/**
 * Each case compares each contender with the official package, or with the server that `against` names. `memory`, `crowd`, `stored` and `nodes`
 * are measured otherwise: see idleMemory.mjs, crowd.mjs, storedBytes.mjs, nodes/.
 */
export const CASES = {
    same: { title: 'The harness itself: official against official (1.00 is due)', kind: 'call', json: false, contenders: ['official'] },
    sse: { title: 'tools/call, event streams', kind: 'call', json: false, contenders: ALONE },
    log: { title: 'tools/call, event streams, each message in the log first', kind: 'call', json: false, contenders: WITH_LOG },
    json: { title: 'tools/call, JSON responses', kind: 'call', json: true, contenders: ALONE },
    initialize: { title: 'initialize and initialized', kind: 'initialize', json: false, contenders: ALONE },
    handler: {
        title: 'tools/call through the handler, against plain transports with the same backend',
        kind: 'call',
        json: false,
        contenders: ['memory-handler', 'redis-handler'],
        against: { 'memory-handler': 'memory-log', 'redis-handler': 'redis-log' }
    },
    floor: { title: 'For orientation, against tools/call on event streams', kind: 'call', json: false, contenders: ['bare', 'direct'] },
    memory: { title: 'Heap per idle session', contenders: ['official', 'memory', 'redis', 'redis-log', 'redis-handler'] },
    stored: { title: 'Bytes per stored session', contenders: ['redis-log', 'postgres-log', 'upstash-log'] },
    nodes: { title: 'One session on two nodes', contenders: ['redis-log'] },
    crowd: {
        title: 'Heap while sessions come and are left alone',
        contenders: ['official', 'redis-handler'],
        // Its heap grows in a straight line, and from here on it does little but collect garbage.
        atMost: { official: 30_000 }
    }
};

/** What the CPU per tools/call is to be at most, as a share of the official package's. */
export const AIMS = { memory: 1 / 4, redis: 1 / 3, 'redis-always': 1 / 3 };

/**
 * @param {string} name of SERVERS
 * @param {{ json: boolean, tools: number, connections: number, stores: { [kind: string]: import('./stores/open.mjs').Store } }} setting
 * @returns {ServerSpec}
 */
export function serverSpec(name, { json, tools, connections, stores }) {
    const { app, package: source, store, revalidateMs, isBackend = false } = SERVERS[name];
    const spec = { app, package: source, json, tools, connections };
    return store === undefined ? spec : { ...spec, store: { settings: stores[store].settings, revalidateMs, isBackend } };
}

/** What a contender is compared with in a case. */
export const baselineOf = (name, contender) => CASES[name].against?.[contender] ?? 'official';

/** All servers of a case. */
export const serversOf = name => [...CASES[name].contenders, ...Object.values(CASES[name].against ?? {})];

/** The kinds of stores that these servers need, and whether any of them is built here. */
export const storesOf = names => names.map(name => SERVERS[name].store).filter(kind => kind !== undefined);
export const needsBuild = names => names.some(name => SERVERS[name].package === 'ours');
