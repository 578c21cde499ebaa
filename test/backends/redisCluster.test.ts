import { randomUUID } from 'node:crypto';
import { createRedisBackend, RedisMessageBus } from '@mcp-sessions/redis';
import { Cluster, Redis } from 'ioredis';
import { Cluster as Cluster5 } from 'ioredis-v5';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startRedisCluster } from '../../scripts/services.mjs';
import { event } from '../../packages/testkit/src/eventLog/support.js';

const patience = { timeout: 20_000, interval: 50 };

describe.each([
    { name: 'ioredis 6', Client: Cluster },
    { name: 'ioredis 5', Client: Cluster5 as unknown as typeof Cluster }
])('Redis Cluster: $name', ({ Client }) => {
    let cluster: Awaited<ReturnType<typeof startRedisCluster>>;
    let client: Cluster;
    let servers: Redis[];
    beforeAll(async () => {
        cluster = await startRedisCluster();
        client = new Client(cluster.nodes);
        servers = cluster.nodes.map(({ port }) => new Redis(port));
        await client.set('ready', '1');
    });
    afterAll(async () => {
        servers.forEach(server => server.disconnect());
        client.disconnect();
        await cluster.stop();
    });

    async function listening(): Promise<number> {
        const lists = await Promise.all(servers.map(async server => (await server.client('LIST')) as string));
        return lists
            .join('\n')
            .split('\n')
            .filter(line => / (sub|ssub)=[1-9]/.test(line)).length;
    }

    async function listenTo(bus: RedisMessageBus, count: number) {
        const heard = new Set<string>();
        const state = { heard, gaps: 0 };
        for (let n = 0; n < count; n++) {
            await bus.subscribe(`session/${n}`, { onMessage: text => void heard.add(text), onGap: () => void state.gaps++ });
        }
        return state;
    }

    it('keeps all of a session in one slot, and of different sessions in many', async () => {
        const keyPrefix = `test:${randomUUID()}:`;
        const { sessionStore, eventLog, close } = createRedisBackend({ redis: client, keyPrefix });
        for (let n = 0; n < 20; n++) {
            const sessionId = `session ${n}`;
            await sessionStore.storeSession(sessionId, { sessionId, initialized: true, createdAt: 0, lastActivity: 0 });
            await eventLog.append(sessionId, [event('a', 1)]);
        }
        const keys = (await Promise.all(servers.map(server => server.keys(`${keyPrefix}*`)))).flat();
        expect(keys).toHaveLength(60);
        const slots = await Promise.all(keys.map(async key => client.cluster('KEYSLOT', key)));
        expect(new Set(slots).size).toBe(20);
        await close();
    });

    it('F2: connections to any of the servers are found again', async () => {
        const bus = new RedisMessageBus({ redis: client, keyPrefix: `test:${randomUUID()}:` });
        const state = await listenTo(bus, 12);
        expect(await listening()).toBeGreaterThan(1);
        await Promise.all(servers.map(server => server.call('CLIENT', 'KILL', 'TYPE', 'pubsub')));
        await vi.waitFor(() => expect(state.gaps).toBe(12), patience);
        for (let n = 0; n < 12; n++) expect(await bus.publish(`session/${n}`, `${n}`)).toBe(1);
        await vi.waitFor(() => expect(state.heard.size).toBe(12), patience);
        await bus.close();
        await vi.waitFor(async () => expect(await listening()).toBe(0), patience);
    });

    it('uses channels that are not sharded where the servers know no others', async () => {
        const keyPrefix = `test:${randomUUID()}:`;
        // As Redis 6 answers.
        const unknown = Object.assign(new Error("ERR unknown command 'SPUBLISH'"), { name: 'ReplyError' });
        const old = new Client(cluster.nodes);
        await old.set('ready', '1');
        old.spublish = () => Promise.reject(unknown);
        const [bus, other] = [old, client].map(redis => new RedisMessageBus({ redis, keyPrefix, sharded: redis === old }));
        const state = await listenTo(other!, 3);
        for (let n = 0; n < 3; n++) expect(await bus!.publish(`session/${n}`, `${n}`)).toBeUndefined();
        await vi.waitFor(() => expect(state.heard.size).toBe(3), patience);
        await Promise.all([bus!.close(), other!.close()]);
        old.disconnect();
    });
});
