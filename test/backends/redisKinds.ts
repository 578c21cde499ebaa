import { randomUUID } from 'node:crypto';
import type { RedisClient } from '@mcp-sessions/redis';
import { Cluster, Redis } from 'ioredis';
import { Cluster as Cluster5, Redis as Redis5 } from 'ioredis-v5';
import { createClient, createCluster } from 'redis';
import { createClient as createClient4, createCluster as createCluster4 } from 'redis-v4';
import { createClient as createClient5, createCluster as createCluster5 } from 'redis-v5';
import { openRedis, startRedisCluster } from '../../scripts/services.mjs';

/** A server, once somebody asks for it, and clients of it that are closed together. */
export interface OpenedRedis {
    /** A client as another node has it. */
    client(): RedisClient;
    /** The servers. */
    readonly nodes: { host: string; port: number }[];
    /** Stands before all keys and channels of one backend. */
    prefix(): string;
    close(): Promise<void>;
}

export interface RedisKind {
    readonly name: string;
    readonly isCluster: boolean;
    /** @param clientPrefix the `keyPrefix` of the clients themselves. */
    open(clientPrefix?: string): Promise<OpenedRedis>;
}

/** A client that is connected, and how to end it. */
type Opened = readonly [client: RedisClient, end: () => unknown];
type Connect<Place> = (place: Place, keyPrefix: string) => Promise<Opened>;
type Nodes = { host: string; port: number }[];

/** Every client that is supported, and every kind of server that it is used with. */
export const redisKinds: readonly RedisKind[] = [
    single('ioredis 6', async (url, keyPrefix) => ended(new Redis(url, { keyPrefix }))),
    single('ioredis 5', async (url, keyPrefix) => ended(new Redis5(url, { keyPrefix }))),
    single('node-redis 6', async (url, keyPrefix) => connected(createClient({ url, keyPrefix }))),
    single('node-redis 6, RESP2', async (url, keyPrefix) => connected(createClient({ url, keyPrefix, RESP: 2 }))),
    single('node-redis 5', async url => connected(createClient5({ url }))),
    single('node-redis 5, RESP3', async url => connected(createClient5({ url, RESP: 3 }))),
    single('node-redis 4', async url => connected(createClient4({ url }))),
    cluster('Cluster of ioredis 6', async (nodes, keyPrefix) => ended(new Cluster(nodes, { keyPrefix }))),
    cluster('Cluster of ioredis 5', async (nodes, keyPrefix) => ended(new Cluster5(nodes, { keyPrefix }))),
    cluster('Cluster of node-redis 6', async (nodes, keyPrefix) => connected(createCluster({ rootNodes: roots(nodes), keyPrefix }))),
    cluster('Cluster of node-redis 5', async nodes => connected(createCluster5({ rootNodes: roots(nodes) }))),
    cluster('Cluster of node-redis 4', async nodes => connected(createCluster4({ rootNodes: roots(nodes) })))
];

function single(name: string, connect: Connect<string>): RedisKind {
    return {
        name,
        isCluster: false,
        open: async (clientPrefix = '') => {
            const service = await openRedis({ say: () => undefined });
            const { hostname, port } = new URL(service.url);
            return opened(() => connect(service.url, clientPrefix), {
                stop: () => service.stop(),
                nodes: [{ host: hostname, port: Number(port || 6379) }]
            });
        }
    };
}

function cluster(name: string, connect: Connect<Nodes>): RedisKind {
    return {
        name,
        isCluster: true,
        open: async (clientPrefix = '') => {
            const service = await startRedisCluster();
            return opened(() => connect(service.nodes, clientPrefix), service);
        }
    };
}

function ended(client: RedisClient & { disconnect(): void }): Opened {
    return [client, () => client.disconnect()];
}

async function connected(
    client: RedisClient & {
        connect(): Promise<unknown>;
        destroy?(): unknown;
        disconnect?(): unknown;
        on(event: 'error', listener: () => void): unknown;
    }
): Promise<Opened> {
    client.on('error', () => undefined);
    await client.connect();
    return [client, () => (client.destroy ?? client.disconnect)?.call(client)];
}

const roots = (nodes: Nodes) => nodes.map(({ host, port }) => ({ url: `redis://${host}:${port}` }));

async function opened(connect: () => Promise<Opened>, service: { nodes: Nodes; stop(): Promise<void> }): Promise<OpenedRedis> {
    const clients = await Promise.all([connect(), connect(), connect()]);
    let next = 0;
    return {
        nodes: service.nodes,
        client: () => clients[next++ % clients.length]![0],
        prefix: () => `test:${randomUUID()}:`,
        close: async () => {
            await Promise.all(clients.map(async ([, end]) => end()));
            await service.stop();
        }
    };
}
