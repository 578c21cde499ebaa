import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { createRedisBackend, createSessionHandler, shutdownOnSignals } from '@mcp-sessions/sdk/server';
import express from 'express';
import { Redis } from 'ioredis';
import { z } from 'zod';

function buildServer(): McpServer {
    const server = new McpServer({ name: 'quickstart', version: '1.0.0' });
    server.registerTool('add', { inputSchema: { a: z.number(), b: z.number() } }, ({ a, b }) => ({
        content: [{ type: 'text', text: String(a + b) }]
    }));
    return server;
}

// #region mount
const redis = new Redis(process.env.REDIS_URL ?? 'redis://127.0.0.1:6379');
const sessions = createSessionHandler(() => buildServer(), { backend: createRedisBackend({ redis }) });

const app = express();
app.all('/mcp', sessions.node);
const server = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1');

shutdownOnSignals(sessions, { server, onclose: () => redis.quit() });
// #endregion mount
server.on('listening', () => console.log(JSON.stringify(server.address())));
