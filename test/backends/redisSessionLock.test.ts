import { randomUUID } from 'node:crypto';
import { withLock } from '@mcp-sessions/core';
import { createRedisBackend, RedisSessionLock } from '@mcp-sessions/redis';
import { describe, expect, it } from 'vitest';
import { privateRedis } from '../support/privateServers.js';

const { redis } = await privateRedis();

function open() {
    const keyPrefix = `test:${randomUUID()}:`;
    const lock = new RedisSessionLock({ redis, keyPrefix });
    const theKey = async () => {
        const keys = await redis.keys(`${keyPrefix}*`);
        expect(keys).toHaveLength(1);
        return keys[0]!;
    };
    return { lock, theKey };
}

describe('RedisSessionLock', () => {
    it('a fencing token grows also when Redis has forgotten the last one, and when its clock was set back', async () => {
        const { lock, theKey } = open();
        const first = (await lock.acquire('name', 'a', 10_000))!;
        await redis.del(await theKey());
        const second = (await lock.acquire('name', 'b', 10_000))!;
        expect(second).toBeGreaterThan(first);
        expect(await lock.release('name', 'b')).toBe(true);
        const ahead = second + 3_600_000_000;
        await redis.hset(await theKey(), 'token', String(ahead));
        expect(await lock.acquire('name', 'c', 10_000)).toBe(ahead + 1);
        expect(Number.isSafeInteger(ahead)).toBe(true);
    });

    it('B1: its key has a time to live, held, renewed and released, and holds no name', async () => {
        const { lock, theKey } = open();
        const lives = async () => redis.pttl(await theKey());
        await lock.acquire('secret name', 'a', 10_000);
        expect(await lives()).toBeGreaterThan(10_000);
        await lock.renew('secret name', 'a', 20_000);
        expect(await lives()).toBeGreaterThan(20_000);
        await lock.release('secret name', 'a');
        expect(await lives()).toBeGreaterThan(0);
        expect(await theKey()).not.toContain('secret');
    });

    it('B1: its key has a time to live, however long the lease', async () => {
        for (const leaseMs of [0.1, 1e15, 1e300]) {
            const { lock, theKey } = open();
            expect(await lock.acquire('name', 'a', leaseMs)).toBeGreaterThan(0);
            expect(await redis.pttl(await theKey())).toBeGreaterThan(0);
        }
    });

    it('withLock of a backend: one at a time, each with a larger token', async () => {
        const { sessionLock, close } = createRedisBackend({ redis, keyPrefix: `test:${randomUUID()}:` });
        const tokens: number[] = [];
        let inside = 0;
        await Promise.all(
            Array.from({ length: 10 }, () =>
                withLock(sessionLock, 'name', async ({ fencingToken }) => {
                    expect(++inside).toBe(1);
                    tokens.push(fencingToken);
                    await redis.ping();
                    inside--;
                })
            )
        );
        expect(tokens).toEqual([...new Set(tokens)].sort((a, b) => a - b));
        await close();
    });
});
