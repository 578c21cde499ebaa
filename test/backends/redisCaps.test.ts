import { randomUUID } from 'node:crypto';
import type { SessionData } from '@mcp-sessions/core';
import { RedisSessionStore, type RedisClient, type RedisSessionStoreOptions } from '@mcp-sessions/redis';
import { Redis } from 'ioredis';
import { createClient } from 'redis';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startPrivateRedis, type PrivateRedis } from '../../scripts/services.mjs';
import { Monitor } from '../cluster/support/monitor.js';

const patience = { timeout: 20_000, interval: 20 };

let server: PrivateRedis;
let redis: Redis;
let other: ReturnType<typeof createClient>;
beforeAll(async () => {
    server = await startPrivateRedis();
    redis = new Redis(server.url);
    other = createClient({ url: server.url, commandOptions: { timeout: 60_000 } });
    await other.connect();
});
afterAll(async () => {
    redis.disconnect();
    other.destroy();
    await server.stop();
});

function data(sessionId: string, extra: Partial<SessionData> = {}): SessionData {
    return { sessionId, initialized: true, createdAt: Date.now(), lastActivity: Date.now(), revision: 1, ...extra };
}

function open(limits: Omit<RedisSessionStoreOptions, 'redis'>, client: RedisClient = redis) {
    const keyPrefix = limits.keyPrefix ?? `test:${randomUUID()}:`;
    const store = new RedisSessionStore({ ...limits, redis: client, keyPrefix });
    const create = async (extra?: Partial<SessionData>, sessionId: string = randomUUID()) => {
        const creation = await store.createSession(sessionId, data(sessionId, extra));
        return { sessionId, creation };
    };
    return { store, keyPrefix, create, counted: () => redis.zcard(`${keyPrefix}{sessions}:ends`) };
}

/** What reaches Redis meanwhile, without what scripts do there. */
async function commandsOf(use: () => Promise<unknown>): Promise<string[]> {
    const commands: string[] = [];
    const monitor = await Monitor.open({ host: '127.0.0.1', port: server.port }, ({ source, args }) => {
        if (source !== 'lua') commands.push(args[0]!.toLowerCase());
    });
    try {
        await use();
        const mark = randomUUID();
        await redis.echo(mark);
        await vi.waitFor(() => expect(commands).toContain('echo'), patience);
    } finally {
        monitor.close();
    }
    return commands.filter(name => name !== 'echo');
}

