import { randomUUID } from 'node:crypto';
import {
    createSessionBackend,
    createSessionStore,
    isRedisAvailable,
    type BackendLogger,
    type SessionBackendOptions
} from '@mcp-sessions/backends';
import { isSessionError } from '@mcp-sessions/core';
import { StreamableHTTPServerTransport } from '@mcp-sessions/sdk/server';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { loadDriver } from '../../packages/backends/src/drivers.js';
import { nodeRedisClient } from '../../packages/backends/src/nodeRedisClient.js';
import { parseRedisUrl } from '../../packages/backends/src/redisPlace.js';

type NodeRedis = Parameters<typeof nodeRedisClient>[0];

/** Closed at once: nothing listens at this port. */
const nowhere = '127.0.0.1:1';
const secret = 's3cret/Pa55';
const hidden = encodeURIComponent(secret);

/** What is chosen, and what is said; the backend is closed again. */
async function chosen(options: SessionBackendOptions): Promise<{ kind: string; warned: string[]; told: string[] }> {
    const warned: string[] = [];
    const told: string[] = [];
    const logger: BackendLogger = { warn: message => void warned.push(message), info: message => void told.push(message) };
    const backend = await createSessionBackend({ logger, ...options });
    await backend.close();
    await backend.close();
    return { kind: backend.kind, warned: warned.filter(line => !line.includes('cannot be reached')), told };
}

async function refusal(options: object): Promise<string> {
    const error: unknown = await chosen(options).then(
        () => new Error('It was not refused'),
        (thrown: unknown) => thrown
    );
    expect(isSessionError(error) && error.code, String(error)).toBe('CONFIGURATION');
    const { message, cause, stack } = error as Error;
    for (const text of [message, stack, JSON.stringify(error), String(cause)]) {
        expect(text).not.toContain(secret);
        expect(text).not.toContain(hidden);
    }
    return message;
}

const everything = {
    REDIS_URL: `redis://user:${hidden}@${nowhere}`,
    KV_URL: `redis://user:${hidden}@${nowhere}`,
    POSTGRES_URL: `postgres://user:${hidden}@${nowhere}/db`,
    DATABASE_URL: `postgresql://user:${hidden}@${nowhere}/db`,
    KV_REST_API_URL: `http://${nowhere}`,
    KV_REST_API_TOKEN: secret,
    UPSTASH_REDIS_REST_URL: `http://${nowhere}`,
    UPSTASH_REDIS_REST_TOKEN: secret
};

describe('the environment', () => {
    it('is asked in a fixed order, and one line says what was taken and what was not', async () => {
        const env: Record<string, string> = { ...everything };
        const order = [
            ['REDIS_URL', 'redis'],
            ['KV_URL', 'redis'],
            ['POSTGRES_URL', 'postgres'],
            ['DATABASE_URL', 'postgres'],
            ['KV_REST_API_URL', 'upstash'],
            ['UPSTASH_REDIS_REST_URL', 'upstash']
        ] as const;
        for (const [index, [name, kind]] of order.entries()) {
            const { kind: found, warned, told } = await chosen({ env });
            expect(found).toBe(kind);
            const others = order.slice(index + 1).map(([other]) => other);
            const used = `mcp-sessions: the backend is ${kind}, as ${name} names it`;
            expect(warned).toEqual(
                others.length > 0 ? [`${used}; ${others.join(', ')} ${others.length === 1 ? 'is' : 'are'} not used`] : []
            );
            expect(told).toEqual(others.length > 0 ? [] : [used]);
            env[name] = '';
        }
    });

    it('may be asked for one kind only', async () => {
        expect((await chosen({ env: everything, kind: 'upstash' })).warned).toEqual([
            'mcp-sessions: the backend is upstash, as KV_REST_API_URL names it; UPSTASH_REDIS_REST_URL is not used'
        ]);
        expect((await chosen({ env: everything, kind: 'memory' })).kind).toBe('memory');
        expect(await refusal({ env: { REDIS_URL: 'redis://localhost' }, kind: 'postgres' })).toContain(
            'Set one of POSTGRES_URL, DATABASE_URL'
        );
    });

    it('names none: the error says what to set', async () => {
        expect(await refusal({ env: { REDIS_URL: ' ' } })).toBe(
            'No backend is named. Set one of REDIS_URL, KV_URL, POSTGRES_URL, DATABASE_URL, KV_REST_API_URL with KV_REST_API_TOKEN, ' +
                "UPSTASH_REDIS_REST_URL with UPSTASH_REDIS_REST_TOKEN; or give createSessionBackend a `url`; or `fallback: 'memory'` for a " +
                'single process'
        );
    });

    it('with half a pair is refused where the pair would be taken', async () => {
        const env = { KV_REST_API_URL: `https://:${hidden}@${nowhere}` };
        expect(await refusal({ env })).toBe('KV_REST_API_URL is set, but KV_REST_API_TOKEN is not');
        expect((await chosen({ env: { ...env, REDIS_URL: everything.REDIS_URL } })).kind).toBe('redis');
    });

    it('may hold the address of a database of another kind in DATABASE_URL, not in names that are ours', async () => {
        const mysql = `mysql://user:${hidden}@${nowhere}/db`;
        expect((await chosen({ env: { DATABASE_URL: mysql }, fallback: 'memory' })).kind).toBe('memory');
        expect(await refusal({ env: { POSTGRES_URL: mysql } })).toBe('POSTGRES_URL does not begin with one of postgres:, postgresql:');
    });
});

