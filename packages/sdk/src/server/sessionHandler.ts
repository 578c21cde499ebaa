import type { AuthInfo } from '@modelcontextprotocol/sdk/server/auth/types.js';
import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import type { Server } from '@modelcontextprotocol/sdk/server/index.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { RequestInfo } from '@modelcontextprotocol/sdk/types.js';
import { createSessionHandler as createHandler } from '@mcp-sessions/core';
import type { SessionContext, SessionHandler, SessionHandlerOptions as HandlerOptions } from '@mcp-sessions/core';
import { sdkProtocolRules } from './protocolRules.js';
import { observe } from './telemetry.js';

/** Options of {@link createSessionHandler}: those of the transports, which each session's transport gets, and its own. */
export interface SessionHandlerOptions extends Omit<HandlerOptions, 'bind'> {
    /**
     * Whom a session belongs to. Another principal gets the answer of an unknown session. Only a hash of what it returns is
     * stored; undefined stands for "no principal".
     * @default issuer, subject and client id of `authInfo`
     */
    bind?: ((authInfo: AuthInfo | undefined, request: RequestInfo) => string | undefined) | undefined;
}

/** What a framework makes in place of a `Server` of the SDK: all that the handler needs of it. */
interface ServerLike {
    connect(transport: Transport): Promise<void>;
    close?(): Promise<void>;
}

/** Makes the server of one session on one node: a new `McpServer` or `Server` with each call, or what connects like one. */
export type SdkServerFactory = (session: SessionContext) => McpServer | Server | ServerLike | Promise<McpServer | Server | ServerLike>;

/**
 * One handler for all sessions of a server: mount it, and that is all.
 *
 * ```typescript
 * const sessions = createSessionHandler(() => buildServer(), { backend: createRedisBackend({ redis }) });
 * app.all('/mcp', sessions.node);                                // Express and node:http
 * export default { fetch: request => sessions.fetch(request) };  // Hono, Next.js, Bun, Deno, Workers
 * ```
 *
 * It makes a server and a transport for each session on each node that serves it: when the session begins, or with the first
 * request that comes of it here. They are never shared between sessions, are let go when idle (the session's record stays),
 * and end with the session.
 *
 * @param factory called only for a request that has passed all checks. What it throws is a 500 for that request.
 * @param options without a `backend`, sessions are in memory and end with the process.
 * @throws SessionError `CONFIGURATION`, RangeError for options that make no sense.
 */
export function createSessionHandler(factory: SdkServerFactory, options: SessionHandlerOptions = {}): SessionHandler {
    observe(options);
    return createHandler(factory, options as HandlerOptions, sdkProtocolRules);
}
