import { randomUUID } from 'node:crypto';
import { createMemoryBackend, type HistoryLimits, type MemoryBackend, type SessionBackend } from '@mcp-sessions/core';
import { createPostgresBackend } from '@mcp-sessions/postgres';
import { createRedisBackend } from '@mcp-sessions/redis';
import { createUpstashBackend } from '@mcp-sessions/upstash';
import { Redis } from 'ioredis';
import { openRedis } from '../../../scripts/services.mjs';
import { dumpOf, rowsOf, stringsIn } from '../../atRest/support/strings.js';
import { postgresKinds } from '../../backends/postgresKinds.js';
import { openUpstash } from '../../backends/upstashKinds.js';

/** The storage of two nodes. */
export interface Storage {
    readonly backends: readonly SessionBackend[];
    /** What is stored now, as text. */
    look(): Promise<string>;
    close(): Promise<void>;
}

/** A server, where storage of its own is opened for each test. */
export interface Place {
    storage(history: HistoryLimits): Promise<Storage>;
    close(): Promise<void>;
}

const closeAll = (backends: readonly SessionBackend[]) => Promise.all(backends.map(backend => backend.close()));

async function openMemory(): Promise<Place> {
    return {
        storage: async history => {
            const first: MemoryBackend = createMemoryBackend({ history });
            const backends = [first, createMemoryBackend({ shareWith: first })];
            return { backends, look: async () => stringsIn(first), close: async () => void (await closeAll(backends)) };
        },
        close: async () => undefined
    };
}

async function openOnRedis(): Promise<Place> {
    const service = await openRedis({ say: () => undefined });
    const redis = new Redis(service.url);
    return {
        storage: async history => {
            const keyPrefix = `test:${randomUUID()}:`;
            const backends = [0, 1].map(() => createRedisBackend({ redis, keyPrefix, history }));
            return { backends, look: () => dumpOf(redis, keyPrefix), close: async () => void (await closeAll(backends)) };
        },
        close: async () => {
            redis.disconnect();
            await service.stop();
        }
    };
}

async function openOnPostgres(): Promise<Place> {
    const postgres = await postgresKinds.find(({ name }) => name.includes('machine'))!.open();
    return {
        storage: async history => {
            const tables = await postgres.tables();
            const pool = postgres.pool();
            const backends = [0, 1].map(() => createPostgresBackend({ pool, ...tables, history }));
            return {
                backends,
                look: () => rowsOf(pool, tables.schema, tables.tableName),
                close: async () => void (await closeAll(backends))
            };
        },
        close: () => postgres.close()
    };
}

async function openOnUpstash(): Promise<Place> {
    const upstash = await openUpstash();
    const redis = new Redis(upstash.redisUrl);
    return {
        storage: async history => {
            const keyPrefix = upstash.prefix();
            const options = { keyPrefix, history, minIntervalMs: 5, maxIntervalMs: 20 };
            const backends = [0, 1].map(() => createUpstashBackend({ redis: upstash.client(), ...options }));
            return { backends, look: () => dumpOf(redis, keyPrefix), close: async () => void (await closeAll(backends)) };
        },
        close: async () => {
            redis.disconnect();
            await upstash.close();
        }
    };
}

export const places: readonly { readonly name: string; readonly open: () => Promise<Place> }[] = [
    { name: 'memory', open: openMemory },
    { name: 'Redis', open: openOnRedis },
    { name: 'Postgres', open: openOnPostgres },
    { name: 'Upstash', open: openOnUpstash }
];
