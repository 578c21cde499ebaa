import { randomUUID } from 'node:crypto';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { createSessionBackend, isRedisAvailable, type ChosenBackend, type SessionBackendOptions } from '@mcp-sessions/backends';
import type { SessionData } from '@mcp-sessions/core';
import { Redis } from 'ioredis';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openPostgres, startPrivateRedis, startRedisCluster, startRedisSentinel } from '../../scripts/services.mjs';
import type { PrivateRedis, RedisCluster, RedisSentinel, Service } from '../../scripts/services.mjs';
import { ioredisClient } from '../../packages/backends/src/ioredisClient.js';
import { nodeRedisClient } from '../../packages/backends/src/nodeRedisClient.js';
import { parseRedisUrl } from '../../packages/backends/src/redisPlace.js';
import { createRedisBackend } from '@mcp-sessions/redis';
import { FaultProxy } from '../support/faultProxy.js';
import { startUpstashRest, type UpstashRest } from '../support/upstashRest.js';

const password = 'Pa55+word';
let redis: PrivateRedis;
let cluster: RedisCluster;
let sentinel: RedisSentinel;
let postgres: Service;
let rest: UpstashRest;
let schema: string;

beforeAll(async () => {
    [redis, cluster, sentinel, postgres] = await Promise.all([
        startPrivateRedis(),
        startRedisCluster(),
        startRedisSentinel({ replicas: 1 }),
        openPostgres({ say: () => undefined })
    ]);
    // What is dumped is to be read.
    await redis.command('CONFIG', 'SET', 'rdbcompression', 'no');
    await redis.command('CONFIG', 'SET', 'requirepass', password);
    rest = await startUpstashRest({ redisUrl: `redis://:${encodeURIComponent(password)}@127.0.0.1:${redis.port}` });
    schema = `choosing_${randomUUID().replaceAll('-', '')}`;
    await inPostgres(`CREATE SCHEMA ${schema}`);
});

afterAll(async () => {
    await inPostgres(`DROP SCHEMA ${schema} CASCADE`);
    await rest.stop();
    await Promise.all([redis.stop(), cluster.stop(), sentinel.stop(), postgres.stop()]);
});

async function inPostgres(sql: string): Promise<void> {
    const client = new Client({ connectionString: postgres.url });
    await client.connect();
    await client.query(sql);
    await client.end();
}

const secured = () => `redis://default:${encodeURIComponent(password)}@127.0.0.1:${redis.port}`;
const hosts = () => cluster.nodes.map(({ host, port }) => `${host}:${port}`).join(',');
const sentinels = () => sentinel.sentinels.map(({ host, port }) => `${host}:${port}`).join(',');

/** All four parts do their work, and one more node sees it. */
async function expectWorking(open: () => Promise<Omit<ChosenBackend, 'kind'>>): Promise<void> {
    const [one, other] = await Promise.all([open(), open()]);
    try {
        const id = randomUUID();
        const record: SessionData = { sessionId: id, initialized: true, createdAt: Date.now(), lastActivity: Date.now(), revision: 1 };
        expect(await one.sessionStore.createSession?.(id, record)).toBe('created');
        expect(await other.sessionStore.getSession(id)).toMatchObject({ sessionId: id });
        const [position] = await one.eventLog.append(id, [{ streamId: 'a', message: { jsonrpc: '2.0', method: 'x' } }]);
        expect((await other.eventLog.read(id, 'a', { since: '' }, 10))?.events[0]?.position).toBe(position);
        expect(await one.sessionLock.acquire(id, 'one', 10_000)).toBeGreaterThan(0);
        expect(await other.sessionLock.acquire(id, 'other', 10_000)).toBeNull();
        const heard = new Promise(resolve => {
            const listening = other.messageBus.subscribe(`node/${id}`, { onMessage: resolve, onGap: () => undefined });
            void listening.then(() => one.messageBus.publish(`node/${id}`, 'hello'));
        });
        expect(await heard).toBe('hello');
        await one.sessionStore.deleteSession(id);
        await one.eventLog.drop(id);
    } finally {
        await Promise.all([one.close(), other.close()]);
    }
}

