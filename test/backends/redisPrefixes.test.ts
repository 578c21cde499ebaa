import { randomUUID } from 'node:crypto';
import { createRedisBackend } from '@mcp-sessions/redis';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import { redisKinds, type OpenedRedis } from './redisKinds.js';

const patience = { timeout: 20_000, interval: 20 };

/** Those of which versions 4 and 5 have no `keyPrefix` are left out: there is nothing to show. */
const kinds = redisKinds.filter(({ name }) => !/node-redis [45]/.test(name));

describe.each(kinds)('keyPrefix of the client and ours: $name', ({ open }) => {
    const clientPrefix = `client:${randomUUID()}:`;
    let redis: OpenedRedis;
    let servers: Redis[];
    beforeAll(async () => {
        redis = await open(clientPrefix);
        servers = redis.nodes.map(({ host, port }) => new Redis(port, host));
    });
    afterAll(async () => {
        servers.forEach(server => server.disconnect());
        await redis.close();
    });

    it.each([true, false])('every key and channel begins with both, and nodes meet (push: %s)', async push => {
        const keyPrefix = redis.prefix();
        const options = { keyPrefix, push, maxSessions: 9, maxSessionsPerPrincipal: 9 };
        const [a, b] = [0, 1].map(() => createRedisBackend({ redis: redis.client(), ...options }));
        const sessionId = randomUUID();
        const record = { sessionId, initialized: true, createdAt: 1, lastActivity: 1, revision: 1, principal: 'p' };
        expect(await a!.sessionStore.createSession(sessionId, record)).toBe('created');
        expect(await b!.sessionStore.getAndTouchSession(sessionId)).toMatchObject({ principal: 'p' });
        expect(await b!.sessionStore.updateSession(sessionId, { ...record, revision: 2 }, 1)).toBe(true);
        expect(await a!.sessionStore.getSession(sessionId)).toMatchObject({ revision: 2 });
        const [position] = await a!.eventLog.append(sessionId, [{ streamId: 'stream', message: { jsonrpc: '2.0', method: 'x' } }]);
        await b!.eventLog.claim(sessionId, 'stream', 'reader');
        await b!.eventLog.release(sessionId, 'stream', 'reader', position!);
        expect(await a!.eventLog.touch(sessionId)).toBe(position);
        expect(await a!.eventLog.read(sessionId, 'stream', { since: '' }, 9)).toMatchObject({ events: [{ position }] });
        expect(await a!.sessionLock.acquire('name', 'holder', 10_000)).toEqual(expect.any(Number));
        expect(await b!.sessionLock.acquire('name', 'other', 10_000)).toBeNull();
        const heard: string[] = [];
        await b!.messageBus.subscribe('nodes', { onMessage: text => void heard.push(text), onGap: () => undefined });
        const channels = await Promise.all(
            servers.flatMap(server => ['CHANNELS', 'SHARDCHANNELS'].map(async kind => (await server.call('PUBSUB', kind, '*')) as string[]))
        );
        await vi.waitFor(async () => {
            // One that polls hears what is published after its first poll.
            await a!.messageBus.publish('nodes', 'hello');
            expect(heard).toContain('hello');
        }, patience);

        const names = (await Promise.all(servers.map(server => server.keys(`*${keyPrefix}*`)))).flat();
        const ours = push ? [...names, ...channels.flat().filter(name => name.includes(keyPrefix))] : names;
        expect(ours.filter(name => !name.startsWith(clientPrefix + keyPrefix))).toEqual([]);
        // The record, two of its log, three of the caps and the lock; and what is told to nodes.
        expect(ours).toHaveLength(8);
        await b!.sessionStore.deleteSession(sessionId);
        expect(await a!.sessionStore.sessionExists(sessionId)).toBe(false);
        await Promise.all([a!.close(), b!.close()]);
    });
});
