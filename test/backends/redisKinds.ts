import { randomUUID } from 'node:crypto';
import type { RedisClient } from '@mcp-sessions/redis';
import { Cluster, Redis } from 'ioredis';
import { Cluster as Cluster5, Redis as Redis5 } from 'ioredis-v5';
import { openRedis, startRedisCluster } from '../../scripts/services.mjs';

type Client = Redis | Redis5 | Cluster | Cluster5;

/** A server, once somebody asks for it, and clients of it that are closed together. */
export interface OpenedRedis {
    /** One more client, as another node has it. */
    client(): RedisClient;
    /** Stands before all keys and channels of one backend. */
    prefix(): string;
    close(): Promise<void>;
}

export interface RedisKind {
    readonly name: string;
    readonly isCluster: boolean;
    open(): Promise<OpenedRedis>;
}

/** Every client that is supported, and every kind of server that it is used with. */
export const redisKinds: readonly RedisKind[] = [
    { name: 'ioredis 6', isCluster: false, open: () => openSingle(url => new Redis(url)) },
    { name: 'ioredis 5', isCluster: false, open: () => openSingle(url => new Redis5(url)) },
    { name: 'Cluster of ioredis 6', isCluster: true, open: () => openCluster(nodes => new Cluster(nodes)) },
    { name: 'Cluster of ioredis 5', isCluster: true, open: () => openCluster(nodes => new Cluster5(nodes)) }
];

async function openSingle(connect: (url: string) => Redis | Redis5): Promise<OpenedRedis> {
    const service = await openRedis({ say: () => undefined });
    return opened(() => connect(service.url), service);
}

async function openCluster(connect: (nodes: { host: string; port: number }[]) => Cluster | Cluster5): Promise<OpenedRedis> {
    const cluster = await startRedisCluster();
    return opened(() => connect(cluster.nodes), cluster);
}

function opened(connect: () => Client, service: { stop(): Promise<void> }): OpenedRedis {
    const clients: Client[] = [];
    return {
        client: () => {
            const client = connect();
            clients.push(client);
            return client;
        },
        prefix: () => `test:${randomUUID()}:`,
        close: async () => {
            clients.forEach(client => client.disconnect());
            await service.stop();
        }
    };
}