describe('RedisSessionStore: caps on sessions', () => {
    it('P9: 5,000 that come at once by two clients: as many as there may be, in total and of each principal', async () => {
        const limits = { maxSessions: 100, maxSessionsPerPrincipal: 10, keyPrefix: `test:${randomUUID()}:` };
        const nodes = [open(limits, redis), open(limits, other)];
        const principals = Array.from({ length: 20 }, (_, index) => `principal ${index}`);
        const made = await Promise.all(
            Array.from({ length: 5000 }, async (_, index) => {
                const principal = principals[(index >> 1) % principals.length]!;
                return { principal, ...(await nodes[index % 2]!.create({ principal })) };
            })
        );
        const created = made.filter(({ creation }) => creation === 'created');
        expect(created).toHaveLength(100);
        expect(made.filter(({ creation }) => creation === 'full')).toHaveLength(4900);
        for (const principal of principals) {
            expect(created.filter(one => one.principal === principal).length).toBeLessThanOrEqual(10);
        }
        const there = await Promise.all(made.map(({ sessionId }) => nodes[0]!.store.sessionExists(sessionId)));
        expect(there.filter(Boolean)).toHaveLength(100);
        // Each that is deleted makes room for one, by whichever node.
        await Promise.all(created.slice(0, 30).map(({ sessionId }, index) => nodes[index % 2]!.store.deleteSession(sessionId)));
        const later = await Promise.all(Array.from({ length: 100 }, (_, index) => nodes[index % 2]!.create()));
        expect(later.filter(({ creation }) => creation === 'created')).toHaveLength(30);
    });

    it('P9: a process that dies between the count and the record keeps its place only until that expires', async () => {
        const limits = { maxSessions: 1, ttlSeconds: 600, initializeTtlSeconds: 2, keyPrefix: `test:${randomUUID()}:` };
        const { create } = open(limits);
        const hasCounted = await new Promise(resolve => {
            // A client whose process is gone before the record is written.
            const set = () => new Promise(() => resolve(true));
            const dying = new Proxy(redis, {
                get: (target, name) => (name === 'set' ? set : (Reflect.get(target, name, target) as unknown))
            });
            void open(limits, dying).create({ initialized: false });
        });
        expect(hasCounted).toBe(true);
        expect((await create()).creation).toBe('full');
        await vi.waitFor(async () => expect((await create()).creation).toBe('created'), patience);
    });

    it('P9: what Redis refuses to write is counted no longer; what nobody knows of stays counted', async () => {
        const keyPrefix = `test:${randomUUID()}:`;
        let error = Object.assign(new Error("OOM command not allowed when used memory > 'maxmemory'."), { name: 'ReplyError' });
        const failing = new Proxy(redis, {
            get: (target, name) => (name === 'set' ? () => Promise.reject(error) : (Reflect.get(target, name, target) as unknown))
        });
        const { create, counted } = open({ maxSessions: 1, keyPrefix }, failing);
        await expect(create()).rejects.toThrow('OOM');
        expect(await counted()).toBe(0);
        error = new Error('Connection is closed.');
        await expect(create()).rejects.toThrow('closed');
        expect(await counted()).toBe(1);
    });

    it('P9: a session that is in use is counted for at least as long as it lives, and at most a quarter longer', async () => {
        const ttlSeconds = 2;
        const { store, create, keyPrefix } = open({ maxSessions: 10, ttlSeconds });
        const { sessionId } = await create({ principal: 'p' });
        const uses = [
            () => store.getAndTouchSession(sessionId),
            () => store.updateSessionActivity(sessionId),
            () => store.updateSession(sessionId, data(sessionId, { principal: 'p' }), 1),
            () => store.storeSession(sessionId, data(sessionId, { principal: 'p' }))
        ];
        const member = (await redis.zrange(`${keyPrefix}{sessions}:ends`, '0', '0'))[0]!;
        const [key] = (await redis.keys(`${keyPrefix}*`)).filter(name => !name.includes('{sessions}'));
        for (let turn = 0; turn < 60; turn++) {
            await uses[turn % uses.length]!();
            const state = await redis.multi().pexpiretime(key!).zscore(`${keyPrefix}{sessions}:ends`, member).exec();
            const [recordEnds, countEnds] = state!.map(([, value]) => Number(value));
            expect(countEnds).toBeGreaterThanOrEqual(recordEnds!);
            expect(countEnds! - recordEnds!).toBeLessThanOrEqual((ttlSeconds * 1000) / 4 + 1);
            await new Promise(resolve => setTimeout(resolve, 20));
        }
    });

    it('P9: what Redis has evicted is counted anew as sessions are used, also those from before there were caps', async () => {
        const keyPrefix = `test:${randomUUID()}:`;
        const before = open({ keyPrefix });
        const [first, second] = [await before.create({ principal: 'p' }), await before.create({ principal: 'p' })];
        expect(await before.counted()).toBe(0);
        const { store, create, counted } = open({ keyPrefix, maxSessions: 3, maxSessionsPerPrincipal: 2 });
        await store.getAndTouchSession(first.sessionId);
        await store.updateSessionActivity(second.sessionId);
        expect(await counted()).toBe(2);
        expect((await create({ principal: 'p' })).creation).toBe('full');
        for (const key of ['ends', 'owners', 'counts']) {
            await redis.del(`${keyPrefix}{sessions}:${key}`);
            // Another node, which does not believe to know until when they are counted.
            const node = open({ keyPrefix, maxSessions: 3, maxSessionsPerPrincipal: 2 });
            await node.store.getAndTouchSession(first.sessionId);
            await node.store.updateSession(second.sessionId, data(second.sessionId, { principal: 'p' }), 1);
            expect(await counted()).toBe(2);
            expect((await node.create({ principal: 'p' })).creation).toBe('full');
        }
    });

    it('P8: a session that is not there is not counted, whatever is done to it', async () => {
        const { store, counted } = open({ maxSessions: 3 });
        const sessionId = randomUUID();
        await store.getAndTouchSession(sessionId);
        await store.updateSessionActivity(sessionId);
        expect(await store.updateSession(sessionId, data(sessionId), 1)).toBe(false);
        await store.deleteSession(sessionId);
        expect(await counted()).toBe(0);
    });

    it('B1: every key has a time to live, and all are gone when the sessions are', async () => {
        const { store, create, keyPrefix } = open({
            maxSessions: 50,
            maxSessionsPerPrincipal: 9,
            ttlSeconds: 0.6,
            initializeTtlSeconds: 0.3
        });
        for (let n = 0; n < 20; n++) {
            const { sessionId } = await create({ principal: `p${n % 3}`, initialized: n % 2 === 0 });
            if (n % 3) await store.updateSessionActivity(sessionId);
            if (n % 5 === 0) await store.deleteSession(sessionId);
            const keys = await redis.keys(`${keyPrefix}*`);
            const lives = await Promise.all(keys.map(key => redis.pttl(key)));
            expect(lives.filter(life => life === -1)).toEqual([]);
        }
        await vi.waitFor(async () => expect(await redis.keys(`${keyPrefix}*`)).toEqual([]), patience);
    });

    it('B3: without caps each step is one command, and with them one more only now and then', async () => {
        const steps = async ({ store, create }: ReturnType<typeof open>, sessionId: string) => ({
            create: await commandsOf(() => create({}, sessionId)),
            warm: await commandsOf(() => store.getAndTouchSession(sessionId)),
            touch: await commandsOf(() => store.updateSessionActivity(sessionId)),
            delete: await commandsOf(() => store.deleteSession(sessionId))
        });
        // So that Redis knows the scripts.
        await steps(open({ maxSessions: 9 }), randomUUID());
        expect(await steps(open({}), randomUUID())).toEqual({ create: ['set'], warm: ['getex'], touch: ['pexpire'], delete: ['del'] });
        const limits = { maxSessions: 9, keyPrefix: `test:${randomUUID()}:` };
        expect(await steps(open(limits), randomUUID())).toEqual({
            create: ['evalsha', 'set'],
            warm: ['getex'],
            touch: ['pexpire'],
            delete: ['del', 'evalsha']
        });
        const { sessionId } = await open(limits).create();
        const cold = open(limits);
        expect(await commandsOf(() => cold.store.getAndTouchSession(sessionId))).toEqual(['evalsha', 'getex']);
        expect(await commandsOf(() => cold.store.getAndTouchSession(sessionId))).toEqual(['getex']);
    });

    it('S12: a session that began and was not used ends by itself, and one that was used lives the whole time', async () => {
        const { create, store, keyPrefix } = open({ ttlSeconds: 600, initializeTtlSeconds: 0.3 });
        const [begun, used] = [await create({ initialized: false }), await create({ initialized: false })];
        await store.updateSession(used.sessionId, data(used.sessionId), 1);
        const createdAt = Date.now() - 60_000;
        const idle = await create({ initialized: false, createdAt, lastActivity: createdAt });
        const activity = (await store.getSession(idle.sessionId))!.lastActivity;
        expect(activity).toBeGreaterThanOrEqual(createdAt);
        await vi.waitFor(async () => expect(await store.sessionExists(begun.sessionId)).toBe(false), patience);
        expect(await store.sessionExists(used.sessionId)).toBe(true);
        const lives = await Promise.all((await redis.keys(`${keyPrefix}*`)).map(key => redis.pttl(key)));
        expect(Math.max(...lives)).toBeGreaterThan(590_000);
    });

    it('refuses caps that make no sense', () => {
        for (const cap of [0, -1, 1.5, NaN]) {
            expect(() => open({ maxSessions: cap })).toThrow(RangeError);
            expect(() => open({ maxSessionsPerPrincipal: cap })).toThrow(RangeError);
        }
        expect(() => open({ maxSessions: Infinity, initializeTtlSeconds: 0 })).toThrow(RangeError);
    });
});
