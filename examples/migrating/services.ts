import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { createSessionHandler, registerRedisBackedServices, shutdownOnSignals } from '@mcp-sessions/sdk/server';
import express from 'express';
import { z } from 'zod';

function buildServer(): McpServer {
    const server = new McpServer({ name: 'services', version: '1.0.0' });
    server.registerTool('add', { inputSchema: { a: z.number(), b: z.number() } }, ({ a, b }) => ({
        content: [{ type: 'text', text: String(a + b) }]
    }));
    return server;
}

const redisUrl = process.env.REDIS_URL;
const forceMemorySessionStore = process.env.SESSIONS_IN_MEMORY === 'yes';

// #region services
const app = express();
const services = await registerRedisBackedServices(app, { redisUrl, forceMemorySessionStore });
const sessions = createSessionHandler(() => buildServer(), { backend: services });

app.all('/mcp', sessions.node);
// #endregion services
const server = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1');
shutdownOnSignals(sessions, { server, onclose: () => services.disconnect() });
server.on('listening', () => console.log(JSON.stringify(server.address())));
