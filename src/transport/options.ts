import type { AuthInfo, JSONRPCMessage, RequestInfo } from '../jsonrpc/types.js';
import type { HistoryOptions } from '../history/options.js';
import type { EventLog } from '../ports/eventLog.js';
import type { MessageBus } from '../ports/messageBus.js';
import type { SessionLock } from '../ports/sessionLock.js';
import type { SessionStore } from '../ports/sessionStore.js';

/** Names one stream of one session inside an {@link EventStore}. */
export type StreamId = string;

/** A position in a stream, as the client returns it in `Last-Event-ID`. */
export type EventId = string;

/** Keeps what was sent, so that a client whose connection broke can go on with `Last-Event-ID`. */
export interface EventStore {
    /** Stores a message of a stream and returns the id of the event. */
    storeEvent(streamId: StreamId, message: JSONRPCMessage): Promise<EventId>;

    /**
     * The stream that an event belongs to, or undefined for an event that is not known.
     * Optional: without it the stream is known only after the replay.
     */
    getStreamIdForEventId?(eventId: EventId): Promise<StreamId | undefined>;

    /** Calls `send` for every later event of the same stream, in order, and returns that stream's id. */
    replayEventsAfter(
        lastEventId: EventId,
        replay: { send: (eventId: EventId, message: JSONRPCMessage) => Promise<void> }
    ): Promise<StreamId>;
}

/** Where a transport keeps what it knows of its session. */
export type SessionStorageMode = 'memory' | 'external';

/** Options of both Streamable HTTP server transports. */
export interface StreamableHttpOptions {
    /**
     * Makes the id of a new session. It must be unique and hard to guess, for example `() => randomUUID()`: 1 to 1024
     * visible ASCII characters (0x21 to 0x7E); any other value fails `initialize` with 500 in external mode.
     *
     * Left out or undefined, there are no sessions (stateless): one transport per request.
     */
    sessionIdGenerator?: (() => string) | undefined;

    /**
     * Called when `initialize` opened a session, before the client gets its answer. In external mode the record is
     * stored by then. When it throws, the client is answered 500 and no session is left behind.
     */
    onsessioninitialized?: ((sessionId: string) => void | Promise<void>) | undefined;

    /** Called when a DELETE ended the session, on the node that took it. Not called when a transport closes. */
    onsessionclosed?: ((sessionId: string) => void | Promise<void>) | undefined;

    /** Called when this transport took over a session that another node, or an earlier process, began. */
    onsessionrestored?: ((sessionId: string) => void | Promise<void>) | undefined;

    /** Answer a POST with one JSON body instead of an event stream. @default false */
    enableJsonResponse?: boolean | undefined;

    /**
     * Makes streams resumable, on this node. In external mode its streams carry a tag of the session, so one store may
     * serve many sessions; it cannot be had together with {@link eventLog}, which makes them resumable on every node.
     */
    eventStore?: EventStore | undefined;

    /** Values of `Host` that are let in. Works with {@link enableDnsRebindingProtection} only. */
    allowedHosts?: string[] | undefined;

    /** Values of `Origin` that are let in. Works with {@link enableDnsRebindingProtection} only. */
    allowedOrigins?: string[] | undefined;

    /** Check `Host` and `Origin`. @default false */
    enableDnsRebindingProtection?: boolean | undefined;

    /** Milliseconds after which a client should reconnect: the `retry` field of priming events. */
    retryInterval?: number | undefined;

    /** Milliseconds between keep-alive comments on an open stream; below 1 there are none. @default 15000 */
    keepAliveMs?: number | undefined;

    /** Largest request body in bytes; a larger one is answered 413. Not applied to a `parsedBody`. @default 4194304 */
    maxRequestBodySize?: number | undefined;

    /**
     * Bytes that may wait for a reader that does not read. When a stream has more than this waiting and another message
     * comes, its connection is closed. @default 4194304
     */
    maxBufferedBytes?: number | undefined;

    /**
     * `'external'`: the session lives in {@link sessionStore} and any node serves it. `'memory'`: it lives and dies with
     * this transport. @default 'external' with a `sessionStore`, else 'memory'
     */
    sessionStorageMode?: SessionStorageMode | undefined;

    /** Where sessions live in external mode. */
    sessionStore?: SessionStore | undefined;

    /**
     * What the session's streams carry, so that any node can go on with a stream that another began (external mode).
     * Needs {@link messageBus}. Spread a backend to get all that belongs together: `...createRedisBackend({ redis })`.
     */
    eventLog?: EventLog | undefined;

    /** How the nodes that serve a session reach each other (external mode). All transports of a process share one. */
    messageBus?: MessageBus | undefined;

    /**
     * Where the session's messages are kept for good, under bounds of its own (external mode). A backend that was made with
     * `history` brings it along.
     */
    historyLog?: EventLog | undefined;

    /**
     * Whether every message of the session is kept in the {@link historyLog}, and what of it. Read it with `readHistory`.
     * @default true with a `historyLog`, else false
     */
    history?: boolean | HistoryOptions | undefined;

    /** Locks that all nodes share: what `sessionState(extra).withLock` takes (external mode). */
    sessionLock?: SessionLock | undefined;

    /**
     * What a GET does that finds the session's standalone stream open, on any node: `'takeover'` ends the older one, which
     * mostly is one that broke unnoticed; `'reject'` answers 409. With an {@link eventLog}; without, 409 on the same node.
     * @default 'takeover'
     */
    standaloneStream?: 'takeover' | 'reject' | undefined;

    /**
     * Milliseconds for which a node trusts its copy of a session before it asks the store again; 0 asks on every request.
     * A DELETE on another node is noticed within this time. @default 1000
     */
    revalidateMs?: number | undefined;

    /** Milliseconds that one call of the store may take before the client is answered 503. @default 1000 */
    storeTimeoutMs?: number | undefined;

    /** Largest session record in bytes of JSON; an `initialize` that would need more is answered 413. @default 262144 */
    maxRecordBytes?: number | undefined;

    /**
     * How much tools may keep of one session (`sessionState`), in bytes of JSON. In external mode it is a part of the record,
     * and counts for {@link maxRecordBytes}, too. @default 65536
     */
    maxStateBytes?: number | undefined;

    /**
     * Largest message that is kept in the {@link eventLog}, in bytes of JSON; the log may have a lower bound of its own. A
     * larger one is sent where its stream is open on this node. A client that comes back for a larger result is given an
     * error in its place. @default 4194304
     */
    maxEventBytes?: number | undefined;

    /**
     * Whom a session belongs to (external mode). Another principal gets the answer of an unknown session. Only a hash of
     * what it returns is stored; undefined stands for "no principal".
     * @default issuer, subject and client id of `authInfo`
     */
    bind?: ((authInfo: AuthInfo | undefined, request: RequestInfo) => string | undefined) | undefined;

    /**
     * False: this transport's requests are in no span and no metric. Otherwise they are as soon as the process is instrumented:
     * the fork does so by itself where `@opentelemetry/api` is installed, and else `instrumentSessions` of
     * `@mcp-sessions/opentelemetry`.
     */
    telemetry?: false | undefined;
}

/** What may accompany a request on the fetch shell. */
export interface HandleRequestOptions {
    /** The body, if a middleware has parsed it already. */
    parsedBody?: unknown;
    /** Who is asking, as the authentication middleware found. */
    authInfo?: AuthInfo | undefined;
}
