import { randomUUID } from 'node:crypto';
import { StreamableHTTPServerTransport, createMemoryBackend, createRedisBackend, createSessionHandler } from '@mcp-sessions/sdk/server';
import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { ElicitResultSchema, type ElicitRequestFormParams } from '@modelcontextprotocol/sdk/types.js';
import type { Redis } from 'ioredis';

export function open(redis: Redis, buildServer: () => McpServer) {
    // #region open
    const backend = createRedisBackend({ redis, ttlSeconds: 3600 });

    createSessionHandler(() => buildServer(), { backend }); // or, for transports of your own:
    new StreamableHTTPServerTransport({ sessionIdGenerator: () => randomUUID(), ...backend });
    // #endregion open
    return backend;
}

export function addQuestion(server: McpServer, params: ElicitRequestFormParams): void {
    server.registerTool('ask', {}, async extra => {
        // #region ask
        const answer = await extra.sendRequest({ method: 'elicitation/create', params }, ElicitResultSchema);
        // #endregion ask
        return { content: [{ type: 'text', text: answer.action }] };
    });
}

export function openInOneProcess() {
    // #region memory
    const first = createMemoryBackend();
    const second = createMemoryBackend({ shareWith: first });
    // #endregion memory
    return [first, second] as const;
}
