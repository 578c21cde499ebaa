import { createPostgresBackend } from '@mcp-sessions/postgres';
import { createRedisBackend, type RedisClient } from '@mcp-sessions/redis';
import type { SessionBackend } from '@mcp-sessions/sdk/server';
import { createUpstashBackend } from '@mcp-sessions/upstash';
import { Redis as UpstashClient } from '@upstash/redis';
import { Cluster, Redis } from 'ioredis';
import { Cluster as Cluster5, Redis as Redis5 } from 'ioredis-v5';
import pg from 'pg';
import { createClient, createCluster, createSentinel } from 'redis';

interface Address {
    host: string;
    port: number;
}

export type RedisClientName = 'ioredis 6' | 'ioredis 5' | 'node-redis';

/** Where a node finds its server, as the value of {@link STORAGE} in its environment. */
export type StorageAddress =
    | { kind: 'redis'; client: RedisClientName; url: string }
    | { kind: 'cluster'; client: RedisClientName; nodes: Address[] }
    | { kind: 'sentinel'; client: RedisClientName; sentinels: Address[]; name: string }
    | { kind: 'postgres'; url: string }
    | { kind: 'upstash'; url: string; token: string };

type RedisAddress = Extract<StorageAddress, { client: RedisClientName }>;

export const STORAGE = 'STORAGE';

const { KEY_PREFIX: keyPrefix = '' } = process.env;

/** The backend that the environment names, over a client as an application has it. */
export async function openStorage(): Promise<SessionBackend> {
    const address = JSON.parse(process.env[STORAGE] ?? '') as StorageAddress;
    switch (address.kind) {
        case 'postgres': {
            const pool = new pg.Pool({ connectionString: address.url, max: 5 });
            return createPostgresBackend({ pool: silenced(pool) });
        }
        case 'upstash':
            return createUpstashBackend({
                redis: new UpstashClient({
                    ...{ url: address.url, token: address.token },
                    // A request that the transport has given up on is not gone on with.
                    ...{ retry: { retries: 2 }, signal: () => AbortSignal.timeout(1000) }
                }),
                keyPrefix
            });
        default:
            return createRedisBackend({ redis: await connect(address), keyPrefix });
    }
}

async function connect(address: RedisAddress): Promise<RedisClient> {
    switch (address.client) {
        case 'ioredis 6':
            return silenced(
                address.kind === 'redis'
                    ? new Redis(address.url)
                    : address.kind === 'cluster'
                      ? new Cluster(address.nodes)
                      : new Redis({ sentinels: address.sentinels, name: address.name })
            );
        case 'ioredis 5':
            return silenced(
                address.kind === 'redis'
                    ? new Redis5(address.url)
                    : address.kind === 'cluster'
                      ? new Cluster5(address.nodes)
                      : new Redis5({ sentinels: address.sentinels, name: address.name })
            );
        case 'node-redis':
            return connectNodeRedis(address);
    }
}

async function connectNodeRedis(address: RedisAddress): Promise<RedisClient> {
    if (address.kind === 'redis') return connected(createClient({ url: address.url }));
    if (address.kind === 'sentinel') return connected(createSentinel({ name: address.name, sentinelRootNodes: address.sentinels }));
    return connected(createCluster({ rootNodes: address.nodes.map(({ host, port }) => ({ url: `redis://${host}:${port}` })) }));
}

async function connected<T extends Loud & { connect(): Promise<unknown> }>(client: T): Promise<T> {
    await silenced(client).connect();
    return client;
}

interface Loud {
    on(event: 'error', listener: () => void): unknown;
}

/** A lost connection is an event; what it means for clients is the transport's to say. */
function silenced<T extends Loud>(client: T): T {
    client.on('error', () => undefined);
    return client;
}
