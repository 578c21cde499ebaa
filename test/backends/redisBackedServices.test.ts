import { randomUUID } from 'node:crypto';
import { redisBackedServicesOf, registerRedisBackedServices, type RedisBackedServicesOptions } from '@mcp-sessions/backends';
import { StreamableHTTPServerTransport } from '@mcp-sessions/sdk/server';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startPrivateRedis, type PrivateRedis } from '../../scripts/services.mjs';
import { bare, call, FetchNode, initialize, notify, toolText } from '../session/fetchNode.js';

const nowhere = 'redis://user:s3cret@127.0.0.1:1';
/** More patience than an idle machine needs. */
const timeoutMs = 20_000;
const env = {};

let redis: PrivateRedis;
let reader: Redis;
beforeAll(async () => {
    redis = await startPrivateRedis();
    reader = new Redis(redis.url);
});
afterAll(async () => {
    await reader.quit();
    await redis.stop();
});

const newServer = () => new McpServer({ name: 'registered', version: '1.0.0' });
const warnings = () => {
    const said: string[] = [];
    return { said, logger: { warn: (message: string) => void said.push(message) } };
};
/** Connections to the Redis, but for that of the test. */
const connections = async () => ((await reader.client('LIST')) as string).trim().split('\n').length - 1;

describe('registerRedisBackedServices', () => {
    it('keeps the sessions of transports, data and locks in the Redis that is named', async () => {
        const redisUrl = redis.url;
        // #region services
        const server = new McpServer({ name: 'reports', version: '1.0.0' });
        const services = await registerRedisBackedServices(server, { redisUrl, defaultTtl: 3600, timeoutMs });

        const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: () => randomUUID(), ...services });
        await server.connect(transport);
        // #endregion services
        expect([services.kind, services.isShared, transport.sessionStorageMode]).toEqual(['redis', true, 'external']);
        expect(transport.isUsingExternalSessionStore).toBe(true);

        await services.sessionStore.setSession('app:theme', { dark: true });
        expect(await services.sessionStore.getSession('app:theme')).toEqual({ dark: true });
        expect(await services.sessionStore.withLock('report', ({ fencingToken }) => fencingToken)).toBeGreaterThan(0);
        const keys = await reader.keys('*');
        expect(keys.length).toBeGreaterThan(0);
        expect(keys.filter(key => !key.startsWith('mcp:session:'))).toEqual([]);
        await services.sessionStore.deleteSession('app:theme');
        await transport.close();
        await services.disconnect();
    });

    it('S1, S10: gives two nodes one session, with its streams and its end', async () => {
        // Options that are not the same objects are those of two processes.
        const nodes = await Promise.all(
            ['a', 'b'].map(async name => {
                const services = await registerRedisBackedServices(newServer(), {
                    ...{ redisUrl: redis.url, prefix: 'two:', timeoutMs, env },
                    ...warnings()
                });
                return { services, node: new FetchNode(name, services) };
            })
        );
        const [a, b] = nodes.map(({ node }) => node) as [FetchNode, FetchNode];
        expect(nodes[0]?.services.messageBus).not.toBe(nodes[1]?.services.messageBus);

        const begun = await a.fetch(initialize());
        const id = begun.headers.get('mcp-session-id') as string;
        await begun.text();
        await a.fetch(notify(id, 'notifications/initialized'));
        for (const node of [a, b]) {
            const answer = await toolText(await node.fetch(call(id, 'tools/call', { name: 'whoami', arguments: {} })));
            expect(answer).toMatchObject({ node: node.name, client: { name: 'test-client' }, sessionId: id });
        }
        expect((await b.fetch(bare('DELETE', id))).status).toBe(200);
        await expect.poll(async () => (await a.fetch(call(id, 'tools/list'))).status, { timeout: 10_000 }).toBe(404);
        await Promise.all(nodes.map(({ services }) => services.disconnect()));
    });

    it('shares one connection and one bus between servers with the same options, and ends it with the last of them', async () => {
        await expect.poll(connections, { timeout: 10_000 }).toBe(0);
        const options = { redisUrl: redis.url, timeoutMs };
        const first = newServer();
        const [services, again, other] = await Promise.all([
            registerRedisBackedServices(first, options),
            registerRedisBackedServices(first, { ...options }),
            registerRedisBackedServices(newServer(), { ...options })
        ]);
        expect(again).toBe(services);
        expect(other).not.toBe(services);
        expect([other.messageBus, other.eventLog, other.sessionLock]).toEqual([
            services.messageBus,
            services.eventLog,
            services.sessionLock
        ]);
        await services.sessionStore.setSession('app:x', 1);
        const held = await connections();
        expect(held).toBeGreaterThan(0);

        await services.disconnect();
        await services.sessionStore.disconnect();
        expect(await connections()).toBe(held);
        expect(await other.sessionStore.getSession('app:x')).toBe(1);
        await other.sessionStore.deleteSession('app:x');
        await other.close();
        await expect.poll(connections, { timeout: 10_000 }).toBe(0);
    });

    it('remembers them for the server, whichever of its two faces is asked, until they are let go', async () => {
        const server = newServer();
        expect(redisBackedServicesOf(server)).toBeUndefined();
        const services = await registerRedisBackedServices(server, { forceMemorySessionStore: true, env });
        expect(redisBackedServicesOf(server)).toBe(services);
        expect(redisBackedServicesOf(server.server)).toBe(services);
        expect(redisBackedServicesOf(newServer())).toBeUndefined();

        await expect(registerRedisBackedServices(server, { redisUrl: redis.url })).rejects.toMatchObject({ code: 'CONFIGURATION' });
        await services.disconnect();
        expect(redisBackedServicesOf(server)).toBeUndefined();
        const anew = await registerRedisBackedServices(server, { forceMemorySessionStore: true, env });
        await services.disconnect();
        expect(redisBackedServicesOf(server)).toBe(anew);
        await anew.disconnect();
    });

    it('is in memory where that is forced, in production as well, and servers see the same there', async () => {
        const { said, logger } = warnings();
        const options = { redisUrl: redis.url, forceMemorySessionStore: true, verbose: true, env: { NODE_ENV: 'production' }, logger };
        const [one, two] = await Promise.all([
            registerRedisBackedServices(newServer(), options),
            registerRedisBackedServices(newServer(), options)
        ]);
        expect([one.kind, one.isShared]).toEqual(['memory', false]);
        expect(said).toEqual(['mcp-sessions: sessions are in memory, as forceMemorySessionStore says']);
        await one.sessionStore.setSession('app:x', 'seen');
        expect(await two.sessionStore.getSession('app:x')).toBe('seen');
        await Promise.all([one.disconnect(), two.disconnect()]);
    });

    it.each<[string, RedisBackedServicesOptions, string]>([
        ['no Redis answers', { redisUrl: nowhere }, 'the Redis that redisUrl names cannot be used'],
        ['none is named', {}, 'no Redis is named']
    ])('falls back to memory loudly where %s, but not in production', async (_situation, options, why) => {
        const { said, logger } = warnings();
        const services = await registerRedisBackedServices(newServer(), { ...options, env, logger });
        expect(services.kind).toBe('memory');
        expect(said).toEqual([expect.stringContaining(why)]);
        const node = new FetchNode('alone', services);
        const begun = await node.fetch(initialize());
        expect(begun.status).toBe(200);
        await begun.text();
        await services.disconnect();

        const server = newServer();
        const refused: unknown = await registerRedisBackedServices(server, { ...options, env: { NODE_ENV: 'production' }, logger }).catch(
            (error: unknown) => error
        );
        expect(refused).toMatchObject({ code: 'CONFIGURATION' });
        expect(String(refused)).toContain('`forceMemorySessionStore`');
        expect(String(refused) + said.join()).not.toMatch(/s3cret|user/);
        expect(redisBackedServicesOf(server)).toBeUndefined();
        expect(said).toHaveLength(1);
    });

    it('hands the store to a server that takes one, and lets go of it when that fails', async () => {
        await expect.poll(connections, { timeout: 10_000 }).toBe(0);
        const options = { redisUrl: redis.url, timeoutMs, env };
        const given: unknown[] = [];
        const taker = { setSessionStore: (sessionStore: unknown) => void given.push(sessionStore) };
        const services = await registerRedisBackedServices(taker, options);
        expect(given).toEqual([services.sessionStore]);
        await services.disconnect();

        const refuser = {
            setSessionStore() {
                throw new Error('not this one');
            }
        };
        await expect(registerRedisBackedServices(refuser, options)).rejects.toThrow('not this one');
        expect(redisBackedServicesOf(refuser)).toBeUndefined();
        await expect.poll(connections, { timeout: 10_000 }).toBe(0);
    });

    it('P7: encrypts what is stored where there are keys', async () => {
        const keys = { MCP_SESSIONS_ENCRYPTION_KEYS: `a:${Buffer.alloc(32, 1).toString('base64')}` };
        const services = await registerRedisBackedServices(newServer(), { redisUrl: redis.url, prefix: 'sealed:', timeoutMs, env: keys });
        const node = new FetchNode('sealed', services);
        const begun = await node.fetch(initialize());
        await begun.text();
        await services.sessionStore.setSession('app:secret', 'open sesame');
        const stored = await reader.keys('sealed:session:*');
        expect(stored.length).toBeGreaterThan(1);
        for (const key of stored) {
            if ((await reader.type(key)) === 'string') {
                expect(await reader.get(key)).not.toMatch(/open sesame|test-client/);
            }
        }
        await services.disconnect();
    });

    it('refuses numbers that are none', async () => {
        for (const options of [{ defaultTtl: 0 }, { lockTimeout: NaN }]) {
            await expect(registerRedisBackedServices(newServer(), { forceMemorySessionStore: true, ...options })).rejects.toThrow(
                RangeError
            );
        }
    });
});
