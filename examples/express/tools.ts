import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { sessionState } from '@modelcontextprotocol/sdk/server';
import { z } from 'zod';

/** An ordinary MCP server: it knows neither Express nor the other nodes. */
export function buildServer(): McpServer {
    const server = new McpServer({ name: 'counter', version: '1.0.0' });
    server.registerTool('count', { outputSchema: { user: z.string(), count: z.number(), pid: z.number() } }, async extra => {
        const count = await sessionState<{ count: number }>(extra).update('count', (before = 0) => before + 1);
        const structuredContent = { user: String(extra.authInfo?.extra?.sub), count, pid: process.pid };
        return { content: [{ type: 'text', text: JSON.stringify(structuredContent) }], structuredContent };
    });
    return server;
}
