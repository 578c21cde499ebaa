import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { createSessionBackend, createSessionHandler, shutdownOnSignals } from '@modelcontextprotocol/sdk/server';
import express from 'express';
import { z } from 'zod';

function buildServer(): McpServer {
    const server = new McpServer({ name: 'quickstart', version: '1.0.0' });
    server.registerTool('add', { inputSchema: { a: z.number(), b: z.number() } }, ({ a, b }) => ({
        content: [{ type: 'text', text: String(a + b) }]
    }));
    return server;
}

// #region mount
const backend = await createSessionBackend({ fallback: 'memory' }); // what REDIS_URL names, or this process
const sessions = createSessionHandler(() => buildServer(), { backend });

const app = express();
app.all('/mcp', sessions.node);
const server = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1');

shutdownOnSignals(sessions, { server, onclose: () => backend.close() });
// #endregion mount
server.on('listening', () => console.log(server.address()));
