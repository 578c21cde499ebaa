/**
 * A server under test, as it is told to its process.
 *
 * @typedef {object} ServerSpec
 * @property {'mcp' | 'bare' | 'direct'} app
 * @property {'official' | 'ours'} package
 * @property {boolean} json JSON response mode instead of event streams
 * @property {number} tools
 * @property {number} connections
 * @property {{ url: string, keyPrefix: string, revalidateMs: number, isBackend: boolean }} [store]
 */

/** The servers that can be compared; `redis` makes it an external one. */
export const SERVERS = {
    official: { label: 'official', app: 'mcp', package: 'official' },
    memory: { label: 'ours, memory', app: 'mcp', package: 'ours' },
    redis: { label: 'ours, Redis, asked once a second', app: 'mcp', package: 'ours', revalidateMs: 1000 },
    'redis-always': { label: 'ours, Redis, asked on every request', app: 'mcp', package: 'ours', revalidateMs: 0 },
    'redis-log': { label: 'ours, Redis with log and bus', app: 'mcp', package: 'ours', revalidateMs: 1000, isBackend: true },
    bare: { label: 'bare `node:http`', app: 'bare', package: 'official' },
    direct: { label: "the SDK's server without a transport", app: 'direct', package: 'official' }
};

const OURS = ['memory', 'redis', 'redis-always'];

/** Each case compares each contender with the official package. `memory` and `nodes` are measured otherwise: see idleMemory.mjs, nodes/. */
export const CASES = {
    same: { title: 'The harness itself: official against official (1.00 is due)', kind: 'call', json: false, contenders: ['official'] },
    sse: { title: 'tools/call, event streams', kind: 'call', json: false, contenders: OURS },
    log: { title: 'tools/call, event streams, each message in the log first', kind: 'call', json: false, contenders: ['redis-log'] },
    json: { title: 'tools/call, JSON responses', kind: 'call', json: true, contenders: OURS },
    initialize: { title: 'initialize and initialized', kind: 'initialize', json: false, contenders: OURS },
    floor: { title: 'For orientation, against tools/call on event streams', kind: 'call', json: false, contenders: ['bare', 'direct'] },
    memory: { title: 'Heap per idle session', contenders: ['official', ...OURS] },
    nodes: { title: 'One session on two nodes', contenders: ['redis-log'] }
};

/** What the CPU per tools/call is to be at most, as a share of the official package's. */
export const AIMS = { memory: 1 / 4, redis: 1 / 3, 'redis-always': 1 / 3 };

/**
 * @param {string} name of SERVERS
 * @param {{ json: boolean, tools: number, connections: number, redis: { url: string, keyPrefix: string } | undefined }} setting
 * @returns {ServerSpec}
 */
export function serverSpec(name, { json, tools, connections, redis }) {
    const { app, package: source, revalidateMs, isBackend = false } = SERVERS[name];
    const spec = { app, package: source, json, tools, connections };
    return revalidateMs === undefined ? spec : { ...spec, store: { ...redis, revalidateMs, isBackend } };
}

/** Whether any of these servers keeps its sessions in Redis, or is built here. */
export const needsRedis = names => names.some(name => SERVERS[name].revalidateMs !== undefined);
export const needsBuild = names => names.some(name => SERVERS[name].package === 'ours');
