import { randomUUID } from 'node:crypto';
import { StreamableHTTPServerTransport } from '@mcp-sessions/sdk/server';
// #region choose
import { createSessionBackend } from '@mcp-sessions/backends';
// #endregion choose

export async function choose(postgresUrl: string) {
    // #region choose
    const backend = await createSessionBackend(); // REDIS_URL, POSTGRES_URL, KV_REST_API_URL, …
    const other = await createSessionBackend({ url: postgresUrl, migrate: true });

    new StreamableHTTPServerTransport({ sessionIdGenerator: () => randomUUID(), ...backend });

    await backend.close(); // and its client with it
    // #endregion choose
    return { backend, other };
}
