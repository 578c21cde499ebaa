import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isSessionError, type SessionData } from '@mcp-sessions/core';
import { createRedisBackend, RedisMessageBus, RedisSessionStore, type RedisClient } from '@mcp-sessions/redis';
import { Redis as UpstashRedis } from '@upstash/redis';
import { Cluster, Redis } from 'ioredis';
import { Redis as Redis5 } from 'ioredis-v5';
import { createClient, createClientPool, RESP_TYPES } from 'redis';
import { createClient as createClient4 } from 'redis-v4';
import { createClient as createClient5 } from 'redis-v5';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { freePort, startPrivateRedis, type PrivateRedis } from '../../scripts/services.mjs';

const patience = { timeout: 20_000, interval: 20 };

let server: PrivateRedis;
const cleanUp: (() => unknown)[] = [];
beforeAll(async () => {
    server = await startPrivateRedis();
});
afterEach(async () => {
    for (const task of cleanUp.splice(0).reverse()) await task();
});
afterAll(() => server.stop());

function data(sessionId: string): SessionData {
    return { sessionId, initialized: true, createdAt: 1, lastActivity: 1, revision: 1, metadata: { text: 'ä \u0000 😀' } };
}

/** Every part of a backend does what it is there for. */
async function useAll(redis: RedisClient, keyPrefix = `test:${randomUUID()}:`): Promise<void> {
    const options = { redis, keyPrefix, maxSessions: 9, maxSessionsPerPrincipal: 9 };
    for (const push of [true, false]) {
        const { sessionStore, eventLog, messageBus, sessionLock, close } = createRedisBackend({ ...options, push });
        cleanUp.push(close);
        const sessionId = randomUUID();
        expect(await sessionStore.createSession(sessionId, data(sessionId))).toBe('created');
        expect(await sessionStore.updateSession(sessionId, { ...data(sessionId), revision: 2 }, 1)).toBe(true);
        expect(await sessionStore.getSession(sessionId)).toMatchObject({ metadata: data('').metadata, revision: 2 });
        await sessionStore.updateSessionActivity(sessionId);
        expect(await sessionStore.getAndTouchSession(sessionId)).toMatchObject({ revision: 2 });
        await sessionStore.storeSession(sessionId, data(sessionId));
        expect((await sessionStore.listSessions({ limit: 1000 })).sessions).toMatchObject([{ sessionId, metadata: data('').metadata }]);
        const [position] = await eventLog.append(sessionId, [{ streamId: 's', message: { jsonrpc: '2.0', method: 'x' } }]);
        expect(await eventLog.claim(sessionId, 's', 'reader')).toMatchObject({ granted: true });
        await eventLog.release(sessionId, 's', 'reader', position!);
        expect(await eventLog.read(sessionId, 's', { since: '' }, 9)).toMatchObject({ events: [{ position }] });
        expect(await eventLog.touch(sessionId)).toBe(position);
        const token = await sessionLock.acquire('name', 'holder', 10_000);
        expect(token).toEqual(expect.any(Number));
        expect(await sessionLock.renew('name', 'holder', 10_000)).toBe(true);
        expect(await sessionLock.release('name', 'holder')).toBe(true);
        const heard: string[] = [];
        await messageBus.subscribe('nodes', { onMessage: text => void heard.push(text), onGap: () => undefined });
        await messageBus.publish('nodes', 'ä 😀');
        await vi.waitFor(() => expect(heard).toEqual(['ä 😀']), patience);
        await eventLog.drop(sessionId);
        await sessionStore.deleteSession(sessionId);
        expect(await sessionStore.sessionExists(sessionId)).toBe(false);
        await close();
    }
}

interface Access {
    readonly url: string;
    readonly username?: string;
    readonly password?: string;
    readonly ca?: string;
}

const clients: { name: string; connect: (access: Access) => Promise<readonly [RedisClient, () => unknown]> }[] = [
    ...[Redis, Redis5 as unknown as typeof Redis].map((Client, index) => ({
        name: `ioredis ${6 - index}`,
        connect: async ({ url, ca, ...login }: Access) => {
            const client = new Client(url, { ...login, ...(ca !== undefined && { tls: { ca } }) });
            return [client, () => client.disconnect()] as const;
        }
    })),
    ...[createClient, createClient5 as unknown as typeof createClient].map((create, index) => ({
        name: `node-redis ${6 - index}`,
        connect: async ({ url, ca, ...login }: Access) => {
            const client = create({ url, ...login, ...(ca !== undefined && { socket: { tls: true, ca } }) });
            client.on('error', () => undefined);
            await client.connect();
            return [client, () => client.destroy()] as const;
        }
    })),
    {
        name: 'node-redis 4',
        connect: async ({ url, ca, ...login }: Access) => {
            const client = createClient4({ url, ...login, ...(ca !== undefined && { socket: { tls: true, ca } }) });
            client.on('error', () => undefined);
            await client.connect();
            return [client, () => client.disconnect()] as const;
        }
    }
];

