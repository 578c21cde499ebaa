import { randomUUID } from 'node:crypto';
import { RedisSessionStore } from '@mcp-sessions/redis';
import { describe, expect, it } from 'vitest';
import { privateRedis } from '../support/privateServers.js';

const { redis } = await privateRedis();

const record = { sessionId: 's', initialized: true, createdAt: 1, lastActivity: 1, revision: 1 };

describe('RedisSessionStore', () => {
    it.each<[what: string, put: (key: string) => Promise<unknown>]>([
        ['a key of another type', key => redis.lpush(key, 'x')],
        ['a value that is none of ours', key => redis.set(key, 'x')],
        ['a record that is broken', key => redis.set(key, '1:1:{"sessionId":')]
    ])('P6: %s is absent, whichever method asks', async (_, put) => {
        const keyPrefix = `test:${randomUUID()}:`;
        const store = new RedisSessionStore({ redis, keyPrefix });
        await store.storeSession('s', record);
        const [key] = await redis.keys(`${keyPrefix}*`);
        await redis.del(key!);
        await put(key!);
        expect(await store.sessionExists('s')).toBe(false);
        expect(await store.getSession('s')).toBeNull();
        expect(await store.getAndTouchSession('s')).toBeNull();
        await store.updateSessionActivity('s');
        if ((await redis.type(key!)) !== 'string') {
            expect(await store.updateSession('s', { ...record, revision: 2 }, 1)).toBe(false);
        }
        await store.deleteSession('s');
        expect(await redis.exists(key!)).toBe(0);
    });
});