function isBytes(value: unknown): value is { data: number[] } {
    return typeof value === 'object' && value !== null && (value as { type?: unknown }).type === 'Buffer';
}

const logger = { warn: () => undefined };
const keyPrefix = `choosing:${randomUUID()}:`;
const env = (variables: Record<string, string>, more: SessionBackendOptions = {}) => ({ env: variables, keyPrefix, logger, ...more });
const pg = () => ({ schema, migrate: true });

const named: [string, string, () => SessionBackendOptions][] = [
    ['REDIS_URL', 'redis', () => env({ REDIS_URL: secured() })],
    ['KV_URL', 'redis', () => env({ KV_URL: secured() })],
    ['POSTGRES_URL', 'postgres', () => env({ POSTGRES_URL: postgres.url }, pg())],
    ['DATABASE_URL', 'postgres', () => env({ DATABASE_URL: postgres.url.replace(/^postgres(ql)?:/, 'postgresql:') }, pg())],
    ['KV_REST_API_URL', 'upstash', () => env({ KV_REST_API_URL: rest.url, KV_REST_API_TOKEN: rest.token })],
    ['UPSTASH_REDIS_REST_URL', 'upstash', () => env({ UPSTASH_REDIS_REST_URL: rest.url, UPSTASH_REDIS_REST_TOKEN: rest.token })],
    ['redis:', 'redis', () => ({ url: secured(), keyPrefix, logger })],
    ['redis: with ?cluster=true', 'redis', () => ({ url: `redis://${hosts().split(',')[0]}?cluster=true`, keyPrefix, logger })],
    ['redis: with several hosts', 'redis', () => ({ url: `redis://${hosts()}`, keyPrefix, logger })],
    ['redis+cluster:', 'redis', () => ({ url: `redis+cluster://${hosts()}`, keyPrefix, logger })],
    ['redis-sentinel:', 'redis', () => ({ url: `redis-sentinel://${sentinels()}?master=${sentinel.name}`, keyPrefix, logger })],
    ['postgres:', 'postgres', () => ({ url: postgres.url, logger, ...pg() })],
    ['http: with a token', 'upstash', () => ({ url: rest.url, token: rest.token, keyPrefix, logger })],
    ['http: with the token in it', 'upstash', () => ({ url: rest.url.replace('//', `//:${rest.token}@`), keyPrefix, logger })]
];

describe('createSessionBackend works on', () => {
    for (const [name, kind, options] of named) {
        it(name, async () => {
            const backend = await createSessionBackend(options());
            expect(backend.kind).toBe(kind);
            await backend.close();
            await expectWorking(() => createSessionBackend(options()));
        });
    }

    it('Redis, without push', async () => {
        await expectWorking(() => createSessionBackend({ url: secured(), keyPrefix, push: false, logger }));
    });

    it('Postgres, without push', async () => {
        await expectWorking(() => createSessionBackend({ url: postgres.url, push: false, logger, ...pg() }));
    });
});

describe('a Redis driver that is found', () => {
    const forms: [string, () => string][] = [
        ['one server', secured],
        ['a cluster', () => `redis://${hosts()}`],
        ['Sentinel', () => `redis-sentinel://${sentinels()}?master=${sentinel.name}`]
    ];
    for (const [form, url] of forms) {
        it(`serves ${form}: redis (node-redis)`, async () => {
            const driver = await import('redis');
            await expectWorking(async () => {
                const { client, close } = await nodeRedisClient(driver, parseRedisUrl(url()), { onerror: () => undefined });
                const backend = createRedisBackend({ redis: client, keyPrefix });
                return {
                    ...backend,
                    close: async () => {
                        await backend.close();
                        await close();
                    }
                };
            });
        });

        it(`says whether ${form} answers: ioredis and redis`, async () => {
            const settings = { tryMs: 5000, onerror: () => undefined };
            const drivers = [
                ioredisClient(await import('ioredis'), parseRedisUrl(url()), settings),
                await nodeRedisClient(await import('redis'), parseRedisUrl(url()), settings)
            ];
            for (const { answered, close } of drivers) {
                await answered();
                await close();
            }
        });
    }
});

