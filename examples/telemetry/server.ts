// #region instrument
import * as api from '@opentelemetry/api';
import { createSessionHandler } from '@mcp-sessions/core';
import { instrumentSessions } from '@mcp-sessions/opentelemetry';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { z } from 'zod';

instrumentSessions(api);
// #endregion instrument

// #region tool
const tracer = api.trace.getTracer('shop');

function addPrice(server: McpServer): void {
    server.registerTool('price', { inputSchema: { item: z.string() } }, ({ item }) =>
        tracer.startActiveSpan('look up the price', async span => {
            const price = await priceOf(item);
            span.end();
            return { content: [{ type: 'text' as const, text: `${item}: ${price}` }] };
        })
    );
}
// #endregion tool

async function priceOf(item: string): Promise<number> {
    return item.length;
}

function buildServer(): McpServer {
    const server = new McpServer({ name: 'shop', version: '1.0.0' });
    addPrice(server);
    return server;
}

/** Mount `sessions.node` on Express or `node:http`, or `sessions.fetch` elsewhere. */
export const sessions = createSessionHandler(() => buildServer(), { enableJsonResponse: true });
