import { randomUUID } from 'node:crypto';
import type { UpstashClient } from '@mcp-sessions/upstash';
import { Redis } from '@upstash/redis';
import { createClient } from '@vercel/kv';
import { openRedis } from '../../scripts/services.mjs';
import { startUpstashRest, type UpstashRest } from '../support/upstashRest.js';

interface Place {
    readonly url: string;
    readonly token: string;
}

export interface OpenedUpstash {
    readonly rest: UpstashRest;
    /** Of the server behind it. */
    readonly redisUrl: string;
    /** One more client, as another node has it. */
    client(): UpstashClient;
    /** Stands before all keys of one backend. */
    prefix(): string;
    close(): Promise<void>;
}

/** A client and its settings, by name; and how it is opened. */
export type UpstashKind = readonly [name: string, open: () => Promise<OpenedUpstash>];

/** Every client that is supported, with the settings that change what comes back or how it is asked for. */
export const upstashKinds: readonly UpstashKind[] = [
    kind('@upstash/redis', place => new Redis(place)),
    kind('@upstash/redis without deserialization', place => new Redis({ ...place, automaticDeserialization: false })),
    kind('@upstash/redis without base64 and pipelining', place => {
        return new Redis({ ...place, responseEncoding: false, enableAutoPipelining: false });
    }),
    kind('@vercel/kv', place => createClient(place)),
    kind('@vercel/kv without deserialization', place => createClient({ ...place, automaticDeserialization: false }))
];

function kind(name: string, connect: (place: Place) => UpstashClient): UpstashKind {
    return [name, () => openUpstash(connect)];
}

/** A server and the REST endpoint in front of it. */
export async function openUpstash(
    connect: (place: Place) => UpstashClient = place => new Redis(place),
    { keyLocking = true } = {}
): Promise<OpenedUpstash> {
    const service = await openRedis({ say: () => undefined });
    const rest = await startUpstashRest({ redisUrl: service.url, keyLocking });
    return {
        rest,
        redisUrl: service.url,
        client: () => connect(rest),
        prefix: () => `test:${randomUUID()}:`,
        close: async () => {
            await rest.stop();
            await service.stop();
        }
    };
}