describe('options', () => {
    it('that are unknown, empty or against each other are refused', async () => {
        expect(await refusal({ ulr: 'memory:' })).toContain('createSessionBackend has no option ulr. It has url, token');
        expect(await refusal({ url: undefined, env: everything })).toContain('`url` is given, but it is empty');
        expect(await refusal({ url: '' })).toContain('`url` is given, but it is empty');
        expect(await refusal({ url: `mongodb://user:${hidden}@host` })).toContain('a scheme that names no backend');
        expect(await refusal({ url: everything.REDIS_URL, kind: 'postgres' })).toContain('`kind` is postgres, but `url` names');
        expect(await refusal({ url: everything.REDIS_URL, token: secret })).toContain('`token` is for REST');
        expect(await refusal({ token: secret, env: {} })).toContain('`token` belongs to a `url`');
        expect(await refusal({ url: 'https://host' })).toContain('needs a token');
        expect(await refusal({ url: `https://:${hidden}@host`, token: 'other' })).toContain('another token');
        expect(await refusal({ url: everything.REDIS_URL, memory: true })).toContain('`memory` is set');
        expect(await refusal({ env: {}, fallback: 'redis' })).toContain('`fallback` must be');
        expect(await refusal({ env: {}, kind: 'mysql' })).toContain('`kind` must be');
    });

    it('P7: that name keys which cannot be used are refused, and nothing of them is said', async () => {
        const env = (keys: string) => ({ env: { MCP_SESSIONS_ENCRYPTION_KEYS: keys }, memory: true });
        expect(await refusal(env(hidden))).toContain('its part 1 is not');
        expect(await refusal(env(`a:${Buffer.alloc(32).toString('base64')},${hidden}`))).toContain('its part 2 is not');
        expect(await refusal(env('a:c2hvcnQ='))).toContain('it has 5');
    });

    it('that are no numbers are refused, and leave no connection behind', async () => {
        await expect(chosen({ url: everything.REDIS_URL, ttlSeconds: 0 })).rejects.toThrow(RangeError);
        await expect(chosen({ url: everything.POSTGRES_URL, maxSessions: -1 })).rejects.toThrow(RangeError);
        await expect(chosen({ memory: true, ttlSeconds: 0 })).rejects.toThrow(RangeError);
    });
});

describe('a driver that is not installed', () => {
    afterEach(() => vi.restoreAllMocks());

    it('is named, and so is what else the environment names', async () => {
        vi.spyOn(loadDriver, 'ioredis').mockResolvedValue(undefined);
        vi.spyOn(loadDriver, 'redis').mockResolvedValue(undefined);
        const { KV_URL, KV_REST_API_URL, KV_REST_API_TOKEN } = everything;
        const missing = 'KV_URL names Redis, whose driver is not installed. Run: npm install ioredis (or: npm install redis)';
        expect(await refusal({ env: { KV_URL } })).toBe(missing);
        expect(await refusal({ env: { KV_URL, KV_REST_API_URL, KV_REST_API_TOKEN } })).toBe(
            `${missing}. Or give createSessionBackend \`kind: 'upstash'\`, to take what KV_REST_API_URL names`
        );
        expect((await chosen({ env: { KV_URL, KV_REST_API_URL, KV_REST_API_TOKEN }, kind: 'upstash' })).kind).toBe('upstash');
    });
});

