import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { createRedisBackend, createSessionHandler, shutdownOnSignals } from '@mcp-sessions/sdk/server';
import { Redis } from 'ioredis';
import { z } from 'zod';

function buildServer(): McpServer {
    const server = new McpServer({ name: 'sessions', version: '1.0.0' });
    server.registerTool('add', { inputSchema: { a: z.number(), b: z.number() } }, ({ a, b }) => ({
        content: [{ type: 'text', text: String(a + b) }]
    }));
    return server;
}

const redis = new Redis(process.env.REDIS_URL ?? 'redis://127.0.0.1:6379');
const sessions = createSessionHandler(() => buildServer(), { backend: createRedisBackend({ redis }) });
const statelessServer = process.env.STATELESS_URL ?? 'http://127.0.0.1:3001/mcp';

// #region route
const server = createServer((req, res) => {
    const { 'mcp-protocol-version': version } = req.headers;
    // Versions are dates, and a client without sessions names its own on each request.
    if (typeof version === 'string' && version >= '2026-07-28') {
        passOn(req, res, statelessServer);
    } else {
        void sessions.node(req, res);
    }
});
// #endregion route

/** A small reverse proxy. */
function passOn(req: IncomingMessage, res: ServerResponse, url: string): void {
    const { host } = new URL(url);
    const onward = request(url, { method: req.method, headers: { ...req.headers, host } }, answer => {
        res.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(res);
    });
    onward.on('error', () => (res.headersSent ? res.destroy() : res.writeHead(502).end()));
    res.on('close', () => onward.destroy());
    req.pipe(onward);
}

server.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => console.log(JSON.stringify(server.address())));
shutdownOnSignals(sessions, { server, onclose: () => redis.quit() });
