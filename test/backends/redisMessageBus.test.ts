import { randomUUID } from 'node:crypto';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { MessageBus } from '@mcp-sessions/core';
import { createRedisBackend, RedisMessageBus, type RedisClient } from '@mcp-sessions/redis';
import { Redis } from 'ioredis';
import { Redis as Redis5 } from 'ioredis-v5';
import { createClient } from 'redis';
import { createClient as createClient5 } from 'redis-v5';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { startChild, startPrivateRedis, type PrivateRedis } from '../../scripts/services.mjs';
import { buildFork } from '../cluster/support/build.js';
import { FaultProxy } from '../support/faultProxy.js';
import { LossyProxy } from './lossyProxy.js';

const patience = { timeout: 20_000, interval: 20 };

let server: PrivateRedis;
let redis: Redis;
const cleanUp: (() => unknown)[] = [];
beforeAll(async () => {
    server = await startPrivateRedis();
    redis = new Redis(server.url, { retryStrategy: () => 50 });
    redis.on('error', () => undefined); // Redis is stopped on purpose.
});
afterEach(async () => {
    for (const task of cleanUp.splice(0).reverse()) await task();
});
afterAll(async () => {
    redis.disconnect();
    await server.stop();
});

function open(client: RedisClient, options: { keyPrefix?: string; heartbeatMs?: number } = {}) {
    const warnings: string[] = [];
    const bus = new RedisMessageBus({ redis: client, logger: { warn: text => warnings.push(text) }, ...options });
    cleanUp.push(() => bus.close());
    return { bus, warnings };
}

async function listen(bus: MessageBus, address: string) {
    const heard: string[] = [];
    const state = { heard, gaps: 0 };
    const subscription = await bus.subscribe(address, { onMessage: text => void heard.push(text), onGap: () => void state.gaps++ });
    return Object.assign(state, { close: () => subscription.close() });
}

/** Connections that listen. */
async function listening(): Promise<number> {
    const list = (await redis.client('LIST')) as string;
    return list.split('\n').filter(line => / sub=[1-9]/.test(line)).length;
}

interface ClientOptions {
    readonly keyPrefix?: string;
    readonly db?: number;
    readonly username?: string;
    readonly password?: string;
}

/** A client that tries again and again, and how to end it. */
type Connect = (port: number, options: ClientOptions) => readonly [client: RedisClient, end: () => unknown];

const ioredis =
    (Client: typeof Redis): Connect =>
    (port, options) => {
        const client = new Client(port, { retryStrategy: () => 50, ...options });
        client.on('error', () => undefined); // Connections are lost on purpose.
        return [client, () => client.disconnect()];
    };

const nodeRedis =
    (create: typeof createClient, RESP: 2 | 3): Connect =>
    (port, { db, ...options }) => {
        const socket = { host: '127.0.0.1', port, reconnectStrategy: () => 50 };
        const client = create({ ...options, socket, RESP, ...(db !== undefined && { database: db }) });
        client.on('error', () => undefined);
        client.connect().catch(() => undefined); // It may be ended before Redis is there again.
        return [client, () => client.destroy()];
    };

