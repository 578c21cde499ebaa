import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { EventStore, StreamableHTTPServerTransport as OfficialTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type { StreamableHTTPServerTransport } from '@mcp-sessions/sdk/server';
import { buildServer } from './server/everything.js';

interface Options {
    retryInterval: number;
    enableDnsRebindingProtection: boolean;
    allowedHosts: string[];
    allowedOrigins: string[];
    eventStore: EventStore;
}

type AnyTransport = StreamableHTTPServerTransport | OfficialTransport;

/** A transport per session, in a map, as applications without the handler have them. Without recovery: the sessions are this node's. */
export function keptInMap(Transport: typeof OfficialTransport | typeof StreamableHTTPServerTransport, options: Options) {
    const transports = new Map<string, AnyTransport>();

    async function openTransport(): Promise<AnyTransport> {
        const transport: AnyTransport = new Transport({
            ...options,
            sessionIdGenerator: randomUUID,
            onsessioninitialized: id => void transports.set(id, transport)
        });
        transport.onclose = () => void (transport.sessionId !== undefined && transports.delete(transport.sessionId));
        await buildServer().connect(transport);
        return transport;
    }

    return {
        async serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
            const id = req.headers['mcp-session-id'];
            const transport = id === undefined ? await openTransport() : transports.get(String(id));
            if (transport) await transport.handleRequest(req, res);
            else res.writeHead(404).end();
        },
        async close(): Promise<void> {
            await Promise.all([...transports.values()].map(transport => transport.close()));
        }
    };
}
