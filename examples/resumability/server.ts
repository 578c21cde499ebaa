import { setTimeout as wait } from 'node:timers/promises';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { createSessionBackend, createSessionHandler, shutdownOnSignals } from '@modelcontextprotocol/sdk/server';
import express from 'express';
import { z } from 'zod';

function buildServer(): McpServer {
    const server = new McpServer({ name: 'resumability', version: '1.0.0' }, { capabilities: { logging: {} } });
    server.registerTool('count', { inputSchema: { to: z.number().max(100) } }, async ({ to }, { sendNotification }) => {
        for (let n = 1; n <= to; n++) {
            await sendNotification({ method: 'notifications/message', params: { level: 'info', data: `count ${n}` } });
            await wait(200);
        }
        return { content: [{ type: 'text', text: `counted to ${to}` }] };
    });
    return server;
}

const backend = await createSessionBackend();
const sessions = createSessionHandler(() => buildServer(), { backend });

const app = express();
app.all('/mcp', sessions.node);
const server = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => console.log(server.address()));

shutdownOnSignals(sessions, { server, onclose: () => backend.close() });
