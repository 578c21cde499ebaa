import { randomUUID } from 'node:crypto';
import { createRedisBackend, type RedisClient } from '@mcp-sessions/redis';
import { Redis } from 'ioredis';
import { Redis as Redis5 } from 'ioredis-v5';
import { createSentinel } from 'redis';
import { createSentinel as createSentinel5 } from 'redis-v5';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { startRedisSentinel, type RedisSentinel } from '../../scripts/services.mjs';

const patience = { timeout: 60_000, interval: 100 };

let service: RedisSentinel;
const cleanUp: (() => unknown)[] = [];
beforeAll(async () => {
    service = await startRedisSentinel();
});
afterEach(async () => {
    for (const task of cleanUp.splice(0).reverse()) await task();
});
afterAll(() => service.stop());

type Connect = (service: RedisSentinel) => Promise<readonly [client: RedisClient, end: () => unknown]>;

const ioredis =
    (Client: typeof Redis): Connect =>
    async ({ sentinels, name }) => {
        const client = new Client({ sentinels: [...sentinels], name, retryStrategy: () => 100 });
        client.on('error', () => undefined); // The master is killed on purpose.
        return [client, () => client.disconnect()];
    };

const nodeRedis =
    (create: typeof createSentinel): Connect =>
    async ({ sentinels, name }) => {
        const client = create({ name, sentinelRootNodes: [...sentinels] });
        client.on('error', () => undefined);
        await client.connect();
        return [client, () => client.destroy()];
    };

describe.each([
    { name: 'ioredis 6', connect: ioredis(Redis) },
    { name: 'ioredis 5', connect: ioredis(Redis5 as unknown as typeof Redis) },
    { name: 'node-redis 6', connect: nodeRedis(createSentinel) },
    { name: 'node-redis 5', connect: nodeRedis(createSentinel5 as unknown as typeof createSentinel) }
])('Redis Sentinel: $name', ({ connect }) => {
    it('F4: after a fail-over store, log, lock and bus go on at the new master, and listeners are told of the gap', async () => {
        const open = async (keyPrefix: string) => {
            const [redis, end] = await connect(service);
            cleanUp.push(end);
            const backend = createRedisBackend({ redis, keyPrefix });
            cleanUp.push(() => backend.close());
            return backend;
        };
        const keyPrefix = `test:${randomUUID()}:`;
        const [a, b] = [await open(keyPrefix), await open(keyPrefix)];
        const sessionId = randomUUID();
        const record = { sessionId, initialized: true, createdAt: 1, lastActivity: 1, revision: 1 };
        await a.sessionStore.storeSession(sessionId, record);
        const token = await a.sessionLock.acquire('name', 'holder', 60_000);
        const heard: string[] = [];
        let gaps = 0;
        await b.messageBus.subscribe('nodes', { onMessage: text => void heard.push(text), onGap: () => void gaps++ });
        await a.messageBus.publish('nodes', 'before');
        await vi.waitFor(() => expect(heard).toEqual(['before']), patience);
        const sizes = async () => Promise.all([await service.master(), ...(await service.replicas())].map(one => one.command('DBSIZE')));
        await vi.waitFor(async () => expect(new Set(await sizes()).size).toBe(1), patience);

        await service.failOver();
        await vi.waitFor(() => expect(gaps).toBeGreaterThan(0), patience);
        await vi.waitFor(async () => expect(await a.messageBus.publish('nodes', 'after')).toBe(1), patience);
        await vi.waitFor(() => expect(heard).toContain('after'), patience);
        await vi.waitFor(async () => expect(await b.sessionStore.getAndTouchSession(sessionId)).not.toBeNull(), patience);
        const [position] = await a.eventLog.append(sessionId, [{ streamId: 's', message: { jsonrpc: '2.0', method: 'x' } }]);
        expect(await b.eventLog.touch(sessionId)).toBe(position);
        expect(await b.sessionLock.acquire('name', 'holder', 60_000)).toBe(token);
    }, 120_000);
});