describe('what is stored', () => {
    const inRedis = async (prefix: string): Promise<string> => {
        const reader = new Redis(secured());
        const keys = await reader.keys(`${prefix}*`);
        const dumps = await Promise.all(keys.map(name => reader.dumpBuffer(name)));
        await reader.quit();
        return dumps.map(dump => dump?.toString('latin1')).join('\n');
    };
    const inTables = async (prefix: string): Promise<string> => {
        const client = new Client({ connectionString: postgres.url });
        await client.connect();
        const tables = await client.query<{ name: string }>(
            'SELECT table_name AS name FROM information_schema.tables WHERE table_schema = $1 AND table_name LIKE $2',
            [schema, `${prefix}%`]
        );
        const texts: object[] = [];
        for (const { name } of tables.rows) {
            texts.push(...(await client.query<object>(`SELECT * FROM ${schema}.${name}`)).rows);
        }
        await client.end();
        return JSON.stringify(texts, (_key, value: unknown) => (isBytes(value) ? Buffer.from(value.data).toString('latin1') : value));
    };
    const kinds: [string, () => SessionBackendOptions, (prefix: string) => Promise<string>][] = [
        ['Redis', () => ({ url: secured() }), inRedis],
        ['Postgres', () => ({ url: postgres.url, ...pg() }), inTables],
        ['Upstash', () => ({ url: rest.url, token: rest.token }), inRedis]
    ];
    for (const [name, options, dump] of kinds) {
        it(`P7: in ${name} is encrypted with the keys of the environment, and only then`, async () => {
            const key = (byte: number) => Buffer.alloc(32, byte).toString('base64');
            const keys = `2026-01:${key(7)},old:${key(8)}`;
            for (const [index, variables] of [{}, { MCP_SESSIONS_ENCRYPTION_KEYS: keys }].entries()) {
                const prefix = `p7_${randomUUID().slice(0, 8)}`;
                const settings = { ...options(), env: variables, keyPrefix: prefix, tableName: prefix, logger };
                const backend = await createSessionBackend(settings);
                const id = randomUUID();
                const record = { sessionId: id, initialized: true, createdAt: 1, lastActivity: 1, metadata: { hidden: 'xyzzy1' } };
                await backend.sessionStore.storeSession(id, record);
                await backend.eventLog.append(id, [{ streamId: 'a', message: { jsonrpc: '2.0', method: 'xyzzy2' } }]);
                expect(await backend.sessionStore.getSession(id)).toMatchObject({ metadata: { hidden: 'xyzzy1' } });
                expect((await backend.eventLog.read(id, 'a', { since: '' }, 1))?.events[0]?.message).toMatchObject({ method: 'xyzzy2' });
                const stored = await dump(prefix);
                for (const text of ['xyzzy1', 'xyzzy2']) {
                    expect(stored.includes(text), `${text} is ${index === 0 ? 'missing' : 'readable'}`).toBe(index === 0);
                }
                await backend.close();
            }
            await expectWorking(() =>
                createSessionBackend({
                    ...options(),
                    env: { MCP_SESSIONS_ENCRYPTION_KEYS: keys },
                    keyPrefix: 'p7w',
                    tableName: 'p7w',
                    logger
                })
            );
        });
    }

    it('has the time to live and the caps that the options say', async () => {
        for (const options of [
            { url: secured(), keyPrefix: `${keyPrefix}caps:` },
            { url: postgres.url, tableName: 'capped', ...pg() },
            { memory: true }
        ]) {
            const backend = await createSessionBackend({ ...options, ttlSeconds: 77, maxSessions: 1, logger });
            expect(backend.sessionStore.ttlMs).toBe(77_000);
            const create = (sessionId: string) =>
                backend.sessionStore.createSession?.(sessionId, { sessionId, initialized: true, createdAt: 1, lastActivity: 1 });
            expect([await create('a'), await create('b')]).toEqual(['created', 'full']);
            await backend.sessionStore.deleteSession('a');
            await backend.close();
        }
    });
});

