// One node of the conformance runs, in a process of its own; the environment says how it is set up:
//   SERVE=handler    the handler of the fork (the default), with its sessions in Redis if there is a REDIS_URL
//   SERVE=plain      transports of the fork in a map, in memory mode with an event store
//   SERVE=official   transports of the official package likewise, to see which failures are not ours
//   PROXY_HOST       what clients send as `Host`, when they come through a proxy

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { InMemoryEventStore } from '@modelcontextprotocol/sdk/examples/shared/inMemoryEventStore.js';
import { StreamableHTTPServerTransport as OfficialTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { Redis } from 'ioredis';
import { createRedisBackend, createSessionHandler, StreamableHTTPServerTransport } from '@mcp-sessions/sdk/server';
import { buildServer } from './server/everything.js';
import { keptInMap } from './transports.js';

const { SERVE = 'handler', REDIS_URL, KEY_PREFIX = 'conformance:', PROXY_HOST, PORT } = process.env;

interface Sessions {
    serve(req: IncomingMessage, res: ServerResponse): Promise<void>;
    close(): Promise<void>;
}

function openSessions(host: string): Sessions {
    const options = {
        retryInterval: 100,
        enableDnsRebindingProtection: true,
        allowedHosts: [host],
        allowedOrigins: [`http://${host}`]
    };
    if (SERVE !== 'handler') {
        return keptInMap(SERVE === 'official' ? OfficialTransport : StreamableHTTPServerTransport, {
            ...options,
            eventStore: new InMemoryEventStore()
        });
    }
    const redis = REDIS_URL ? new Redis(REDIS_URL) : undefined;
    const backend = redis && createRedisBackend({ redis, keyPrefix: KEY_PREFIX, ttlSeconds: 600 });
    const handler = createSessionHandler(() => buildServer(), { ...options, ...(backend && { backend }) });
    return {
        serve: (req, res) => handler.node(req, res),
        async close() {
            await handler.close();
            await backend?.close();
            redis?.disconnect();
        }
    };
}

let sessions: Sessions;
const http = createServer((req, res) => {
    sessions.serve(req, res).catch((error: unknown) => {
        console.error('node', error);
        if (!res.headersSent) res.writeHead(500);
        res.end();
    });
});
http.listen(Number(PORT ?? 0), '127.0.0.1', () => {
    const { port } = http.address() as AddressInfo;
    sessions = openSessions(PROXY_HOST ?? `127.0.0.1:${port}`);
    console.log(JSON.stringify({ port }));
});

process.once('SIGTERM', () => void sessions.close().then(() => process.exit(0)));
