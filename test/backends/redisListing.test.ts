import { randomUUID } from 'node:crypto';
import type { SessionData, SessionPage } from '@mcp-sessions/core';
import { createRedisBackend, RedisSessionStore, type RedisClient } from '@mcp-sessions/redis';
import { Cluster, Redis } from 'ioredis';
import { createClient, createClientPool } from 'redis';
import { createClient as createClient4 } from 'redis-v4';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startPrivateRedis, startRedisCluster, type PrivateRedis } from '../../scripts/services.mjs';
import { redisKinds, type OpenedRedis } from './redisKinds.js';

const record = (sessionId: string, more: Partial<SessionData> = {}): SessionData => ({
    sessionId,
    initialized: true,
    createdAt: 1,
    lastActivity: 1,
    revision: 1,
    ...more
});
const numbered = (count: number, name = 'session') => Array.from({ length: count }, (_, index) => `${name} ${index}`);
const fill = (store: RedisSessionStore, ids: string[]) => Promise.all(ids.map(id => store.storeSession(id, record(id))));

/** The ids on all pages from here on. */
async function idsOf(store: RedisSessionStore, limit = 100, from?: SessionPage): Promise<string[]> {
    const ids = new Set(from?.sessions.map(({ sessionId }) => sessionId));
    for (let page = from, pages = 0; !page || page.cursor !== undefined; pages++) {
        expect(pages).toBeLessThan(1000);
        page = await store.listSessions({ limit, ...(page?.cursor !== undefined && { cursor: page.cursor }) });
        page.sessions.forEach(({ sessionId }) => ids.add(sessionId));
    }
    return [...ids].sort();
}

/** Versions 4 and 5 of node-redis have no `keyPrefix`. */
const prefixed = redisKinds.filter(({ name }) => /redis 6$|^ioredis 5/.test(name));

describe.each(prefixed)('sessions are listed: $name', ({ open, isCluster }) => {
    /** Each of them would match more than itself, or less. */
    const strange = ['[ab]', 'a*', 'a?', '\\a', 'a]', '{a}', ''];
    const clientPrefix = `client[${randomUUID()}]*:`;
    let redis: OpenedRedis;
    /** Without the prefix of the client. */
    let bare: Redis | Cluster;
    beforeAll(async () => {
        redis = await open(clientPrefix);
        bare = isCluster ? new Cluster(redis.nodes) : new Redis(redis.nodes[0]!.port, redis.nodes[0]!.host);
    });
    afterAll(async () => {
        bare.disconnect();
        await redis.close();
    });

    it('P3: under the keyPrefix of client and store alone, whatever patterns these would be', async () => {
        const root = randomUUID();
        const stores = strange.map(keyPrefix => new RedisSessionStore({ redis: redis.client(), keyPrefix: `${root}${keyPrefix}` }));
        await Promise.all(stores.map((store, index) => fill(store, numbered(3, `of ${index}`))));
        await fill(new RedisSessionStore({ redis: redis.client(), keyPrefix: `${root}a` }), ['elsewhere']);
        await fill(new RedisSessionStore({ redis: bare, keyPrefix: root }), ['without the prefix of the client']);
        await fill(new RedisSessionStore({ redis: bare, keyPrefix: `clienta:${root}` }), ['under what the pattern would match']);
        await fill(new RedisSessionStore({ redis: bare, keyPrefix: `${clientPrefix}${root}[ab]` }), ['with the prefix in full']);
        for (const [index, store] of stores.entries()) {
            const more = index === 0 ? ['with the prefix in full'] : [];
            expect(await idsOf(store), `${strange[index]}`).toEqual([...numbered(3, `of ${index}`), ...more]);
        }
    });
});

