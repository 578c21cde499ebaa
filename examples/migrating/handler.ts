import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { createRedisBackend, createSessionHandler, sessionState, shutdownOnSignals } from '@mcp-sessions/sdk/server';
import express from 'express';
import { Redis } from 'ioredis';
import { z } from 'zod';

// #region state
function addCart(server: McpServer): void {
    server.registerTool('add-to-cart', { inputSchema: { item: z.string() } }, async ({ item }, extra) => {
        const cart = await sessionState<{ cart: string[] }>(extra).update('cart', (before = []) => [...before, item]);
        return { content: [{ type: 'text', text: `${cart?.length} in the cart` }] };
    });
}
// #endregion state

function buildServer(): McpServer {
    const server = new McpServer({ name: 'shop', version: '1.0.0' });
    addCart(server);
    return server;
}

// #region handler
const redis = new Redis(process.env.REDIS_URL ?? 'redis://127.0.0.1:6379');
const sessions = createSessionHandler(() => buildServer(), { backend: createRedisBackend({ redis, ttlSeconds: 3600 }) });

const app = express();
app.use(express.json()); // as before, if other routes need it
app.all('/mcp', sessions.node);
const server = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1');

shutdownOnSignals(sessions, { server, onclose: () => redis.quit() });
// #endregion handler
server.on('listening', () => console.log(JSON.stringify(server.address())));