describe('driverOptions of node-redis', () => {
    /** What the client is made with. */
    async function madeWith(url: string): Promise<Record<string, unknown>> {
        const made: Record<string, unknown>[] = [];
        const make = (options: Record<string, unknown>) => {
            made.push(options);
            return { isOpen: false, connect: async () => undefined, on: () => undefined };
        };
        const driver = { createClient: make, createCluster: make, createSentinel: make } as unknown as NodeRedis;
        const driverOptions = { name: 'mine', socket: { connectTimeout: 1234, ca: 'pem' } };
        const { close } = await nodeRedisClient(driver, parseRedisUrl(url), { driverOptions, onerror: () => undefined });
        await close();
        return made[0] ?? {};
    }
    const socket = { tls: true, connectTimeout: 1234, socketTimeout: 3000, ca: 'pem', reconnectStrategy: expect.any(Function) as unknown };
    const limits = { pingInterval: 1000, commandOptions: { timeout: 3000 } };

    it('leave host, port and TLS as the URL says: one server', async () => {
        expect(await madeWith('rediss://bob:x@a:7000/2')).toEqual({
            ...{ username: 'bob', password: 'x', database: 2, name: 'mine' },
            ...limits,
            socket: { ...socket, host: 'a', port: 7000 }
        });
    });

    it('leave host, port and TLS as the URL says: a cluster', async () => {
        expect(await madeWith('rediss://bob:x@a:7000,b:7001')).toEqual({
            rootNodes: [{ socket: { ...socket, host: 'a', port: 7000 } }, { socket: { ...socket, host: 'b', port: 7001 } }],
            defaults: { username: 'bob', password: 'x', name: 'mine', ...limits, socket }
        });
    });

    it('leave host, port and TLS as the URL says: Sentinel', async () => {
        expect(await madeWith('rediss-sentinel://bob:x@a:7000?master=main')).toMatchObject({
            ...{ name: 'main', sentinelRootNodes: [{ host: 'a', port: 7000 }] },
            nodeClientOptions: { username: 'bob', password: 'x', name: 'mine', ...limits, socket },
            sentinelClientOptions: { ...limits, socket }
        });
    });
});

describe('memory', () => {
    it('is taken for the asking, and as a fall-back with a warning', async () => {
        expect(await chosen({ memory: true, env: everything })).toMatchObject({ kind: 'memory', warned: [] });
        expect(await chosen({ url: 'memory:' })).toMatchObject({ kind: 'memory', warned: [] });
        const { kind, warned } = await chosen({ fallback: 'memory', env: {} });
        expect(kind).toBe('memory');
        expect(warned).toEqual([expect.stringContaining('sessions are in the memory of this process')]);
    });

    it('is no fall-back in production, unless allowed', async () => {
        const env = { NODE_ENV: 'production' };
        expect(await refusal({ fallback: 'memory', env })).toContain('In production memory is no fallback');
        expect((await chosen({ fallback: 'memory', env, allowMemoryInProduction: true })).kind).toBe('memory');
        expect((await chosen({ memory: true, env })).kind).toBe('memory');
    });
});

describe('a URL that cannot be read', () => {
    for (const url of [
        `redis://user:${hidden}@host:port`,
        `redis://user:${secret}@host`,
        `redis://user:${hidden}@host/name`,
        `redis://user:${hidden}@host?sslmode=no`,
        `redis://user:%zz${hidden}@host`,
        `redis://user:${hidden}@a,b?cluster=false`,
        `redis://user:${hidden}@host:99999`,
        `redis-sentinel://user:${hidden}@host`,
        `redis+cluster://user:${hidden}@a/3`,
        `postgres://user:${secret}@host:port/db`,
        `https://user:${secret}@host:port`,
        `https://user:%zz${hidden}@host`
    ]) {
        it(`P4: is refused without a word of it: ${url.replace(hidden, '…').replace(secret, '…')}`, async () => {
            const message = await refusal({ url });
            expect(message).not.toContain('user');
            expect(message).toMatch(/^url/);
        });
    }

    it('is a TypeError to isRedisAvailable', async () => {
        for (const url of ['', 'localhost:6379', `http://user:${hidden}@host`, `redis://user:${hidden}@host:port`]) {
            const error: unknown = await isRedisAvailable(url).catch((thrown: unknown) => thrown);
            expect(error).toBeInstanceOf(TypeError);
            expect(String(error)).not.toContain(hidden);
        }
        await expect(isRedisAvailable('redis://host', { timeoutMs: 0 })).rejects.toThrow(RangeError);
        // A variable that is not set.
        expect(await isRedisAvailable(undefined)).toBe(false);
    });
});

