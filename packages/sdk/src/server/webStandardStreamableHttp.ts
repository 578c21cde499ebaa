import type { AuthInfo } from '@modelcontextprotocol/sdk/server/auth/types.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { JSONRPCMessage, RequestInfo } from '@modelcontextprotocol/sdk/types.js';
import { WebStreamableHttpTransport } from '@mcp-sessions/core';
import type { EventId, ProtocolRules, StreamId, StreamableHttpOptions } from '@mcp-sessions/core';
import { sdkProtocolRules } from './protocolRules.js';
import type { StreamableHttpServerTransport } from './serverTransport.js';
import { observe } from './telemetry.js';

export type { EventId, StreamId };

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
        { send }: { send: (eventId: EventId, message: JSONRPCMessage) => Promise<void> }
    ): Promise<StreamId>;
}

/** Options of {@link WebStandardStreamableHTTPServerTransport}: those of the official SDK, and those of external mode. */
export interface WebStandardStreamableHTTPServerTransportOptions extends Omit<StreamableHttpOptions, 'eventStore' | 'bind'> {
    /** Makes streams resumable. In external mode its streams carry a tag of the session, so one store may serve many. */
    eventStore?: EventStore | undefined;

    /**
     * Whom a session belongs to (external mode). Another principal gets the answer of an unknown session. Only a hash of
     * what it returns is stored; undefined stands for "no principal".
     * @default issuer, subject and client id of `authInfo`
     */
    bind?: ((authInfo: AuthInfo | undefined, request: RequestInfo) => string | undefined) | undefined;
}

/** What may accompany a request. */
export interface HandleRequestOptions {
    /** The body, if a middleware has parsed it already. It is used instead of the request's own. */
    parsedBody?: unknown;

    /** Who is asking, as the authentication middleware found. Message handlers get it as `extra.authInfo`. */
    authInfo?: AuthInfo | undefined;
}

/** {@link WebStreamableHttpTransport} in the SDK's own types. */
export interface WebStandardServerTransport extends StreamableHttpServerTransport {
    /** The session that this transport serves; undefined before `initialize`, and always in stateless mode. */
    sessionId?: string | undefined;

    /** Answers one HTTP request: POST, GET or DELETE. The response of a POST or a GET may be an open event stream. */
    handleRequest(req: Request, options?: HandleRequestOptions): Promise<Response>;
}

const TypedTransport = WebStreamableHttpTransport as new (
    options: WebStandardStreamableHTTPServerTransportOptions,
    rules: ProtocolRules
) => WebStandardServerTransport;

/**
 * The MCP Streamable HTTP transport on `Request` and `Response`, for Hono, Next.js, Bun, Deno and Workers.
 * For Express and `node:http` use `StreamableHTTPServerTransport`.
 *
 * One transport serves one session; without a `sessionIdGenerator` it serves one request.
 *
 * ```typescript
 * // the session lives and dies with this transport
 * new WebStandardStreamableHTTPServerTransport({ sessionIdGenerator: () => crypto.randomUUID() });
 *
 * // the session lives in the store, and any node serves it
 * new WebStandardStreamableHTTPServerTransport({ sessionIdGenerator: () => crypto.randomUUID(), sessionStore });
 *
 * // no session
 * new WebStandardStreamableHTTPServerTransport({ sessionIdGenerator: undefined });
 *
 * app.all('/mcp', c => transport.handleRequest(c.req.raw));
 * ```
 */
export class WebStandardStreamableHTTPServerTransport extends TypedTransport implements Transport {
    constructor(options: WebStandardStreamableHTTPServerTransportOptions = {}) {
        observe(options);
        super(options, sdkProtocolRules);
    }
}
