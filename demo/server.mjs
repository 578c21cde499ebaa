// An ordinary server on the SDK's ordinary classes. The demo runs it on the fork and, with --official, on the SDK itself.

import { randomUUID } from 'node:crypto';
import { createMcpExpressApp } from '@modelcontextprotocol/sdk/server/express.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { ElicitResultSchema, SetLevelRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { z } from 'zod';

// The one thing that is new: where sessions live. Without it they live and die with this process.
const backend = process.env.REDIS_URL ? await redisBackend(process.env.REDIS_URL) : {};

async function redisBackend(url) {
    const { createRedisBackend } = await import('@modelcontextprotocol/sdk/server');
    const { Redis } = await import('ioredis');
    return createRedisBackend({ redis: new Redis(url), keyPrefix: 'mcp:demo:', ttlSeconds: 600 });
}

const levels = ['debug', 'info', 'notice', 'warning', 'error', 'critical', 'alert', 'emergency'];

function buildServer() {
    const mcp = new McpServer({ name: 'demo', version: '1.0.0' }, { capabilities: { logging: {} } });
    let threshold = 'debug';
    mcp.server.setRequestHandler(SetLevelRequestSchema, ({ params }) => {
        threshold = params.level;
        return {};
    });
    mcp.registerTool('add', { description: 'Adds two numbers', inputSchema: { a: z.number(), b: z.number() } }, ({ a, b }) => ({
        content: [{ type: 'text', text: String(a + b) }]
    }));
    mcp.registerTool('client', { description: 'What this server knows of its client' }, () => ({
        content: [{ type: 'text', text: JSON.stringify([mcp.server.getClientVersion(), mcp.server.getClientCapabilities()]) }]
    }));
    mcp.registerTool('work', { description: 'Logs one message of each level' }, async extra => {
        for (const level of levels.slice(levels.indexOf(threshold))) {
            await extra.sendNotification({ method: 'notifications/message', params: { level, data: 'working' } });
        }
        return { content: [{ type: 'text', text: 'done' }] };
    });
    mcp.registerTool('ask', { description: 'Asks the user for a colour' }, async extra => {
        const requestedSchema = { type: 'object', properties: { colour: { type: 'string' } } };
        const question = { method: 'elicitation/create', params: { message: 'Which colour?', requestedSchema } };
        const { content } = await extra.sendRequest(question, ElicitResultSchema);
        return { content: [{ type: 'text', text: content.colour }] };
    });
    mcp.registerTool('count', { description: 'Counts aloud', inputSchema: { to: z.number() } }, async ({ to }, extra) => {
        for (let n = 1; n <= to; n++) {
            await extra.sendNotification({ method: 'notifications/message', params: { level: 'emergency', data: n } });
            await new Promise(resolve => setTimeout(resolve, 100));
        }
        return { content: [{ type: 'text', text: `counted to ${to}` }] };
    });
    mcp.registerTool('hang', { description: 'Works until it is cancelled', inputSchema: { name: z.string() } }, async ({ name }, extra) => {
        await extra.sendNotification({ method: 'notifications/message', params: { level: 'emergency', data: name } });
        console.log(`${name} hangs`);
        await new Promise(resolve => extra.signal.addEventListener('abort', resolve));
        console.log(`${name} was aborted`);
        return { content: [] };
    });
    return mcp;
}

const transports = new Map();

const app = createMcpExpressApp();
app.all('/mcp', async (req, res) => {
    const id = req.headers['mcp-session-id'];
    let transport = transports.get(id);
    if (!transport) {
        transport = new StreamableHTTPServerTransport({
            ...backend,
            sessionIdGenerator: () => randomUUID(),
            onsessioninitialized: newId => void transports.set(newId, transport)
        });
        if (id) transports.set(id, transport);
        transport.onclose = () => transports.delete(transport.sessionId);
        await buildServer().connect(transport);
    }
    await transport.handleRequest(req, res, req.body);
    // Of no session that there is: the client was told so. (The SDK itself cannot tell one from one that is being begun.)
    if (transport.isVacant ?? !transport.sessionId) transports.delete(id);
});

const listener = app.listen(Number(process.env.PORT), '127.0.0.1', () => console.log(JSON.stringify(listener.address())));
process.on('SIGTERM', () => process.exit());
