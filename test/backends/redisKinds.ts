import { randomUUID } from 'node:crypto';
import type { RedisClient } from '@mcp-sessions/redis';
import { Redis } from 'ioredis';
import { Redis as Redis5 } from 'ioredis-v5';
import { openRedis } from '../../scripts/services.mjs';

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
    open(): Promise<OpenedRedis>;
}

/** Every client that is supported, and every kind of server that it is used with. */
export const redisKinds: readonly RedisKind[] = [
    { name: 'ioredis 6', open: () => openSingle(url => new Redis(url)) },
    { name: 'ioredis 5', open: () => openSingle(url => new Redis5(url)) }
];

async function openSingle(connect: (url: string) => Redis | Redis5): Promise<OpenedRedis> {
    const service = await openRedis({ say: () => undefined });
    const clients: (Redis | Redis5)[] = [];
    return {
        client: () => {
            const client = connect(service.url);
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
