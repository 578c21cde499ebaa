import { randomUUID } from 'node:crypto';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { isInitializeRequest } from '@modelcontextprotocol/sdk/types.js';
import { createRedisBackend, StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server';
import express, { type Request, type Response } from 'express';
import { Redis } from 'ioredis';
import { z } from 'zod';

function buildServer(): McpServer {
    const server = new McpServer({ name: 'plain-transports', version: '1.0.0' });
    server.registerTool('add', { inputSchema: { a: z.number(), b: z.number() } }, ({ a, b }) => ({
        content: [{ type: 'text', text: String(a + b) }]
    }));
    return server;
}

// #region mount
const redis = new Redis(process.env.REDIS_URL ?? 'redis://127.0.0.1:6379');
const backend = createRedisBackend({ redis, ttlSeconds: 3600 });
const transports = new Map<string, Promise<StreamableHTTPServerTransport>>();

async function mcp(req: Request, res: Response): Promise<void> {
    const sessionId = isInitializeRequest(req.body) ? undefined : req.get('mcp-session-id');
    const held = (sessionId && transports.get(sessionId)) || connect(sessionId);
    const transport = await held;
    await transport.handleRequest(req, res, req.body);
    if (sessionId && transport.isVacant && transports.get(sessionId) === held) {
        transports.delete(sessionId); // there is no such session: the client was told so
    }
}

/** A server and a transport for one session: a new one, or one that another node began. */
function connect(sessionId?: string): Promise<StreamableHTTPServerTransport> {
    const transport = new StreamableHTTPServerTransport({
        sessionIdGenerator: () => randomUUID(),
        ...backend,
        onsessioninitialized: id => void transports.set(id, connected),
        onsessionrestored: id => void transports.set(id, connected)
    });
    transport.onclose = () => transports.delete(transport.sessionId ?? '');
    const connected = buildServer()
        .connect(transport)
        .then(() => transport);
    if (sessionId) {
        transports.set(sessionId, connected); // before anything is awaited: requests that come at once share it
    }
    return connected;
}

const app = express();
app.all('/mcp', express.json(), mcp);
// #endregion mount
const server = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => console.log(server.address()));
