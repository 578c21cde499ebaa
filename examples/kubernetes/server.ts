import { createServer } from 'node:http';
import { hostname } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { createSessionBackend, createSessionHandler, sessionState, shutdownOnSignals } from '@modelcontextprotocol/sdk/server';
import { z } from 'zod';

const { PORT = '3000', HOST = '0.0.0.0', POD_NAME = hostname(), NOTICE_MS = '0', GRACE_MS = '20000' } = process.env;

function buildServer(): McpServer {
    const server = new McpServer({ name: 'pods', version: '1.0.0' });
    server.registerTool('count', { outputSchema: { count: z.number(), pod: z.string() } }, async extra => {
        const count = await sessionState<{ count: number }>(extra).update('count', (before = 0) => before + 1);
        await pause(50);
        const structuredContent = { count: count ?? 0, pod: POD_NAME };
        return { content: [{ type: 'text', text: JSON.stringify(structuredContent) }], structuredContent };
    });
    return server;
}

const backend = await createSessionBackend(); // what REDIS_URL names
const sessions = createSessionHandler(() => buildServer(), { backend, nodeName: POD_NAME });

const server = createServer((req, res) => {
    switch (req.url) {
        case '/mcp':
            return void sessions.node(req, res);
        case '/live':
            return void res.end();
        case '/ready':
            return void res.writeHead(sessions.isReady ? 200 : 503).end();
        default:
            return void res.writeHead(404).end();
    }
});
server.listen(Number(PORT), HOST, () => console.log(server.address()));

shutdownOnSignals(sessions, { server, noticeMs: Number(NOTICE_MS), graceMs: Number(GRACE_MS), onclose: () => backend.close() });