describe('a URL of Redis', () => {
    const one = { tls: false, database: 0 };

    it('names one server, with user, password, database and TLS', () => {
        expect(parseRedisUrl('redis://localhost')).toEqual({ form: 'single', hosts: [{ host: 'localhost', port: 6379 }], ...one });
        expect(parseRedisUrl(`rediss://a%40b:${hidden}@[::1]:7000/3?family=6`)).toEqual({
            ...{ form: 'single', hosts: [{ host: '::1', port: 7000 }], tls: true, database: 3 },
            ...{ username: 'a@b', password: secret, family: 6 }
        });
        expect(parseRedisUrl('redis://:pass@host?db=2')).toMatchObject({ password: 'pass', database: 2 });
        expect(parseRedisUrl('redis://:pass@host')).not.toHaveProperty('username');
    });

    it('names a cluster in three ways', () => {
        const hosts = [
            { host: 'a', port: 7000 },
            { host: 'b', port: 6379 }
        ];
        expect(parseRedisUrl('redis://a:7000,b')).toEqual({ form: 'cluster', hosts, ...one });
        expect(parseRedisUrl('redis+cluster://a:7000,b')).toEqual({ form: 'cluster', hosts, ...one });
        expect(parseRedisUrl('rediss://a?cluster=true')).toMatchObject({ form: 'cluster', tls: true });
    });

    it('names Sentinel, and the master in three ways', () => {
        const hosts = [
            { host: 'a', port: 26379 },
            { host: 'b', port: 26380 }
        ];
        const expected = { form: 'sentinel', hosts, tls: false, master: 'main' };
        expect(parseRedisUrl('redis-sentinel://a,b:26380/2?master=main')).toEqual({ ...expected, database: 2 });
        expect(parseRedisUrl('redis+sentinel://a,b:26380/main/2')).toEqual({ ...expected, database: 2 });
        expect(parseRedisUrl('redis-sentinel://:x@a,b:26380?sentinelPassword=y#main')).toEqual({
            ...{ ...expected, database: 0 },
            ...{ password: 'x', sentinelPassword: 'y' }
        });
    });
});

describe('what the documentation shows', () => {
    // An environment that names nothing.
    beforeEach(() => {
        ['REDIS_URL', 'KV_URL', 'POSTGRES_URL', 'DATABASE_URL', 'KV_REST_API_URL', 'UPSTASH_REDIS_REST_URL'].forEach(name =>
            vi.stubEnv(name, '')
        );
        vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    });
    afterEach(() => {
        vi.unstubAllEnvs();
        vi.restoreAllMocks();
    });

    it('runs', async () => {
        // #region backend
        const backend = await createSessionBackend({ fallback: 'memory', ttlSeconds: 3600 });

        const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: () => randomUUID(), ...backend });
        // #endregion backend
        expect(transport.isUsingExternalSessionStore).toBe(true);
        await transport.close();
        await backend.close();
    });

    it('runs with a store alone', async () => {
        // #region store
        const sessionStore = await createSessionStore({ defaultTtl: 3600 });

        const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: () => randomUUID(), sessionStore });

        await sessionStore.setSession('app:theme', { dark: true }, 60); // for a minute
        const theme = await sessionStore.getSession<{ dark: boolean }>('app:theme');
        await sessionStore.withLock('nightly-report', async ({ signal }) => writeReport(signal));
        // #endregion store
        expect(theme).toEqual({ dark: true });
        expect(transport.isUsingExternalSessionStore).toBe(true);
        await transport.close();
        await sessionStore.disconnect();
    });
});

async function writeReport(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
}
