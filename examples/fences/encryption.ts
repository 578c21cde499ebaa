import { randomUUID } from 'node:crypto';
import { StreamableHTTPServerTransport, createRedisBackend, encryptBackend } from '@mcp-sessions/sdk/server';
import type { Redis } from 'ioredis';

export function open(redis: Redis, key: string) {
    // #region encrypt
    const backend = encryptBackend(createRedisBackend({ redis }), {
        keys: [{ id: '2026-01', key }],
        onerror: error => console.warn(error.message)
    });

    new StreamableHTTPServerTransport({ sessionIdGenerator: () => randomUUID(), ...backend });
    // #endregion encrypt
    return backend;
}
