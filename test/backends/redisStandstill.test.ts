import { randomUUID } from 'node:crypto';
import { createRedisBackend } from '@mcp-sessions/redis';
import type { SessionBackend } from '@mcp-sessions/core';
import * as ioredis from 'ioredis';
import * as ioredis5 from 'ioredis-v5';
import * as nodeRedis from 'redis';
import * as nodeRedis5 from 'redis-v5';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { startPrivateRedis, startRedisCluster, startRedisSentinel, type RedisServer } from '../../scripts/services.mjs';
import { ioredisClient } from '../../packages/backends/src/ioredisClient.js';
import { nodeRedisClient } from '../../packages/backends/src/nodeRedisClient.js';
import type { OpenedRedis } from '../../packages/backends/src/redisClient.js';
import { parseRedisUrl } from '../../packages/backends/src/redisPlace.js';
import { FaultProxy } from '../support/faultProxy.js';

const patience = { timeout: 45_000, interval: 50 };
const settings = { onerror: () => undefined };

const drivers: Record<string, (url: string) => Promise<OpenedRedis>> = {
    'ioredis 6': async url => ioredisClient(ioredis, parseRedisUrl(url), settings),
    'ioredis 5': async url => ioredisClient(ioredis5 as unknown as typeof ioredis, parseRedisUrl(url), settings),
    'node-redis 6': url => nodeRedisClient(nodeRedis, parseRedisUrl(url), settings),
    'node-redis 5': url => nodeRedisClient(nodeRedis5 as unknown as typeof nodeRedis, parseRedisUrl(url), settings)
};

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
    for (const task of cleanUp.splice(0).reverse()) await task();
});

async function starting<T extends { stop(): Promise<void> }>(server: Promise<T>): Promise<T> {
    const started = await server;
    cleanUp.push(() => started.stop());
    return started;
}

const size = async (server: RedisServer) => Number(await server.command('DBSIZE'));

/** A backend on each of these drivers, as `createSessionBackend` opens it, and a session that all of them know. */
async function open(url: string, names = Object.keys(drivers)) {
    const keyPrefix = `test:${randomUUID()}:`;
    const backends = new Map<string, SessionBackend>();
    for (const name of names) {
        const redis = await drivers[name]!(url);
        const backend = createRedisBackend({ redis: redis.client, keyPrefix });
        cleanUp.push(async () => {
            await backend.close();
            await redis.close();
        });
        backends.set(name, backend);
    }
    const sessionId = randomUUID();
    const record = { sessionId, initialized: true, createdAt: 1, lastActivity: 1, revision: 1 };
    await [...backends.values()][0]!.sessionStore.storeSession(sessionId, record);

    /** What comes of a read and of a write on each: like the transport it waits a second, and does not take back what it asked. */
    const answers = async () => {
        const asked = [...backends].map(async ([name, { sessionStore, eventLog }]) => {
            const steps = (async () => {
                const isThere = (await sessionStore.getAndTouchSession?.(sessionId))?.sessionId === sessionId;
                const [position] = await eventLog.append(sessionId, [{ streamId: name, message: { jsonrpc: '2.0', method: 'x' } }]);
                return isThere && position ? 'served' : 'lost';
            })().catch(() => 'refused');
            const late = new Promise<string>(resolve => setTimeout(resolve, 1000, 'silent').unref());
            return [name, await Promise.race([steps, late])] as const;
        });
        return Object.fromEntries(await Promise.all(asked));
    };
    const all = (outcome: string) => Object.fromEntries(names.map(name => [name, outcome]));
    const untilServed = () => vi.waitFor(async () => expect(await answers()).toEqual(all('served')), patience);
    await untilServed();
    return { answers, all, untilServed };
}

describe('Redis stands still, and no connection to it breaks', { timeout: 90_000 }, () => {
    it('F1: one server: it is asked on a new connection, since the old one may never be answered', async () => {
        const server = await starting(startPrivateRedis());
        const proxy = await starting(FaultProxy.start(server.port));
        const { answers, all, untilServed } = await open(`redis://127.0.0.1:${proxy.port}`);
        proxy.strand();
        expect(await answers()).toEqual(all('silent'));
        await untilServed();
    });

    it('F1: one server that hangs and comes back: all go on', async () => {
        const server = await starting(startPrivateRedis());
        const { answers, all, untilServed } = await open(server.url);
        server.pause();
        expect(await answers()).toEqual(all('silent'));
        server.resume();
        await untilServed();
    });

    it('F4: a master that stands still, with Sentinel: all go on at the replica that took over', async () => {
        const service = await starting(startRedisSentinel());
        const hosts = service.sentinels.map(({ host, port }) => `${host}:${port}`).join(',');
        const { untilServed } = await open(`redis-sentinel://${hosts}/0?master=${service.name}`);
        const [master, [replica]] = [await service.master(), await service.replicas()];
        await vi.waitFor(async () => expect(await size(replica!)).toBe(await size(master)), patience);
        await service.pauseMaster();
        await untilServed();
    });

    it('F4: a master that stands still, in a Cluster: all go on at the replica that took over', async () => {
        const cluster = await starting(startRedisCluster({ masters: 3, replicas: 3, nodeTimeoutMs: 1000 }));
        const hosts = cluster.nodes.map(({ host, port }) => `${host}:${port}`).join(',');
        // node-redis 5 does not replace a master that is gone.
        const { untilServed } = await open(`redis://${hosts}`, ['ioredis 6', 'ioredis 5', 'node-redis 6']);
        const shards = await Promise.all(
            (await cluster.masters()).map(async ({ server, replicas }) => ({ server, replica: replicas[0]!, keys: await size(server) }))
        );
        const { server, replica, keys } = shards.find(shard => shard.keys > 0)!;
        await vi.waitFor(async () => expect(await size(replica)).toBe(keys), patience);
        await cluster.pauseMaster(server);
        await untilServed();
    });
});