describe.each([
    { name: 'ioredis 6', connect: ioredis(Redis), resends: true, hasPrefix: true },
    { name: 'ioredis 5', connect: ioredis(Redis5 as unknown as typeof Redis), resends: true, hasPrefix: true },
    { name: 'node-redis 6', connect: nodeRedis(createClient, 3), resends: false, hasPrefix: true },
    { name: 'node-redis 5', connect: nodeRedis(createClient5 as unknown as typeof createClient, 2), resends: false, hasPrefix: false }
])('RedisMessageBus: $name', ({ connect, resends, hasPrefix }) => {
    function newClient(port = server.port, options: ClientOptions = {}) {
        const [client, end] = connect(port, options);
        cleanUp.push(end);
        return client;
    }

    it('F2: a connection that is killed is found again, then every listener is told of the gap', async () => {
        const keyPrefix = `test:${randomUUID()}:`;
        const { bus, warnings } = open(newClient(), { keyPrefix });
        const listeners = [await listen(bus, 'nodes'), await listen(bus, 'nodes'), await listen(bus, 'session/a')];
        for (let round = 1; round <= 3; round++) {
            await redis.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
            await vi.waitFor(() => expect(listeners.map(({ gaps }) => gaps)).toEqual([round, round, round]), patience);
            expect(await bus.publish('nodes', `${round}`)).toBe(1);
            expect(await bus.publish('session/a', `${round}`)).toBe(1);
            await vi.waitFor(() => expect(listeners.map(({ heard }) => heard.at(-1))).toEqual(Array(3).fill(`${round}`)), patience);
        }
        expect(listeners.map(({ heard }) => heard)).toEqual(Array(3).fill(['1', '2', '3']));
        expect(warnings).toHaveLength(6);
        expect(warnings.join()).not.toContain(keyPrefix);
    });

    it('F2: Redis stops and comes back: subscriptions that began before and meanwhile are in force', async () => {
        const { bus } = open(newClient(), { keyPrefix: `test:${randomUUID()}:` });
        const before = await listen(bus, 'nodes');
        await server.halt();
        const during = [listen(bus, 'node/a'), listen(bus, 'nodes')];
        // It tries several times in vain meanwhile.
        let tries = 0;
        const closed = createServer(socket => void (tries++, socket.destroy())).listen(server.port, '127.0.0.1');
        await vi.waitFor(() => expect(tries).toBeGreaterThan(20), patience);
        await new Promise(resolve => closed.close(resolve));
        await server.start();
        const [a, nodes] = await Promise.all(during);
        await vi.waitFor(() => expect(before.gaps).toBe(1), patience);
        await bus.publish('nodes', '1');
        await bus.publish('node/a', '2');
        await vi.waitFor(() => expect([before.heard, nodes?.heard, a?.heard]).toEqual([['1'], ['1'], ['2']]), patience);
        expect(a?.gaps).toBe(0);
    });

    it('F2: a connection over which nothing comes any more is replaced', async () => {
        const proxy = await FaultProxy.start(server.port);
        cleanUp.push(() => proxy.stop());
        const keyPrefix = `test:${randomUUID()}:`;
        const { bus, warnings } = open(newClient(proxy.port), { keyPrefix, heartbeatMs: 250 });
        const listener = await listen(bus, 'nodes');
        await proxy.set('blackhole');
        await vi.waitFor(() => expect(warnings).toHaveLength(1), patience);
        expect(listener.gaps).toBe(0);
        await proxy.set('pass');
        await vi.waitFor(() => expect(listener.gaps).toBe(1), patience);
        await open(redis, { keyPrefix }).bus.publish('nodes', 'after');
        await vi.waitFor(() => expect(listener.heard).toEqual(['after']), patience);
    });

    it('F2: a message whose answer was lost is heard once, also where the client sends it twice', async () => {
        const proxy = await LossyProxy.start(server.port);
        cleanUp.push(() => proxy.stop());
        const client = newClient(proxy.port);
        const keyPrefix = `test:${randomUUID()}:`;
        const listener = await listen(open(redis, { keyPrefix }).bus, 'nodes');
        const raw = new Redis(server.port);
        cleanUp.push(() => raw.disconnect());
        let arrivals = 0;
        raw.on('message', () => arrivals++);
        await raw.subscribe(`${keyPrefix}bus:0:nodes`);
        const { bus } = open(client, { keyPrefix });
        await bus.publish('nodes', '1');
        proxy.loseNextAnswer();
        await (resends ? bus.publish('nodes', '2') : expect(bus.publish('nodes', '2')).rejects.toThrow());
        await bus.publish('nodes', '3');
        await vi.waitFor(() => expect(arrivals).toBe(resends ? 4 : 3), patience);
        await vi.waitFor(() => expect(listener.heard).toEqual(['1', '2', '3']), patience);
    });

    it('whatever comes in quick succession, what was asked for last holds', async () => {
        const { bus } = open(newClient(), { keyPrefix: `test:${randomUUID()}:` });
        const heard: string[] = [];
        for (let round = 0; round < 30; round++) {
            const listeners = await Promise.all([0, 1, 2].map(() => listen(bus, 'nodes')));
            const closing = listeners.map(({ close }) => close());
            if (round % 3 === 0) await Promise.all(closing);
            if (round % 5 === 0) await redis.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
        }
        await bus.subscribe('nodes', { onMessage: text => void heard.push(text), onGap: () => undefined });
        await vi.waitFor(async () => expect(await bus.publish('nodes', 'x')).toBe(1), patience);
        await vi.waitFor(() => expect(heard).toContain('x'), patience);
    });

    it('nodes with the same prefixes and database meet, others do not', async () => {
        const keyPrefix = `test:${randomUUID()}:`;
        const apart = hasPrefix ? { keyPrefix: 'client:' } : { db: 2 };
        const options = [{}, apart, apart, { db: 1 }];
        const buses = options.map(option => open(newClient(server.port, option), { keyPrefix }).bus);
        const listeners = await Promise.all(buses.map(bus => listen(bus, 'nodes')));
        const counts = [];
        for (const [index, bus] of buses.entries()) counts.push(await bus.publish('nodes', `${index}`));
        expect(counts).toEqual([1, 2, 2, 1]);
        await vi.waitFor(() => expect(listeners.map(({ heard }) => heard)).toEqual([['0'], ['1', '2'], ['1', '2'], ['3']]), patience);
    });

    it('P6: what is no message of ours is dropped', async () => {
        const keyPrefix = `test:${randomUUID()}:`;
        const { bus } = open(newClient(), { keyPrefix });
        const listener = await listen(bus, 'nodes');
        for (const text of ['', ' ', 'foreign', ' x']) await redis.publish(`${keyPrefix}bus:0:nodes`, text);
        await bus.publish('nodes', 'own');
        await vi.waitFor(() => expect(listener.heard).toEqual(['own']), patience);
    });

    it('listens on one connection, made with the first subscription, and none is left after close', async () => {
        const before = await listening();
        const backend = createRedisBackend({ redis: newClient(), keyPrefix: `test:${randomUUID()}:` });
        await backend.messageBus.publish('nodes', 'x');
        expect(await listening()).toBe(before);
        await Promise.all(['nodes', 'node/a', 'nodes', 'session/b'].map(address => listen(backend.messageBus, address)));
        expect(await listening()).toBe(before + 1);
        await backend.close();
        await backend.close();
        await vi.waitFor(async () => expect(await listening()).toBe(before), patience);
        await expect(backend.messageBus.publish('nodes', 'x')).rejects.toThrow('closed');
        await expect(listen(backend.messageBus, 'nodes')).rejects.toThrow('closed');
        expect(await backend.sessionStore.sessionExists('x')).toBe(false);
    });

    it('ends a subscription that still waits for Redis when the bus is closed', async () => {
        const proxy = await FaultProxy.start(server.port);
        cleanUp.push(() => proxy.stop());
        await proxy.set('refuse');
        const { bus } = open(newClient(proxy.port));
        const waiting = listen(bus, 'nodes');
        const outcome = expect(waiting).rejects.toThrow('closed');
        await bus.close();
        await outcome;
    });

    it('tells who subscribes when Redis forbids the channel, and serves the others', async () => {
        const keyPrefix = `test:${randomUUID()}:`;
        const user = randomUUID();
        await redis.call('ACL', 'SETUSER', user, 'on', 'nopass', '~*', '+@all', 'resetchannels', `&${keyPrefix}bus:0:nodes`);
        cleanUp.push(() => redis.call('ACL', 'DELUSER', user));
        const { bus } = open(newClient(server.port, { username: user, password: 'any' }), { keyPrefix });
        const listener = await listen(bus, 'nodes');
        await expect(listen(bus, 'node/a')).rejects.toThrow('NOPERM');
        await bus.publish('nodes', '1');
        await vi.waitFor(() => expect(listener.heard).toEqual(['1']), patience);
    });
});

