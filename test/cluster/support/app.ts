import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AuthInfo } from '@modelcontextprotocol/sdk/server/auth/types.js';
import type {
    EventLog,
    MessageBus,
    SessionHandler,
    SessionLock,
    SessionStore,
    StreamableHTTPServerTransportOptions
} from '@mcp-sessions/sdk/server';
import { Happenings } from './happenings.js';
import { handledSessions } from './handledSessions.js';
import { plainSessions } from './plainSessions.js';
import type { SentRecorder } from './sentRecorder.js';

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
    /** Gives each transport an event store of the base's kind; only where transports are plain. */
    isResumable?: boolean;
    /** Keep transports in a map, as applications without the handler do. */
    isPlain?: boolean;
    sessionLock?: SessionLock;
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

/** How often something happened. */
export interface Counts {
    servers: number;
    initialized: number;
    begun: number;
    restored: number;
    closed: number;
    errors: string[];
}

/** What serves the sessions of an app. */
export interface AppSessions {
    /** How many it holds. */
    readonly size: number;
    /** Present where they are the handler's. */
    readonly handler?: SessionHandler;
    serve(req: IncomingMessage & { auth?: AuthInfo }, res: ServerResponse): Promise<void>;
    /** Closes what this process holds of sessions, as an eviction or a shutdown does. */
    close(): Promise<void>;
}

/** The server of the tests, on the handler of the fork or on plain transports. */
export function openApp(options: AppOptions) {
    const happenings = new Happenings();
    const counts: Counts = { servers: 0, initialized: 0, begun: 0, restored: 0, closed: 0, errors: [] };
    const isPlain = options.isPlain || options.isResumable || process.env['PLAIN_TRANSPORTS'] === '1';
    const sessions = (isPlain ? plainSessions : handledSessions)(options, counts, happenings);

    const closeTransports = (): Promise<void> => sessions.close();
    const seen = (): Seen => ({ ...counts, ...happenings, transports: sessions.size });

    async function answer(req: IncomingMessage & { auth?: AuthInfo }, res: ServerResponse): Promise<void> {
        if (req.url === '/mcp') {
            // Stands for a token verifier: `Bearer token7-of-alice` is one of Alice's tokens.
            const [, token, user] = /^Bearer (\w+-of-(\w+))$/.exec(req.headers.authorization ?? '') ?? [];
            if (token && user) req.auth = { token, clientId: user, scopes: [] };
            return sessions.serve(req, res);
        }
        if (req.url === '/close-transports') await closeTransports();
        const [, notice] = /^\/notify\/(\w+)/.exec(req.url ?? '') ?? [];
        if (notice === 'tools') await sessions.handler?.notify.toolsChanged();
        if (notice === 'resource') await sessions.handler?.notify.resourceUpdated('note://one');
        res.setHeader('content-type', 'application/json').end(JSON.stringify(seen()));
    }

    const http: Server = createServer((req, res) => {
        answer(req, res).catch((error: unknown) => {
            console.error('node', error);
            if (!res.headersSent) res.writeHead(500);
            res.end();
        });
    });
    return { http, seen, closeTransports, handler: sessions.handler };
}
