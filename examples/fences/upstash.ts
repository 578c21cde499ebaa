import { randomUUID } from 'node:crypto';
import { StreamableHTTPServerTransport } from '@mcp-sessions/sdk/server';
// #region package
import { createUpstashBackend } from '@mcp-sessions/upstash';
import { Redis } from '@upstash/redis';
// #endregion package

export function open() {
    // #region package
    const backend = createUpstashBackend({ redis: Redis.fromEnv(), ttlSeconds: 3600 });

    // #region transport
    new StreamableHTTPServerTransport({ sessionIdGenerator: () => randomUUID(), ...backend });
    // #endregion transport
    // #endregion package
    return backend;
}

export function openClient(url: string, token: string) {
    // #region limit
    const redis = new Redis({ url, token, retry: { retries: 2 }, signal: () => AbortSignal.timeout(1000) });
    // #endregion limit
    return redis;
}
