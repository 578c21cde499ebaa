import { randomUUID } from 'node:crypto';
import { createMemorySessionStore, createSessionStore, type ManagedSessionStore, type SessionStoreOptions } from '@mcp-sessions/backends';
import { isSessionError, type SessionData } from '@mcp-sessions/core';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { MemoryShelf } from '../../packages/backends/src/memoryShelf.js';
import { putValue } from '../../packages/backends/src/values.js';
import { startPrivateRedis, type PrivateRedis } from '../../scripts/services.mjs';
import { call, FetchNode } from '../session/fetchNode.js';

const nowhere = 'redis://user:s3cret@127.0.0.1:1';
/** More patience than an idle machine needs. */
const timeoutMs = 20_000;

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

const warnings = () => {
    const said: string[] = [];
    return { said, logger: { warn: (message: string) => void said.push(message) } };
};

function recordOf(sessionId: string): SessionData {
    const times = { createdAt: Date.now(), lastActivity: Date.now() };
    return { sessionId, initialized: true, ...times, revision: 1, protocolVersion: '2025-11-25', initializeParams: {} };
}

const stores: [string, (options?: SessionStoreOptions) => Promise<ManagedSessionStore>][] = [
    ['Redis', options => createSessionStore({ redisUrl: redis.url, timeoutMs, env: {}, ...options })],
    [
        'Redis, encrypted',
        options =>
            createSessionStore({
                ...{ redisUrl: redis.url, timeoutMs, prefix: 'sealed:' },
                env: { MCP_SESSIONS_ENCRYPTION_KEYS: `a:${Buffer.alloc(32, 1).toString('base64')}` },
                ...options
            })
    ],
    ['memory', async options => createMemorySessionStore(options)]
];

for (const [name, open] of stores) {
    describe(`the store in ${name}`, () => {
        it('gives back exactly what it was given', async () => {
            const store = await open();
            for (const data of [{ a: [1, null, { b: '' }] }, 'text', 0, false, null, [], { sessionId: 'x', metadata: null }]) {
                const id = randomUUID();
                await store.setSession(id, data);
                expect(await store.getSession(id)).toEqual(data);
                expect(await store.sessionExists(id)).toBe(true);
                await store.setSession(id, { after: data });
                expect(await store.getSession(id)).toEqual({ after: data });
                await store.deleteSession(id);
                expect(await store.getSession(id)).toBeNull();
            }
            await expect(store.setSession(randomUUID(), undefined)).rejects.toThrow(TypeError);
            await expect(store.setSession(randomUUID(), 1, 0)).rejects.toThrow(RangeError);
            await store.disconnect();
        });

        it('keeps data for as long as it was told', async () => {
            const store = await open({ defaultTtl: 60 });
            expect(store.ttlMs).toBe(60_000);
            const [short, long] = [randomUUID(), randomUUID()];
            await store.setSession(long, 'long');
            await store.setSession(short, 'short', 0.2);
            expect(await store.getSession(long)).toBe('long');
            await expect.poll(() => store.getSession(short), { timeout: 10_000 }).toBeNull();
            expect(await store.getSession(long)).toBe('long');
            await store.disconnect();
        });

        it('serves transports and data side by side: neither takes the place of the other', async () => {
            const store = await open();
            const [session, data] = [randomUUID(), randomUUID()];
            expect(await store.createSession?.(session, recordOf(session))).toBe('created');
            await store.setSession(data, { sessionId: data });

            expect(await store.getSession(session)).toMatchObject({ sessionId: session, initializeParams: {} });
            const refused: unknown = await store.setSession(session, 'x').catch((error: unknown) => error);
            expect(isSessionError(refused) && refused.code).toBe('CONFIGURATION');
            expect(String(refused)).not.toContain(session);

            expect(await store.createSession?.(data, recordOf(data))).toBe('taken');
            // A client that sends this id has no session.
            expect(await store.getAndTouchSession?.(data)).toBeNull();
            expect(await store.getAndTouchSession?.(session)).toMatchObject({ sessionId: session });
            const listed = await store.listSessions?.({ limit: 1000 });
            expect(listed?.sessions.map(({ sessionId }) => sessionId)).toContain(session);
            expect(listed?.sessions.map(({ sessionId }) => sessionId)).not.toContain(data);
            expect(await store.updateSession?.(session, { ...recordOf(session), revision: 2 }, 1)).toBe(true);
            await store.disconnect();
        });

        it('S9: takes no data for a session, whatever it looks like', async () => {
            const store = await open();
            const id = randomUUID();
            for (const data of [recordOf(id), { toJSON: () => recordOf(id) }]) {
                const refused: unknown = await store.setSession(id, data).catch((error: unknown) => error);
                expect(isSessionError(refused) && refused.code).toBe('CONFIGURATION');
                expect(String(refused)).not.toContain(id);
                expect(await store.sessionExists(id)).toBe(false);
            }
            // As one that does not refuse it would have written it.
            const times = { createdAt: Date.now(), lastActivity: Date.now() };
            const metadata = { 'mcp-sessions.value': recordOf(id) };
            await store.storeSession(id, { sessionId: id, initialized: true, ...times, revision: 1, metadata });
            expect(await store.getSession(id)).toBeNull();
            expect(await store.getAndTouchSession?.(id)).toBeNull();
            const node = new FetchNode('node', { sessionStore: store });
            expect((await node.fetch(call(id, 'tools/call', { name: 'whoami', arguments: {} }))).status).toBe(404);
            expect((await node.fetch(call(id, 'logging/setLevel', { level: 'debug' }))).status).toBe(404);
            await store.deleteSession(id);
            const kept = { kept: recordOf(id) };
            await store.setSession(id, kept);
            expect(await store.getSession(id)).toEqual(kept);
            await store.disconnect();
        });

        it('keeps one of many that are set at once', async () => {
            const store = await open();
            const id = randomUUID();
            const all = Array.from({ length: 20 }, (_, index) => ({ index }));
            await Promise.all(all.map(data => store.setSession(id, data)));
            expect(all).toContainEqual(await store.getSession(id));
            await store.disconnect();
        });

        it('has locks, which are waited for as long as lockTimeout says', async () => {
            const store = await open({ lockTimeout: 100 });
            const lock = randomUUID();
            let inside = 0;
            const work = await store.withLock(lock, async ({ fencingToken }) => {
                inside++;
                const late: unknown = await store.withLock(lock, () => inside++).catch((error: unknown) => error);
                expect(isSessionError(late) && late.code).toBe('LOCK_TIMEOUT');
                return fencingToken;
            });
            expect(work).toBeGreaterThan(0);
            expect(await store.withLock(lock, ({ fencingToken }) => fencingToken)).toBeGreaterThan(work);
            expect(inside).toBe(1);
            await store.disconnect();
            await store.close?.();
        });
    });
}

