import { Redis } from 'ioredis';
import pg from 'pg';
import { RedisSessionStore, type SessionStore } from '@mcp-sessions/sdk/server';
import { PostgresSessionStore } from '../../../examples/custom-store/postgresSessionStore.js';

/** The store that the environment of a node names. */
export function openStore(): SessionStore {
    const { REDIS_URL, POSTGRES_URL, KEY_PREFIX, TTL_SECONDS = '3600', DEBUG_LOG } = process.env;
    const ttlSeconds = Number(TTL_SECONDS);
    if (REDIS_URL) {
        const redis = new Redis(REDIS_URL, { retryStrategy: attempt => Math.min(attempt * 50, 250) });
        // Every lost connection is an event; what it means for clients is the transport's to say.
        redis.on('error', error => DEBUG_LOG && console.error('redis', error.message));
        return new RedisSessionStore({
            redis,
            ttlSeconds,
            ...(KEY_PREFIX && { keyPrefix: KEY_PREFIX }),
            ...(DEBUG_LOG && { logger: console })
        });
    }
    if (POSTGRES_URL) return new PostgresSessionStore(new pg.Pool({ connectionString: POSTGRES_URL, max: 5 }), ttlSeconds);
    throw new Error('Neither REDIS_URL nor POSTGRES_URL is set');
}