describe('what is given as a client', () => {
    it.each([
        ['nothing', undefined],
        ['null', null],
        ['an URL', 'redis://localhost'],
        ['an object', {}],
        ['a client over HTTP', new UpstashRedis({ url: 'http://127.0.0.1:1', token: 't' })]
    ])('%s is refused with a TypeError that says what is needed', (_name, redis) => {
        expect(() => new RedisSessionStore({ redis: redis as unknown as RedisClient })).toThrow(TypeError);
        expect(() => new RedisSessionStore({ redis: redis as unknown as RedisClient })).toThrow(/ioredis 5 or 6.*node-redis 4 to 6/);
    });

    it('a cluster that reads from replicas is refused', () => {
        const cluster = new Cluster([{ host: '127.0.0.1', port: 1 }], { scaleReads: 'slave', lazyConnect: true });
        expect(() => new RedisSessionStore({ redis: cluster })).toThrow(/scaleReads/);
    });

    it('a pool of node-redis serves all but the bus that is pushed, and that says so', async () => {
        const pool = createClientPool({ url: server.url });
        await pool.connect();
        cleanUp.push(() => pool.destroy());
        const redis = pool as unknown as RedisClient;
        expect(() => new RedisMessageBus({ redis })).toThrow(/push: false/);
        const store = new RedisSessionStore({ redis, keyPrefix: `test:${randomUUID()}:`, maxSessions: 1 });
        expect(await store.createSession('a', data('a'))).toBe('created');
        expect(await store.getAndTouchSession('a')).toMatchObject({ sessionId: 'a' });
    });

    it('node-redis that was not connected: every call says so, and all is well when it is', async () => {
        const client = createClient({ url: server.url });
        const keyPrefix = `test:${randomUUID()}:`;
        const backend = createRedisBackend({ redis: client, keyPrefix });
        const failure = await backend.sessionStore.getSession('x').catch((error: unknown) => error);
        expect(isSessionError(failure) && failure.code).toBe('STORE_UNAVAILABLE');
        expect(String(failure)).toContain('connect()');
        await expect(backend.messageBus.publish('nodes', 'x')).rejects.toThrow('connect()');
        await client.connect();
        cleanUp.push(() => client.destroy());
        await useAll(client, keyPrefix);
    });

    it('node-redis that gives buffers, numbers as text, or answers from its cache', async () => {
        const buffers = createClient({ url: server.url }).withTypeMapping({
            [RESP_TYPES.BLOB_STRING]: Buffer,
            [RESP_TYPES.SIMPLE_STRING]: Buffer,
            [RESP_TYPES.NUMBER]: String
        });
        const cached = createClient({ url: server.url, RESP: 3, clientSideCache: { ttl: 0, maxEntries: 100, evictPolicy: 'LRU' } });
        for (const client of [buffers, cached]) {
            await client.connect();
            cleanUp.push(() => client.destroy());
            await useAll(client);
        }
    });
});

describe.each(clients)('$name', ({ connect }) => {
    it('an ACL user needs no more than what the documentation lists', async () => {
        const docs = readFileSync(new URL('../../docs/redis.md', import.meta.url), 'utf8');
        const rules = /^ACL SETUSER \S+ on >\S+ (.+)$/m.exec(docs)![1]!.split(' ');
        const user = `user-${randomUUID()}`;
        await server.command('ACL', 'SETUSER', user, 'on', '>secret', ...rules);
        const [redis, end] = await connect({ url: server.url, username: user, password: 'secret' });
        cleanUp.push(end);
        await useAll(redis, 'mcp:session:');
        const store = new RedisSessionStore({ redis, keyPrefix: 'other:' });
        await expect(store.storeSession('a', data('a'))).rejects.toThrow('NOPERM');
    });

    it('TLS: the connection that listens is encrypted as well', async ({ skip }) => {
        const folder = mkdtempSync(join(tmpdir(), 'mcp-tls-'));
        cleanUp.push(() => rmSync(folder, { recursive: true, force: true }));
        const [key, cert] = ['key.pem', 'cert.pem'].map(name => join(folder, name));
        const request = `req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1`;
        const made = spawnSync('openssl', [...request.split(' '), '-keyout', key!, '-out', cert!]);
        if (made.status !== 0) skip('openssl is needed to make a certificate');
        let secure: PrivateRedis;
        try {
            secure = await startPrivateRedis({ settings: { 'tls-cert-file': cert!, 'tls-key-file': key!, 'tls-auth-clients': 'no' } });
        } catch {
            return skip('this redis-server is built without TLS');
        }
        cleanUp.push(() => secure.stop());
        const port = await freePort();
        await secure.command('CONFIG', 'SET', 'tls-port', port);
        const [redis, end] = await connect({ url: `rediss://localhost:${port}`, ca: readFileSync(cert!, 'utf8') });
        cleanUp.push(end);
        await useAll(redis);
    });
});
