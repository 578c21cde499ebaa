// One node of the conformance runs, in a process of its own; the environment says how it is set up:
//   SDK=official     the transport of the official package, to see which failures are not ours (it fails on three nodes)
//   REDIS_URL        external mode; without it memory mode, with an event store
//   PROXY_HOST       what clients send as `Host`, when they come through a proxy

import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { InMemoryEventStore } from '@modelcontextprotocol/sdk/examples/shared/inMemoryEventStore.js';
import { StreamableHTTPServerTransport as OfficialTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { Redis } from 'ioredis';
import { createRedisBackend, StreamableHTTPServerTransport } from '@mcp-sessions/sdk/server';
import { buildServer } from './server/everything.js';

const { SDK, REDIS_URL, KEY_PREFIX = 'conformance:', PROXY_HOST, PORT } = process.env;

type AnyTransport = StreamableHTTPServerTransport | OfficialTransport;

const transports = new Map<string, AnyTransport>();
const redis = REDIS_URL ? new Redis(REDIS_URL) : undefined;
const backend = redis && createRedisBackend({ redis, keyPrefix: KEY_PREFIX, ttlSeconds: 600 });

function openTransport(): AnyTransport {
    const keep = (id: string) => void transports.set(id, transport);
    const host = PROXY_HOST ?? `127.0.0.1:${(http.address() as AddressInfo).port}`;
    const options = {
        sessionIdGenerator: randomUUID,
        onsessioninitialized: keep,
        retryInterval: 100,
        enableDnsRebindingProtection: true,
        allowedHosts: [host],
        allowedOrigins: [`http://${host}`]
    };
    const eventStore = new InMemoryEventStore();
    const transport: AnyTransport =
        SDK === 'official'
            ? new OfficialTransport({ ...options, eventStore })
            : new StreamableHTTPServerTransport({ ...options, ...(backend ?? { eventStore }), onsessionrestored: keep });
    transport.onclose = () => {
        for (const [id, kept] of transports) if (kept === transport) transports.delete(id);
    };
    return transport;
}

async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const header = req.headers['mcp-session-id'];
    const id = typeof header === 'string' ? header : undefined;
    let transport = id === undefined ? undefined : transports.get(id);
    if (!transport) {
        // The official transport knows only the sessions that it began itself.
        if (id !== undefined && !backend) {
            res.writeHead(404).end();
            return;
        }
        transport = openTransport();
        // Before anything is awaited, so that requests which come at the same time share one recovery.
        if (id !== undefined) transports.set(id, transport);
        await buildServer().connect(transport);
    }
    await transport.handleRequest(req, res);
    const isVacant = 'isVacant' in transport && transport.isVacant;
    if (id !== undefined && isVacant && transports.get(id) === transport) transports.delete(id);
}

const http = createServer((req, res) => {
    answer(req, res).catch((error: unknown) => {
        console.error('node', error);
        if (!res.headersSent) res.writeHead(500);
        res.end();
    });
});
http.listen(Number(PORT ?? 0), '127.0.0.1', () => console.log(JSON.stringify({ port: (http.address() as AddressInfo).port })));

async function end(): Promise<void> {
    await Promise.all([...transports.values()].map(transport => transport.close()));
    await backend?.close();
    redis?.disconnect();
    process.exit(0);
}
process.once('SIGTERM', () => void end());
