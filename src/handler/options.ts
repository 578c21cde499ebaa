import type { AuthInfo, RequestInfo } from '../jsonrpc/types.js';
import type { HistoryOptions } from '../history/options.js';
import type { SessionBackend } from '../ports/sessionBackend.js';
import type { StreamableHttpOptions } from '../transport/options.js';
import type { SessionStart, StreamableHttpTransport } from '../transport/transport.js';

/** What a factory learns of the session that it makes a server for. */
export type SessionContext = SessionStart;

/** What the SDK's `McpServer` and `Server` have: all that the handler needs of a server. */
export interface SessionServer {
    connect(transport: StreamableHttpTransport): Promise<void>;
    close?(): Promise<void>;
}

/** Makes the server of one session on one node. What it throws is a 500 for that request, and nothing is left behind. */
export type SessionServerFactory = (session: SessionContext) => SessionServer | Promise<SessionServer>;

/** A backend as the handler takes it: at least a store. Without a log and a bus, streams and questions stay on their node. */
export interface HandlerBackend extends Pick<SessionBackend, 'sessionStore'> {
    readonly eventLog?: SessionBackend['eventLog'] | undefined;
    readonly messageBus?: SessionBackend['messageBus'] | undefined;
    readonly sessionLock?: SessionBackend['sessionLock'] | undefined;
    readonly historyLog?: SessionBackend['historyLog'];
}

/** A request as `authenticate` sees it. */
export interface IncomingRequest extends RequestInfo {
    readonly method: string;
    /** Where the connection comes from: behind a proxy, the proxy. On the fetch API only if it was passed. */
    readonly address: string | undefined;
}

/** Who asks, as `limit` sees it. */
export interface Caller {
    /** As `bind` names it; undefined without authentication. */
    readonly principal: string | undefined;
    /** As in {@link IncomingRequest}. */
    readonly address: string | undefined;
    readonly method: string;
    /** Whether the request names no session, as `initialize` does. The session's id is not told. */
    readonly isNew: boolean;
}

/** True to go on; false, or how long to wait, to answer 429 with `Retry-After`. */
export type LimitVerdict = boolean | { readonly retryAfterSeconds: number };

/**
 * Options of `createSessionHandler`: those of the transports, which each session's transport gets, and its own.
 *
 * Each request passes, in this order: `Host` and `Origin` (`enableDnsRebindingProtection`), `authenticate`, `limit`, and only
 * then anything that reads a body, asks the store or makes a server.
 */
export interface SessionHandlerOptions
    extends Omit<
        StreamableHttpOptions,
        'sessionStorageMode' | 'sessionStore' | 'eventLog' | 'messageBus' | 'sessionLock' | 'historyLog' | 'eventStore'
    > {
    /** Where sessions live. @default memory: they end with the process */
    backend?: HandlerBackend | undefined;

    /**
     * How many sessions this node holds in memory at most, as far as they are idle: the least recently used ones are let go,
     * and recovered from the backend with their next request. One with an open stream, a running call or a pending question is
     * never let go. @default 10000
     */
    maxLocalSessions?: number | undefined;

    /** After how many idle milliseconds a session is let go here; its record stays. @default 300000 */
    localIdleMs?: number | undefined;

    /**
     * Who sends a request that no middleware has authenticated. Null answers 401.
     * @default what is in `req.auth`, or was passed as `authInfo`
     */
    authenticate?: ((request: IncomingRequest) => AuthInfo | null | Promise<AuthInfo | null>) | undefined;

    /** Whether a caller may go on now. What it throws is answered with 500. */
    limit?: ((caller: Caller) => LimitVerdict | Promise<LimitVerdict>) | undefined;

    /**
     * Whether every message of every session is kept in the backend's `historyLog`, or another one, and what of it. Read it with
     * `SessionHandler.history`. @default true where the backend has a `historyLog`, else false
     */
    history?: boolean | HistoryOptions | undefined;

    /**
     * The name under which those who watch the cluster see this node, of 200 characters at most. Handlers on one bus are one node:
     * it has the name of the first that gives one. @default `<host>:<process id>`
     */
    nodeName?: string | undefined;

    /**
     * Whether this node shows itself to who watches the cluster, with the store's rights: fingerprints of its sessions, counts
     * and events, never what is said in them. It hears that somebody does while a call runs or a stream is open here, and a few
     * seconds longer; with `'always'` at any time, for which it listens, or where nodes poll polls, all the time. Of several
     * handlers on one bus, which are one node, one that says false hides it, and else one that says `'always'` has it seen at any
     * time. @default true
     */
    watchable?: boolean | 'always' | undefined;

    /**
     * Called with what went wrong in any session, requests that were refused included; never with an id or a token.
     * @default `logger.warn`, but not of requests that were refused, and of the same thing once in ten seconds
     */
    onerror?: ((error: Error) => void) | undefined;

    /** Gets warnings about the set-up, each once, and without `onerror` what went wrong. @default console */
    logger?: { warn(message: string): void } | undefined;
}
