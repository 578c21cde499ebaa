import { randomUUID } from 'node:crypto';
import { StreamableHTTPServerTransport, createRedisBackend } from '@mcp-sessions/sdk/server';
import type { Redis } from 'ioredis';

export function shareTransports(redis: Redis) {
    // #region transport
    const backend = createRedisBackend({ redis }); // new: one per process

    new StreamableHTTPServerTransport({ sessionIdGenerator: () => randomUUID(), ...backend });
    // #endregion transport
    return backend;
}