describe('setSession', () => {
    const ring = (id: string, byte: number) => ({ MCP_SESSIONS_ENCRYPTION_KEYS: `${id}:${Buffer.alloc(32, byte).toString('base64')}` });
    const common = { timeoutMs, prefix: 'unreadable:', logger: { warn: () => undefined } };

    it('replaces what was encrypted with a key that is gone', async () => {
        const before = await createSessionStore({ ...common, redisUrl: redis.url, env: ring('before', 1) });
        const after = await createSessionStore({ ...common, redisUrl: redis.url, env: ring('after', 2) });
        const id = randomUUID();
        await before.setSession(id, 'before');
        expect(await after.getSession(id)).toBeNull();
        await after.setSession(id, 'after');
        expect(await after.getSession(id)).toBe('after');
        await before.disconnect();
        await after.disconnect();
    });

    it.each<[string, (key: string) => Promise<unknown>]>([
        ['a key of another type', key => reader.lpush(key, 'x')],
        ['what is no record', key => reader.set(key, '{')]
    ])('replaces %s', async (_what, put) => {
        const store = await createSessionStore({ ...common, prefix: 'foreign:', redisUrl: redis.url, env: {} });
        const id = randomUUID();
        await store.setSession(id, 'before');
        const [key = ''] = await reader.keys('foreign:*');
        await reader.del(key);
        await put(key);
        expect(await store.getSession(id)).toBeNull();
        await store.setSession(id, 'after');
        expect(await store.getSession(id)).toBe('after');
        expect(await reader.keys('foreign:*')).toEqual([key]);
        await store.deleteSession(id);
        await store.disconnect();
    });

    it('gives up where others come first again and again', async () => {
        vi.useFakeTimers();
        const shelf = new MemoryShelf({ ttlSeconds: 60 });
        vi.spyOn(shelf, 'withTtl').mockReturnValue({ createSession: async () => 'taken', updateSession: async () => false });
        const refused = expect(putValue(shelf, 'id', 1, 60)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
        await vi.runAllTimersAsync();
        await refused;
        await shelf.close();
        vi.useRealTimers();
    });

    it('refuses a time that is none, in memory as well', async () => {
        const store = createMemorySessionStore();
        for (const ttlSeconds of [Infinity, NaN, -1]) {
            await expect(store.setSession('id', 1, ttlSeconds)).rejects.toThrow(RangeError);
        }
        await store.disconnect();
    });
});

describe('createSessionStore', () => {
    it('takes the Redis of the option, else that of the environment', async () => {
        const { said, logger } = warnings();
        for (const options of [{ redisUrl: redis.url, env: { REDIS_URL: nowhere } }, { env: { REDIS_URL: redis.url } }]) {
            const store = await createSessionStore({ ...options, timeoutMs, logger, verbose: true, prefix: 'mine:', defaultTtl: 100 });
            expect([store.kind, store.isShared]).toEqual(['redis', true]);
            await store.setSession('id', 1);
            const keys = await reader.keys('mine:*');
            expect(keys.length).toBeGreaterThan(0);
            expect(await reader.pttl(keys[0] ?? '')).toBeLessThanOrEqual(100_000);
            await reader.del(...keys);
            await store.disconnect();
        }
        expect(said).toEqual([
            'mcp-sessions: sessions are in Redis, as redisUrl names it',
            'mcp-sessions: sessions are in Redis, as REDIS_URL names it'
        ]);
    });

    it('falls back to memory loudly, once, and without a word of the URL', async () => {
        for (const [options, why] of [
            [{ env: {} }, 'no Redis is named: neither redisUrl nor REDIS_URL is set'],
            [{ redisUrl: nowhere, env: {} }, 'the Redis that redisUrl names cannot be used (connect ECONNREFUSED'],
            [{ env: { REDIS_URL: nowhere } }, 'the Redis that REDIS_URL names cannot be used (connect ECONNREFUSED']
        ] as const) {
            const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
            const store = await createSessionStore(options);
            expect([store.kind, store.isShared]).toEqual(['memory', false]);
            await store.setSession('id', 1);
            await store.disconnect();
            expect(warn.mock.calls).toEqual([[expect.stringContaining(why)]]);
            expect(String(warn.mock.calls)).toContain('SESSIONS ARE IN THE MEMORY OF THIS PROCESS');
            expect(String(warn.mock.calls)).not.toMatch(/s3cret|user/);
            warn.mockRestore();
        }
    });

    it('refuses memory in production, unless it is asked for or allowed', async () => {
        const { said, logger } = warnings();
        for (const env of [{ NODE_ENV: 'production' }, { NODE_ENV: 'production', REDIS_URL: nowhere }]) {
            const error: unknown = await createSessionStore({ env, logger }).catch((thrown: unknown) => thrown);
            expect(isSessionError(error) && error.code).toBe('CONFIGURATION');
            expect(String(error)).toContain('Sessions need a Redis in production');
            expect(String(error)).not.toMatch(/s3cret|user/);
            expect(said).toEqual([]);
            expect((await createSessionStore({ env, logger, preferMemory: true })).kind).toBe('memory');
            expect(said).toEqual([]);
            expect((await createSessionStore({ env, logger, allowMemoryInProduction: true })).kind).toBe('memory');
            expect(said.splice(0)).toHaveLength(1);
        }
        const store = await createSessionStore({ env: { NODE_ENV: 'production', REDIS_URL: redis.url }, timeoutMs, logger });
        expect(store.kind).toBe('redis');
        await store.disconnect();
    });

    it('refuses what is no URL of Redis, and what is no number', async () => {
        for (const redisUrl of ['localhost:6379', 'http://user:s3cret@host', 'redis://user:s3cret@host:port']) {
            const error: unknown = await createSessionStore({ redisUrl, env: {} }).catch((thrown: unknown) => thrown);
            expect(isSessionError(error) && error.code).toBe('CONFIGURATION');
            expect(String(error)).not.toMatch(/s3cret/);
        }
        await expect(createSessionStore({ defaultTtl: 0, preferMemory: true })).rejects.toThrow(RangeError);
        await expect(createSessionStore({ lockTimeout: NaN, preferMemory: true })).rejects.toThrow(RangeError);
    });

    it('closes its connection', async () => {
        const connections = async () => ((await reader.client('LIST')) as string).trim().split('\n').length;
        await expect.poll(connections, { timeout: 10_000 }).toBe(1);
        const store = await createSessionStore({ redisUrl: redis.url, timeoutMs, env: {} });
        await store.setSession('id', 1);
        await expect.poll(connections, { timeout: 10_000 }).toBe(2);
        await store.disconnect();
        await expect.poll(connections, { timeout: 10_000 }).toBe(1);
    });
});