describe('RedisMessageBus', () => {
    // The process runs what is built.
    beforeAll(buildFork);
    afterEach(() => {
        vi.useRealTimers();
    });

    it('keeps no process alive once it is closed', async () => {
        const script = fileURLToPath(new URL('endedProcess.ts', import.meta.url));
        const hooks = new URL('../../scripts/typescript.mjs', import.meta.url).href;
        const child = startChild(process.execPath, ['--import', hooks, script, server.url]);
        cleanUp.push(() => child.kill('SIGKILL'));
        expect(await child.exited, child.output()).toEqual({ code: 0, signal: null });
    });

    it('ends its connection when nobody has listened for a while, and makes another when somebody does', async () => {
        const { bus } = open(redis, { keyPrefix: `test:${randomUUID()}:` });
        const before = (await redis.client('LIST')) as string;
        const connections = async () => ((await redis.client('LIST')) as string).split('\n').length;
        const count = before.split('\n').length;
        vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'], shouldAdvanceTime: true });
        const first = await listen(bus, 'nodes');
        await first.close();
        expect(await connections()).toBe(count + 1);
        vi.advanceTimersByTime(29_000);
        expect(await connections()).toBe(count + 1);
        vi.advanceTimersByTime(2000);
        await vi.waitFor(async () => expect(await connections()).toBe(count), patience);
        const second = await listen(bus, 'nodes');
        await bus.publish('nodes', '1');
        await vi.waitFor(() => expect(second.heard).toEqual(['1']), patience);
        expect([first.gaps, second.gaps]).toEqual([0, 0]);
    });
});
