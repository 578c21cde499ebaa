import { Redis as RestRedis } from '@upstash/redis';
import { Redis } from 'ioredis';
import pg from 'pg';
import {
    createPostgresBackend,
    createRedisBackend,
    createUpstashBackend,
    PostgresSessionStore,
    RedisSessionStore,
    UpstashSessionStore,
    type SessionBackend,
    type SessionStore
} from '@mcp-sessions/sdk/server';
import { PostgresSessionStore as ExampleStore } from '../../../examples/custom-store/postgresSessionStore.js';

/** What a node keeps outside of its process: sessions, and with a whole backend their streams and the way to other nodes. */
export type Storage = Pick<SessionBackend, 'sessionStore'> & Partial<SessionBackend>;

const { REDIS_URL, POSTGRES_URL, UPSTASH_REDIS_REST_URL, UPSTASH_REDIS_REST_TOKEN } = process.env;
const { KEY_PREFIX, SCHEMA, BACKEND, PUSH, DEBUG_LOG, SWEEP_SECONDS, POLL_MS } = process.env;
const { TTL_SECONDS = '3600', INITIALIZE_TTL_SECONDS, MAX_SESSIONS, MAX_SESSIONS_PER_PRINCIPAL, MAX_EVENTS } = process.env;

/** Options that all stores have, and all logs. */
const limits = {
    ttlSeconds: Number(TTL_SECONDS),
    ...(INITIALIZE_TTL_SECONDS && { initializeTtlSeconds: Number(INITIALIZE_TTL_SECONDS) }),
    ...(MAX_SESSIONS && { maxSessions: Number(MAX_SESSIONS) }),
    ...(MAX_SESSIONS_PER_PRINCIPAL && { maxSessionsPerPrincipal: Number(MAX_SESSIONS_PER_PRINCIPAL) }),
    ...(DEBUG_LOG && { logger: console })
};
const logLimits = MAX_EVENTS ? { maxEvents: Number(MAX_EVENTS) } : {};
const names = KEY_PREFIX ? { keyPrefix: KEY_PREFIX } : {};

/** Without `STORE`: what the URLs tell. With `BACKEND` the whole of it, else the session store alone. */
export function openStorage(): Storage {
    const { STORE = REDIS_URL ? 'redis' : 'example' } = process.env;
    const open = kinds[STORE];
    if (open === undefined) throw new Error(`There is no store ${STORE}`);
    return open(Boolean(BACKEND));
}

const kinds: Record<string, (isWhole: boolean) => Storage> = {
    redis(isWhole) {
        const redis = new Redis(REDIS_URL ?? '', { retryStrategy: attempt => Math.min(attempt * 50, 250) });
        // Every lost connection is an event; what it means for clients is the transport's to say.
        redis.on('error', error => DEBUG_LOG && console.error('redis', error.message));
        const options = { redis, ...limits, ...names };
        return isWhole
            ? createRedisBackend({ ...options, ...logLimits, push: PUSH !== '0' })
            : { sessionStore: new RedisSessionStore(options) };
    },
    postgres(isWhole) {
        const pool = new pg.Pool({ connectionString: POSTGRES_URL, max: 5 });
        const tables = { ...(SCHEMA && { schema: SCHEMA }), ...(SWEEP_SECONDS && { sweepSeconds: Number(SWEEP_SECONDS) }) };
        const options = { pool, ...limits, ...tables };
        return isWhole
            ? createPostgresBackend({ ...options, ...logLimits, listen: PUSH !== '0' })
            : { sessionStore: new PostgresSessionStore(options) };
    },
    upstash(isWhole) {
        const redis = new RestRedis({ url: UPSTASH_REDIS_REST_URL ?? '', token: UPSTASH_REDIS_REST_TOKEN ?? '' });
        const options = { redis, ...limits, ...names };
        const intervals = POLL_MS ? { minIntervalMs: Number(POLL_MS), maxIntervalMs: Number(POLL_MS) } : {};
        return isWhole
            ? createUpstashBackend({ ...options, ...logLimits, ...intervals })
            : { sessionStore: new UpstashSessionStore(options) };
    },
    /** The store of five methods that the documents show. */
    example: () => ({ sessionStore: exampleStore() })
};

function exampleStore(): SessionStore {
    if (!POSTGRES_URL) throw new Error('Neither STORE nor REDIS_URL nor POSTGRES_URL is set');
    return new ExampleStore(new pg.Pool({ connectionString: POSTGRES_URL, max: 5 }), limits.ttlSeconds);
}