describe('on one server', () => {
    let server: PrivateRedis;
    let redis: Redis;
    beforeAll(async () => {
        server = await startPrivateRedis({ persistent: true });
        redis = new Redis(server.url, { retryStrategy: () => 20 });
        redis.on('error', () => undefined);
    });
    afterAll(async () => {
        redis.disconnect();
        await server.stop();
    });

    it('P6: beside what else there is under the prefix, and without records that cannot be read or are misplaced', async () => {
        const keyPrefix = `test:${randomUUID()}:`;
        const warn = vi.fn();
        const { sessionStore, eventLog, messageBus, sessionLock, close } = createRedisBackend({
            redis,
            keyPrefix,
            maxSessions: 50,
            push: false,
            logger: { warn }
        });
        await fill(sessionStore, numbered(8));
        await eventLog.append('session 0', [{ streamId: 's', message: { jsonrpc: '2.0', method: 'x' } }]);
        await messageBus.publish('nodes', 'x');
        await sessionLock.acquire('name', 'holder', 10_000);
        const keys = (await redis.keys(`${keyPrefix}{*}`)).filter(key => key.length === keyPrefix.length + 45);
        expect(keys).toHaveLength(8);
        const good = await redis.get(keys[0]!);
        await redis.set(keys[1]!, good!, 'EX', 100);
        await redis.set(keys[2]!, '1:1:{"sessionId":', 'EX', 100);
        await redis.set(keys[3]!, 'anything', 'EX', 100);
        await redis.set(keys[4]!, '1:0:null', 'EX', 100);
        await redis.set(keys[5]!, '1:0:{"sessionId":7,"__proto__":{}}', 'EX', 100);
        await redis.del(keys[6]!);
        await redis.lpush(keys[6]!, 'x');
        await redis.expire(keys[6]!, 100);
        expect(await idsOf(sessionStore)).toHaveLength(2);
        // Of what is no text nothing is read. Names are those of `fingerprint`, in which no id is.
        expect(warn.mock.calls.map(([message]) => String(message))).toEqual(
            expect.arrayContaining(
                [1, 2, 3, 5].map(index => expect.stringContaining(keys[index]!.slice(keyPrefix.length + 1).slice(0, 8)) as string)
            )
        );
        expect(JSON.stringify(warn.mock.calls)).not.toContain('session 0');
        await close();
    });

    it('B3: forty sessions among ten thousand keys of others take some twenty scans, and each record is read once', async () => {
        const keyPrefix = `test:${randomUUID()}:`;
        const filling = redis.pipeline();
        for (let n = 0; n < 10_000; n++) filling.set(`foreign:${n}`, 'x', 'EX', 1000);
        await filling.exec();
        const store = new RedisSessionStore({ redis, keyPrefix });
        await fill(store, numbered(40));
        await redis.config('RESETSTAT');
        expect(await idsOf(store)).toEqual(numbered(40).sort());
        const stats = await redis.info('commandstats');
        const calls = Object.fromEntries(
            [...stats.matchAll(/^cmdstat_(\w+):calls=(\d+)/gm)].map(([, name, count]) => [name!, Number(count)])
        );
        expect(calls['scan']).toBeLessThan(25);
        expect(calls['get']).toBe(40);
        const asked = ['scan', 'info', 'get', 'pttl', 'config|resetstat'];
        expect(Object.keys(calls).filter(name => !asked.includes(name))).toEqual([]);
        await redis.eval(`for n = 0, 9999 do redis.call('DEL', 'foreign:' .. n) end`, 0);
    });

    it('each session that is there all the while is on a page, also when the server is started again in between', async () => {
        const store = new RedisSessionStore({ redis, keyPrefix: `test:${randomUUID()}:` });
        const ids = numbered(300);
        await fill(store, ids);
        const first = await store.listSessions({ limit: 150 });
        // Its hash table has another order now.
        await server.kill();
        await server.start();
        await vi.waitFor(() => redis.ping(), { timeout: 20_000, interval: 20 });
        expect(await idsOf(store, 20, first)).toEqual([...ids].sort());
    });

    it('F1: a listing fails while the server is away, and goes on with its cursor afterwards', async () => {
        const client = new Redis(server.url, { retryStrategy: () => 20, maxRetriesPerRequest: 0, enableOfflineQueue: false });
        client.on('error', () => undefined);
        await vi.waitFor(() => client.ping(), { timeout: 20_000, interval: 20 });
        const store = new RedisSessionStore({ redis: client, keyPrefix: `test:${randomUUID()}:` });
        await fill(store, numbered(20));
        const first = await store.listSessions({ limit: 5 });
        await server.kill();
        await expect(store.listSessions({ limit: 5, ...(first.cursor !== undefined && { cursor: first.cursor }) })).rejects.toThrow();
        await server.start();
        await vi.waitFor(() => client.ping(), { timeout: 20_000, interval: 20 });
        expect(await idsOf(store, 5, first)).toEqual(numbered(20).sort());
        client.disconnect();
    });

    it('through a pool of node-redis, and not before a client is connected', async () => {
        const keyPrefix = `test:${randomUUID()}:`;
        await fill(new RedisSessionStore({ redis, keyPrefix }), numbered(30));
        const pool = createClientPool({ url: server.url });
        await pool.connect();
        expect(await idsOf(new RedisSessionStore({ redis: pool as unknown as RedisClient, keyPrefix }), 10)).toHaveLength(30);
        pool.destroy();
        for (const client of [createClient({ url: server.url }), createClient4({ url: server.url })]) {
            const store = new RedisSessionStore({ redis: client, keyPrefix });
            await expect(store.listSessions()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
        }
    });
});

describe('in a cluster', () => {
    let cluster: Awaited<ReturnType<typeof startRedisCluster>>;
    beforeAll(async () => {
        cluster = await startRedisCluster();
    });
    afterAll(() => cluster.stop());

    it('a client that does not know its servers yet lists the sessions of all', async () => {
        const keyPrefix = `test:${randomUUID()}:`;
        const known = new Cluster(cluster.nodes);
        await fill(new RedisSessionStore({ redis: known, keyPrefix }), numbered(60));
        const fresh = new Cluster([cluster.nodes[1]!], { lazyConnect: true });
        expect(await idsOf(new RedisSessionStore({ redis: fresh, keyPrefix }), 25)).toHaveLength(60);
        known.disconnect();
        fresh.disconnect();
    });

    it('each session that is there all the while is on a page, also when the client learns of other masters in between', async () => {
        const redis = new Cluster(cluster.nodes);
        const store = new RedisSessionStore({ redis, keyPrefix: `test:${randomUUID()}:` });
        await fill(store, numbered(60));
        const nodes = redis.nodes.bind(redis);
        const byPort = (one: Redis, other: Redis) => one.options.port! - other.options.port!;
        // As it was before the first of them was a master.
        redis.nodes = role => nodes(role).sort(byPort).slice(1);
        const first = await store.listSessions({ limit: 20 });
        redis.nodes = nodes;
        expect(await idsOf(store, 20, first)).toEqual(numbered(60).sort());
        redis.nodes = () => [];
        await expect(store.listSessions()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
        redis.disconnect();
    });
});
