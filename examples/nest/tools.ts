import { setTimeout } from 'node:timers/promises';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { sessionState } from '@modelcontextprotocol/sdk/server';
import { z } from 'zod';

/** An ordinary MCP server: it knows neither the framework nor the other nodes. */
export function buildServer(): McpServer {
    const server = new McpServer({ name: 'counter', version: '1.0.0' });

    server.registerTool('count', { outputSchema: { count: z.number(), pid: z.number() } }, async extra => {
        const count = await sessionState<{ count: number }>(extra).update('count', (before = 0) => before + 1);
        return answer({ count, pid: process.pid });
    });

    server.registerTool('work', { outputSchema: { done: z.number() } }, async ({ _meta, sendNotification }) => {
        for (let progress = 1; progress <= 3; progress++) {
            const progressToken = _meta?.progressToken;
            if (progressToken !== undefined) {
                await sendNotification({ method: 'notifications/progress', params: { progressToken, progress, total: 3 } });
            }
            await setTimeout(200);
        }
        return answer({ done: 3 });
    });

    server.registerTool('reload', {}, () => {
        server.sendToolListChanged();
        return answer({});
    });
    return server;
}

function answer(structuredContent: Record<string, unknown>) {
    return { content: [{ type: 'text' as const, text: JSON.stringify(structuredContent) }], structuredContent };
}
