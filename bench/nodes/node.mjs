// One node of a cluster, in a process of its own: the application of a user with a backend that all nodes share.

import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { Redis } from 'ioredis';
import { z } from 'zod';
import { answerParent } from '../process/child.mjs';
import { listen } from '../server/listen.mjs';

const { url, keyPrefix } = JSON.parse(process.argv[2]);
const load = path => import(new URL(path, new URL('../../packages/sdk/dist/esm/', import.meta.url)).href);
const { McpServer } = await load('server/mcp.js');
const { StreamableHTTPServerTransport } = await load('server/streamableHttp.js');
const { createRedisBackend } = await load('server/index.js');

const redis = new Redis(url);
let sent = 0;
const send = redis.sendCommand.bind(redis);
redis.sendCommand = (...args) => {
    sent++;
    return send(...args);
};
// What a run leaves behind in a Redis that is not its own ages out.
const backend = createRedisBackend({ redis, keyPrefix, ttlSeconds: 600, maxEvents: 50_000 });
const transports = new Map();

function buildServer() {
    const server = new McpServer({ name: 'bench', version: '1.0.0' }, { capabilities: { logging: {} } });
    server.registerTool('echo', { inputSchema: { text: z.string() } }, ({ text }) => ({ content: [{ type: 'text', text }] }));
    server.registerTool('ask', {}, async extra => {
        const params = { message: 'Which word?', requestedSchema: { type: 'object', properties: { word: { type: 'string' } } } };
        const { content } = await extra.sendRequest(
            { method: 'elicitation/create', params },
            z.object({ content: z.object({ word: z.string() }) })
        );
        return { content: [{ type: 'text', text: content.word }] };
    });
    server.registerTool('say', { inputSchema: { count: z.number() } }, async ({ count }, extra) => {
        const sent = [];
        for (let n = 1; n <= count; n++) {
            sent.push(extra.sendNotification({ method: 'notifications/message', params: { level: 'info', data: `message number ${n}` } }));
        }
        await Promise.all(sent);
        return { content: [{ type: 'text', text: 'said' }] };
    });
    return server;
}

async function connect(id) {
    const keep = sessionId => void transports.set(sessionId, connected);
    const transport = new StreamableHTTPServerTransport({
        ...backend,
        sessionIdGenerator: () => randomUUID(),
        onsessioninitialized: keep,
        onsessionrestored: keep
    });
    const connected = buildServer()
        .connect(transport)
        .then(() => transport);
    if (id) transports.set(id, connected);
    return connected;
}

const port = await listen(
    createServer((req, res) => {
        const id = req.headers['mcp-session-id'];
        (transports.get(id) ?? connect(id)).then(transport => transport.handleRequest(req, res)).catch(() => res.destroy());
    })
);

answerParent({
    port: () => port,
    /** Lets go of what this node holds, so that the next request is its first. */
    forget: async () => {
        for (const transport of await Promise.all(transports.values())) await transport.close();
        transports.clear();
    },
    commandsSent: () => sent,
    redisUsage: async () => {
        const number = (text, name) => Number(new RegExp(`${name}:(\\S+)`).exec(text)?.[1] ?? NaN);
        const stats = await redis.info('stats');
        const seconds = text => number(text, 'used_cpu_user') + number(text, 'used_cpu_sys');
        return {
            bytes: number(stats, 'total_net_input_bytes') + number(stats, 'total_net_output_bytes'),
            ownBytes: stats.length,
            cpuMicros: seconds(await redis.info('cpu')) * 1e6
        };
    },
    /** Adds sessions that nobody uses, with a record and a log each. */
    fill: async ({ count }) => {
        const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'idle', version: '1.0.0' } };
        const message = { jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data: 'of an idle session' } };
        for (let from = 0; from < count; from += 500) {
            await Promise.all(
                Array.from({ length: Math.min(500, count - from) }, async () => {
                    const sessionId = randomUUID();
                    const now = Date.now();
                    await backend.sessionStore.storeSession(sessionId, {
                        sessionId,
                        initialized: true,
                        createdAt: now,
                        lastActivity: now,
                        schemaVersion: 1,
                        revision: 1,
                        protocolVersion: '2025-11-25',
                        initializeParams: params
                    });
                    await backend.eventLog.append(sessionId, [{ streamId: 'standalone', message }]);
                })
            );
        }
    },
    stop: async () => {
        await backend.close();
        redis.disconnect();
    }
});
