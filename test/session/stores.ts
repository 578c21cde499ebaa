import { randomUUID } from 'node:crypto';
import { InMemorySessionStore, type SessionStore } from '@mcp-sessions/core';
import { RedisSessionStore } from '@mcp-sessions/redis';
import { Redis } from 'ioredis';
import { Redis as Redis5 } from 'ioredis-v5';
import { openRedis } from '../../scripts/services.mjs';

export interface OpenedStores {
    /** A store with nothing in it; stores of one name share nothing but the server. */
    make(options?: { ttlSeconds?: number }): SessionStore;
    close(): Promise<void>;
}

/** Every store that there is, to be opened in `beforeAll`. */
export const storeKinds: { name: string; open(): Promise<OpenedStores> }[] = [
    {
        name: 'memory',
        open: async () => ({ make: options => new InMemorySessionStore(options), close: async () => undefined })
    },
    { name: 'Redis, ioredis 6', open: () => openOnRedis(url => new Redis(url)) },
    { name: 'Redis, ioredis 5', open: () => openOnRedis(url => new Redis5(url)) }
];

/** A store with the five required methods alone. */
export function fiveMethods(store: SessionStore): SessionStore {
    return {
        storeSession: (sessionId, data) => store.storeSession(sessionId, data),
        getSession: sessionId => store.getSession(sessionId),
        updateSessionActivity: sessionId => store.updateSessionActivity(sessionId),
        deleteSession: sessionId => store.deleteSession(sessionId),
        sessionExists: sessionId => store.sessionExists(sessionId)
    };
}

async function openOnRedis(connect: (url: string) => Redis | Redis5): Promise<OpenedStores> {
    const service = await openRedis();
    const redis = connect(service.url);
    return {
        make: options => new RedisSessionStore({ redis, keyPrefix: `test:${randomUUID()}:`, ...options }),
        close: async () => {
            redis.disconnect();
            await service.stop();
        }
    };
}