describe('a backend that cannot be reached', () => {
    it('F1: is said once, with no word of the URL, and serves when it is there', async () => {
        const server = await startPrivateRedis();
        await server.halt();
        const warned: string[] = [];
        const backend = await createSessionBackend({
            url: `redis://default:${encodeURIComponent(password)}@127.0.0.1:${server.port}`,
            logger: { warn: message => void warned.push(message) }
        });
        await expect(backend.sessionStore.getSession('a')).rejects.toThrow();
        expect(warned).toEqual([expect.stringContaining('mcp-sessions: Redis cannot be used; it is tried again')]);
        expect(warned.join()).not.toContain(password);
        await backend.close();
        await server.stop();
    });
});

describe('Postgres or Upstash that cannot be reached', () => {
    it('F1: is said once, with no word of the URL, and once more when it is there', async () => {
        for (const [name, target, options] of [
            ['Postgres', Number(new URL(postgres.url).port), pg()],
            ['Upstash', Number(new URL(rest.url).port), { token: rest.token }]
        ] as const) {
            const proxy = await FaultProxy.start(target);
            await proxy.set('refuse');
            const { protocol, username } = new URL(name === 'Postgres' ? postgres.url : rest.url);
            const url = `${protocol}//${username && `${username}@`}127.0.0.1:${proxy.port}${name === 'Postgres' ? '/postgres' : ''}`;
            const warned: string[] = [];
            const backend = await createSessionBackend({
                url,
                ...options,
                migrate: false,
                keyPrefix,
                logger: { warn: line => warned.push(line) }
            });
            for (const _ of [1, 2]) await expect(backend.sessionStore.getSession('a')).rejects.toThrow();
            expect(warned, name).toEqual([expect.stringContaining(`mcp-sessions: ${name} cannot be used; it is tried again: `)]);
            expect(warned.join()).not.toMatch(/127\.0\.0\.1|\/\//);
            await proxy.set('pass');
            await expect.poll(() => backend.sessionStore.getSession('a').catch(() => 'refused'), { timeout: 20_000 }).toBeNull();
            expect(warned.slice(1), name).toEqual([`mcp-sessions: ${name} can be used again`]);
            await backend.close();
            await proxy.stop();
        }
    });
});

describe('isRedisAvailable', () => {
    it('tells one that answers from one that does not, and from one that refuses the password', async () => {
        expect(await isRedisAvailable(secured(), { timeoutMs: 10_000 })).toBe(true);
        expect(await isRedisAvailable(`redis://${hosts()}`, { timeoutMs: 10_000 })).toBe(true);
        expect(await isRedisAvailable(`redis-sentinel://${sentinels()}/${sentinel.name}`, { timeoutMs: 10_000 })).toBe(true);
        expect(await isRedisAvailable(`redis://:wrong@127.0.0.1:${redis.port}`, { timeoutMs: 10_000 })).toBe(false);
        expect(await isRedisAvailable(`redis://127.0.0.1:${redis.port}`, { timeoutMs: 10_000 })).toBe(false);
        expect(await isRedisAvailable('redis://127.0.0.1:1')).toBe(false);
        expect(await isRedisAvailable('redis://127.0.0.1:1?cluster=true')).toBe(false);
        expect(await isRedisAvailable('redis-sentinel://127.0.0.1:1/main')).toBe(false);
    });

    it('does not wait for one that is silent, and leaves no connection to it', async () => {
        const open = new Set<Socket>();
        const server = createServer(socket => {
            open.add(socket);
            socket.on('close', () => open.delete(socket)).on('error', () => undefined);
            socket.resume();
        });
        await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
        const { port } = server.address() as AddressInfo;
        expect(await isRedisAvailable(`redis://127.0.0.1:${port}`, { timeoutMs: 200 })).toBe(false);
        await expect.poll(() => open.size, { timeout: 10_000 }).toBe(0);
        await new Promise(resolve => server.close(resolve));
    });
});
