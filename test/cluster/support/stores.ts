import { Redis } from 'ioredis';
import pg from 'pg';
import { createRedisBackend, RedisSessionStore, type SessionBackend, type SessionStore } from '@mcp-sessions/sdk/server';
import { PostgresSessionStore } from '../../../examples/custom-store/postgresSessionStore.js';

/** What a node keeps outside of its process: sessions, and with a whole backend their streams and the way to other nodes. */
export type Storage = Pick<SessionBackend, 'sessionStore'> & Partial<SessionBackend>;

/** The storage that the environment of a node names. */
export function openStorage(): Storage {
    const { REDIS_URL, POSTGRES_URL, KEY_PREFIX, TTL_SECONDS = '3600', MAX_EVENTS, BACKEND, PUSH, DEBUG_LOG } = process.env;
    const ttlSeconds = Number(TTL_SECONDS);
    if (REDIS_URL) {
        const redis = new Redis(REDIS_URL, { retryStrategy: attempt => Math.min(attempt * 50, 250) });
        // Every lost connection is an event; what it means for clients is the transport's to say.
        redis.on('error', error => DEBUG_LOG && console.error('redis', error.message));
        const options = { redis, ttlSeconds, ...(KEY_PREFIX && { keyPrefix: KEY_PREFIX }), ...(DEBUG_LOG && { logger: console }) };
        return BACKEND === 'redis'
            ? createRedisBackend({ ...options, push: PUSH !== '0', ...(MAX_EVENTS && { maxEvents: Number(MAX_EVENTS) }) })
            : { sessionStore: new RedisSessionStore(options) };
    }
    if (POSTGRES_URL) return { sessionStore: openPostgres(POSTGRES_URL, ttlSeconds) };
    throw new Error('Neither REDIS_URL nor POSTGRES_URL is set');
}

function openPostgres(connectionString: string, ttlSeconds: number): SessionStore {
    return new PostgresSessionStore(new pg.Pool({ connectionString, max: 5 }), ttlSeconds);
}
