import { randomUUID } from 'node:crypto';
import type { EventLog } from '@mcp-sessions/core';
import { createRedisBackend, RedisEventLog, type RedisClient, type RedisCommands } from '@mcp-sessions/redis';
import { Redis } from 'ioredis';
import { Redis as Redis5 } from 'ioredis-v5';
import { describe, expect, it } from 'vitest';
import { privateRedis } from '../support/privateServers.js';
import { Commands } from '../cluster/support/commands.js';
import { event, final, message, page, readTexts, textOf } from '../../packages/testkit/src/eventLog/support.js';
import { commandsOf } from '../../packages/redis/src/client.js';
import { LossyProxy } from './lossyProxy.js';

const { server, redis } = await privateRedis();

function open(options: { maxEvents?: number; ttlSeconds?: number; maxAgeSeconds?: number } = {}) {
    const keyPrefix = `test:${randomUUID()}:`;
    return {
        keyPrefix,
        log: new RedisEventLog({ redis, keyPrefix, ...options }),
        keys: async () => (await redis.keys(`${keyPrefix}*`)).sort()
    };
}

describe('RedisEventLog', () => {
    it('B1: no key is ever without a time to live, whatever was called', async () => {
        const { log, keys } = open({ maxEvents: 4, ttlSeconds: 60, maxAgeSeconds: 60 });
        const positions: string[] = [];
        const calls: (() => Promise<unknown>)[] = [
            () => log.touch('s'),
            () => log.release('s', 'a', 'r', '1-1'),
            () => log.read('s', 'a', { since: '' }, 10),
            () => log.claim('s', 'a', 'r1'),
            () => log.release('s', 'a', 'r1', ''),
            () => log.claim('s', 'a', 'r1', { ifHeldBy: 'x' }),
            async () => positions.push(...((await log.append('s', [event('a', 1), final('a', 2), event('b', 3)])) as string[])),
            () => log.claim('s', 'b', 'r2'),
            () => log.release('s', 'a', 'r1', positions[0]!),
            () => log.release('s', 'new', 'r1', positions[0]!),
            () => log.append('s', [final('b', 4, 'x', true), event('a', 5), event('a', 6), event('a', 7), event('a', 8)]),
            () => log.read('s', 'a', { since: '' }, 10),
            () => log.drop('s'),
            () => log.drop('s'),
            () => log.touch('s'),
            () => log.claim('s', 'a', 'r1'),
            () => log.append('s', [event('a', 9)]),
            () => log.release('s', 'a', 'r1', positions[0]!)
        ];
        for (const call of calls) {
            await call();
            for (const key of await keys()) {
                const ttl = await redis.pttl(key);
                expect(ttl, String(call)).toBeGreaterThan(0);
                expect(ttl, String(call)).toBeLessThanOrEqual(key.endsWith(':state') ? 120_000 : 60_000);
            }
        }
        // What is left of a session that was dropped is a mark that outlives a minute, and not an hour.
        const [mark, ...others] = await keys();
        expect(others).toEqual([]);
        expect(await redis.hgetall(mark!)).toEqual({ dropped: '1' });
        expect(await redis.pttl(mark!)).toBeGreaterThan(60_000);
    });

    it('B3: each call is one command', async () => {
        const { log, keyPrefix } = open({ maxEvents: 10 });
        const commands = await Commands.listen(redis);
        try {
            await log.append('warm', [event('a', 1)]);
            await log.claim('warm', 'a', 'r');
            await log.read('warm', 'a', { since: '' }, 1);
            await log.release('warm', 'a', 'r', '');
            await log.touch('warm');
            await log.drop('warm');
            await commands.take(keyPrefix);
            await log.append(
                's',
                Array.from({ length: 100 }, (_, n) => event('a', n))
            );
            expect(await commands.take(keyPrefix)).toEqual(['evalsha']);
            const { kept } = await log.claim('s', 'a', 'r');
            expect(await commands.take(keyPrefix)).toEqual(['evalsha']);
            await log.read('s', 'a', { since: kept }, 100);
            await log.touch('s');
            await log.release('s', 'a', 'r', kept);
            await log.drop('s');
            expect(await commands.take(keyPrefix)).toEqual(Array(4).fill('evalsha'));
        } finally {
            commands.stop();
        }
    });

    it('runs on a server that does not know its scripts', async () => {
        const { log } = open();
        await log.append('s', [event('a', 1)]);
        await redis.script('FLUSH');
        await log.append('s', [event('a', 2)]);
        expect(await readTexts(log, 's', 'a')).toEqual(['1', '2']);
    });

    it('appends any number of events in one call', async () => {
        const { log } = open();
        const events = Array.from({ length: 3000 }, (_, n) => event(`s${n % 3}`, n));
        const positions = await log.append('s', events);
        expect(new Set(positions).size).toBe(3000);
        expect(await readTexts(log, 's', 's1')).toHaveLength(1000);
    });

    it('keeps apart what stands under different prefixes, also that of the client', async () => {
        const prefixed = new Redis(server.url, { keyPrefix: 'client:' });
        const keyPrefix = `test:${randomUUID()}:`;
        try {
            const [a, b] = [new RedisEventLog({ redis, keyPrefix }), new RedisEventLog({ redis: prefixed, keyPrefix })];
            await a.append('s', [event('a', 'a')]);
            await b.append('s', [event('a', 'b')]);
            expect(await readTexts(a, 's', 'a')).toEqual(['a']);
            expect(await readTexts(b, 's', 'a')).toEqual(['b']);
            expect(await redis.keys(`client:${keyPrefix}*`)).toHaveLength(2);
        } finally {
            prefixed.disconnect();
        }
    });

    it('P6: passes over what is no event, and rejects when a key is not its own', async () => {
        const { log, keys, keyPrefix } = open();
        const warnings: string[] = [];
        const told = new RedisEventLog({ redis, keyPrefix, logger: { warn: text => warnings.push(text) } });
        await log.append('s', [event('a', 1)]);
        const [logKey, state] = (await keys()) as [string, string];
        for (const m of ['no JSON, secret', '[]', 'null', '"text"']) await redis.xadd(logKey, '*', 's', 'a', 'm', m);
        await redis.xadd(logKey, '*', 'strange', 'entry');
        await redis.hset(state, 's:a', 'no JSON', 's:b', '[1]');
        const [last] = await log.append('s', [event('a', 2)]);
        expect(await readTexts(told, 's', 'a')).toEqual(['1', '2']);
        expect(warnings).toHaveLength(4);
        expect(warnings.join()).not.toMatch(/secret|"text"/);
        expect((await log.claim('s', 'a', 'r')).granted).toBe(true);
        expect((await page(log, 's', 'a', { after: last! })).reader).toBe('r');

        for (const key of [logKey, state]) {
            await redis.del(logKey, state);
            await redis.set(key, 'foreign');
            await expect(log.append('s', [event('a', 1)])).rejects.toThrow('WRONGTYPE');
            expect(await redis.get(key)).toBe('foreign');
        }
    });

    it('F4: a log of which Redis has evicted a part begins anew, and no cursor leads over the gap', async () => {
        for (const part of [0, 1]) {
            const { log, keys } = open();
            const [first, second] = await log.append('s', [event('a', 1), event('a', 2)]);
            await log.claim('s', 'a', 'r');
            await log.release('s', 'a', 'r', second!);
            await redis.del((await keys())[part]!);
            expect(await log.read('s', 'a', { since: first! }, 10)).toBeNull();
            const [third] = await log.append('s', [event('a', 3)]);
            expect(Number(third?.split('-')[0])).toBeGreaterThanOrEqual(Number(second?.split('-')[0]));
            expect(await log.read('s', 'a', { since: first! }, 10)).toBeNull();
            expect(await log.read('s', 'a', { after: second! }, 10)).toBeNull();
            expect(await log.claim('s', 'a', 'r')).toMatchObject({ granted: true, delivered: undefined, kept: '' });
            expect(await readTexts(log, 's', 'a')).toEqual(['3']);
        }
    });

    it('B2: what is kept of streams is bounded, also when they are claimed at random', async () => {
        const { log, keys } = open();
        await log.append('s', [event('standalone', 1), final('seen by nobody', 2, 'x', true)]);
        for (let n = 0; n < 30; n++) {
            await Promise.all(Array.from({ length: 100 }, (_, k) => log.claim('s', `stream ${n}.${k}`, 'r')));
        }
        const state = (await keys())[1]!;
        expect(await redis.hlen(state)).toBeLessThan(2200);
        expect((await log.claim('s', 'stream 29.99', 'r2')).previous).toBe('r');
        expect((await log.claim('s', 'stream 0.0', 'r2')).previous).toBeUndefined();
        expect(await readTexts(log, 's', 'seen by nobody')).toEqual(['2']);
        expect(await readTexts(log, 's', 'standalone')).toEqual(['1']);
    });

    it('refuses options that make no sense', () => {
        expect(() => new RedisEventLog({} as { redis: RedisClient })).toThrow(TypeError);
        expect(() => createRedisBackend({ redis: {} as RedisClient })).toThrow(TypeError);
        for (const options of [{ ttlSeconds: 0 }, { maxEvents: 1.5 }, { maxBytes: -1 }, { maxAgeSeconds: NaN }, { heartbeatMs: 0 }]) {
            expect(() => createRedisBackend({ redis, ...options })).toThrow(RangeError);
        }
    });
});

