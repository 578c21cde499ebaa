import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AuthInfo } from '@modelcontextprotocol/sdk/server/auth/types.js';
import {
    StreamableHTTPServerTransport,
    type EventLog,
    type MessageBus,
    type SessionStore,
    type StreamableHTTPServerTransportOptions
} from '@mcp-sessions/sdk/server';
import { openEventStore } from './eventStore.js';
import { Happenings } from './happenings.js';
import type { SentRecorder } from './sentRecorder.js';
import { buildServer } from './server.js';

export interface AppOptions {
    nodeName: string;
    store: SessionStore;
    /** Given together. */
    eventLog?: EventLog;
    messageBus?: MessageBus;
    /** More options of the transport. */
    transportOptions?: StreamableHTTPServerTransportOptions;
    /** Notes what the servers send, and gives them the tool `play`. */
    recorder?: SentRecorder;
    sessionIdGenerator?: () => string;
    revalidateMs?: number;
    isResumable?: boolean;
    allowedHosts?: string[];
    onerror?: (error: Error) => void;
}

/** What happened in one app. */
export interface Seen {
    servers: number;
    initialized: number;
    begun: number;
    restored: number;
    closed: number;
    transports: number;
    errors: string[];
    /** Calls of the tool `hang` that have begun, and those that were aborted, by name. */
    hanging: string[];
    aborted: string[];
    /** Progress that clients reported on questions, in order. */
    progress: number[];
}

/** The server of the tests: one MCP server and one transport of the fork per session, kept in a map. */
export function openApp(options: AppOptions) {
    const {
        nodeName,
        store,
        eventLog,
        messageBus,
        recorder,
        sessionIdGenerator = randomUUID,
        revalidateMs,
        allowedHosts,
        onerror
    } = options;
    const eventStore = options.isResumable ? openEventStore() : undefined;
    const transports = new Map<string, StreamableHTTPServerTransport>();
    const happenings = new Happenings();
    const counts = { servers: 0, initialized: 0, begun: 0, restored: 0, closed: 0, errors: [] as string[] };

    function openTransport(): StreamableHTTPServerTransport {
        const transport: StreamableHTTPServerTransport = new StreamableHTTPServerTransport({
            sessionIdGenerator,
            sessionStore: store,
            eventLog,
            messageBus,
            eventStore,
            revalidateMs,
            ...options.transportOptions,
            ...(allowedHosts && { enableDnsRebindingProtection: true, allowedHosts }),
            onsessioninitialized: id => {
                counts.begun++;
                transports.set(id, transport);
            },
            onsessionrestored: id => {
                counts.restored++;
                transports.set(id, transport);
            },
            onsessionclosed: () => void counts.closed++
        });
        transport.onclose = () => {
            for (const [id, kept] of transports) if (kept === transport) transports.delete(id);
        };
        transport.onerror = error => {
            counts.errors.push(error.message);
            onerror?.(error);
        };
        recorder?.watch(transport);
        return transport;
    }

    async function mcp(req: IncomingMessage & { auth?: AuthInfo }, res: ServerResponse): Promise<void> {
        // Stands for a token verifier: `Bearer token7-of-alice` is one of Alice's tokens.
        const [, token, user] = /^Bearer (\w+-of-(\w+))$/.exec(req.headers.authorization ?? '') ?? [];
        if (token && user) req.auth = { token, clientId: user, scopes: [] };

        const header = req.headers['mcp-session-id'];
        const id = typeof header === 'string' ? header : undefined;
        let transport = id === undefined ? undefined : transports.get(id);
        if (!transport) {
            transport = openTransport();
            // Before anything is awaited, so that requests which come at the same time share one recovery.
            if (id !== undefined) transports.set(id, transport);
            counts.servers++;
            const server = buildServer(nodeName, happenings, recorder);
            server.server.oninitialized = () => void counts.initialized++;
            await server.connect(transport);
        }
        await transport.handleRequest(req, res);
        // Nobody's session: the request was refused. It is not closed, because others may be on their way through it.
        if (id !== undefined && transport.isVacant && transports.get(id) === transport) transports.delete(id);
    }

    /** Closes what this process holds of sessions, as an eviction or a shutdown does. */
    async function closeTransports(): Promise<void> {
        await Promise.all([...transports.values()].map(transport => transport.close()));
    }

    const seen = (): Seen => ({ ...counts, ...happenings, transports: transports.size });

    async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
        if (req.url === '/mcp') return mcp(req, res);
        if (req.url === '/close-transports') await closeTransports();
        res.setHeader('content-type', 'application/json').end(JSON.stringify(seen()));
    }

    const http: Server = createServer((req, res) => {
        answer(req, res).catch((error: unknown) => {
            console.error('node', error);
            if (!res.headersSent) res.writeHead(500);
            res.end();
        });
    });
    return { http, seen, closeTransports };
}
