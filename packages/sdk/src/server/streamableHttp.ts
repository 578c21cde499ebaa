import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AuthInfo } from '@modelcontextprotocol/sdk/server/auth/types.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { NodeStreamableHttpTransport } from '@mcp-sessions/core';
import type { ProtocolRules } from '@mcp-sessions/core';
import { sdkProtocolRules } from './protocolRules.js';
import type { StreamableHttpServerTransport } from './serverTransport.js';
import { observe } from './telemetry.js';
import type { EventId, EventStore, StreamId, WebStandardStreamableHTTPServerTransportOptions } from './webStandardStreamableHttp.js';

export type { EventId, EventStore, StreamId };

/** Options of {@link StreamableHTTPServerTransport}: the same as on the fetch API. */
export type StreamableHTTPServerTransportOptions = WebStandardStreamableHTTPServerTransportOptions;

/** {@link NodeStreamableHttpTransport} in the SDK's own types. */
export interface NodeServerTransport extends StreamableHttpServerTransport {
    /** The session that this transport serves; undefined before `initialize`, and always in stateless mode. */
    readonly sessionId: string | undefined;

    /**
     * Answers one HTTP request: POST, GET or DELETE. Never rejects; resolves when the answer is complete or the client has
     * gone, which for a GET may be hours later.
     *
     * @param req `auth` is what an authentication middleware put there; message handlers get it as `extra.authInfo`
     * @param res nothing may have been written to it
     * @param parsedBody the body, if a middleware such as `express.json()` has read it already
     */
    handleRequest(req: IncomingMessage & { auth?: AuthInfo }, res: ServerResponse, parsedBody?: unknown): Promise<void>;
}

const TypedTransport = NodeStreamableHttpTransport as new (
    options: StreamableHTTPServerTransportOptions,
    rules: ProtocolRules
) => NodeServerTransport;

/**
 * The MCP Streamable HTTP transport on `node:http`, for Express, Fastify and plain Node servers.
 * For the fetch API use `WebStandardStreamableHTTPServerTransport`.
 *
 * One transport serves one session; without a `sessionIdGenerator` it serves one request.
 *
 * ```typescript
 * // the session lives and dies with this transport
 * new StreamableHTTPServerTransport({ sessionIdGenerator: () => randomUUID() });
 *
 * // the session lives in the store, and any node serves it
 * new StreamableHTTPServerTransport({ sessionIdGenerator: () => randomUUID(), sessionStore: new RedisSessionStore({ redis }) });
 *
 * // no session
 * new StreamableHTTPServerTransport({ sessionIdGenerator: undefined });
 *
 * app.all('/mcp', (req, res) => transport.handleRequest(req, res, req.body));
 * ```
 */
export class StreamableHTTPServerTransport extends TypedTransport implements Transport {
    constructor(options: StreamableHTTPServerTransportOptions = {}) {
        observe(options);
        super(options, sdkProtocolRules);
    }
}
