// A node: a server of the clone, in external mode, on this project's Redis store. The clone's own page on scaling shows the routing.

import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { RedisSessionStore } from '@mcp-sessions/redis';
import { Redis } from 'ioredis';
import { buildServer } from './tools.mjs';

const { McpServer } = await import(process.env.SERVER_MODULE);
const { [process.env.TRANSPORT_CLASS]: Transport } = await import(process.env.TRANSPORT_MODULE);

// Without a queue, a Redis that is away makes a command fail at once.
const redis = new Redis(process.env.REDIS_URL, { enableOfflineQueue: false, maxRetriesPerRequest: 0, retryStrategy: () => 50 });
redis.on('error', () => undefined);
await new Promise(resolve => redis.once('ready', resolve));
const sessionStore = new RedisSessionStore({ redis, keyPrefix: 'mcp:onTop:', ttlSeconds: 60 });
const transports = new Map();

async function route(req, res) {
    const sessionId = req.headers['mcp-session-id'];
    const known = transports.get(sessionId);
    if (known) return known.handleRequest(req, res);
    const transport = new Transport({
        sessionIdGenerator: () => randomUUID(),
        sessionStorageMode: 'external',
        sessionStore,
        onsessioninitialized: id => void transports.set(id, transport)
    });
    if (sessionId !== undefined) transports.set(sessionId, transport);
    transport.onclose = () => transports.delete(transport.sessionId ?? sessionId);
    await buildServer(McpServer).connect(transport);
    await transport.handleRequest(req, res);
    if (transport.sessionId === undefined) await transport.close();
}

const listener = createServer((req, res) => {
    route(req, res).catch(error => {
        console.error(error);
        res.destroy();
    });
});
listener.listen(Number(process.env.PORT), '127.0.0.1', () => console.log(JSON.stringify(listener.address())));
process.on('SIGTERM', () => process.exit());