describe.each([
    { name: 'ioredis 6', connect: (port: number) => new Redis(port) },
    { name: 'ioredis 5', connect: (port: number) => new Redis5(port) }
])('RedisEventLog whose client sends again what was not answered: $name', ({ connect }) => {
    async function withLossyClient(use: (log: EventLog, proxy: LossyProxy) => Promise<void>): Promise<void> {
        const proxy = await LossyProxy.start(server.port);
        const client = connect(proxy.port);
        client.on('error', () => undefined); // The connection is cut on purpose.
        try {
            await use(new RedisEventLog({ redis: client, keyPrefix: `test:${randomUUID()}:` }), proxy);
        } finally {
            client.disconnect();
            proxy.stop();
        }
    }

    it('F2: an append is done once, and answered as it was done', async () => {
        await withLossyClient(async (log, proxy) => {
            await log.append('s', [event('a', 0)]);
            proxy.loseNextAnswer();
            const both = await Promise.all([
                log.append('s', [event('a', 1), final('a', 2), final('a', 3)]),
                log.append('s', [event('a', 4)])
            ]);
            expect(both).toEqual([[expect.any(String), expect.any(String), null], [expect.any(String)]]);
            const { events } = await page(log, 's', 'a', { since: '' });
            expect(events.map(({ message }) => textOf(message))).toEqual(['0', '1', '2', '4']);
            expect(events.slice(1).map(({ position }) => position)).toEqual([both[0][0], both[0][1], both[1][0]]);
        });
    });

    it('F2: an append that arrives after later ones of its caller is not done, whether it was done before or not', async () => {
        const commands = commandsOf(redis, 'test');
        const sent: (() => Promise<unknown>)[] = [];
        let isLost = false;
        const run: RedisCommands['run'] = (...call) => {
            sent.push(() => commands.run(...call));
            return isLost ? Promise.reject(new Error('no answer')) : commands.run(...call);
        };
        const log = new RedisEventLog({ redis: { ...commands, run }, keyPrefix: `test:${randomUUID()}:` });
        await log.append('s', [event('a', 0)]);
        isLost = true;
        await expect(log.append('s', [event('a', 'given up')])).rejects.toThrow('no answer');
        isLost = false;
        // More than 36, so that later names are longer.
        for (let number = 1; number <= 40; number++) await log.append('s', [event('a', number)]);
        const [done, givenUp] = sent;
        expect(await givenUp!()).toEqual([null]);
        expect(await done!()).toEqual([null]);
        expect(await readTexts(log, 's', 'a')).toEqual(Array.from({ length: 41 }, (_, number) => `${number}`));
    });

    it('F2: a claim is granted that was granted', async () => {
        await withLossyClient(async (log, proxy) => {
            await log.append('s', [{ streamId: 'a', message: message(1) }]);
            await log.claim('s', 'a', 'one');
            proxy.loseNextAnswer();
            const granted = { granted: true, previous: 'one' };
            expect(await log.claim('s', 'a', 'two', { ifHeldBy: 'one' })).toMatchObject(granted);
            expect((await page(log, 's', 'a', { since: '' })).reader).toBe('two');
        });
    });
});
