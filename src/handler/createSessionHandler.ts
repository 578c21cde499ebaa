import type { HistoryEntry } from '../history/entry.js';
import type { ReadHistoryOptions } from '../history/readHistory.js';
import type { ListOptions, SessionData, SessionPage } from '../ports/sessionStore.js';
import { requireNotNegative } from '../positiveOptions.js';
import type { ProtocolRules } from '../protocolRules.js';
import { serveNode } from '../transport/nodeTransport.js';
import { WebExchange } from '../transport/webExchange.js';
import type { HandleRequestOptions } from '../transport/options.js';
import { asHttp1, parsedBodyOf, type NodeRequest, type NodeResponse } from './nodeRequest.js';
import type { ClusterNotifications } from './notify.js';
import type { SessionHandlerOptions, SessionServerFactory } from './options.js';
import { SessionRouter, type HandlerHealth } from './sessionRouter.js';

/** What may accompany a request on the fetch API. */
export interface FetchOptions extends HandleRequestOptions {
    /** Where the connection comes from, for `limit` and `authenticate`. */
    address?: string | undefined;

    /**
     * Keeps the process alive until a promise is settled, where it may otherwise be stopped as soon as the answer has ended:
     * `waitUntil` of `@vercel/functions`, `after` of Next.js. It is given what outlives an answer: a call whose stream has
     * ended before it (`closeSSEStream`, or its client has gone on at another node) runs until its result can be fetched, or
     * as long as the platform permits. The promise never rejects.
     */
    waitUntil?: ((work: Promise<unknown>) => void) | undefined;
}

/** What {@link createSessionHandler} returns. Its methods need no `this`. */
export interface SessionHandler {
    /**
     * Answers one request of `node:http`, `node:http2`, Express, Fastify. Never rejects; resolves when the answer is complete or the client
     * has gone, which for a GET may be hours later.
     *
     * @param req `req.auth`, where a middleware such as `requireBearerAuth` set it, says who asks.
     * @param res nothing may have been written to it.
     * @param parsedBody the body, where something has parsed it already; by default `req.body`, as `express.json()` leaves it.
     * A function is no body: routers such as Express pass their `next` here, which is not called.
     */
    node(req: NodeRequest, res: NodeResponse, parsedBody?: unknown): Promise<void>;

    /** Answers one request of the fetch API: Hono, Next.js, Bun, Deno, Cloudflare Workers. Never rejects. */
    fetch(request: Request, options?: FetchOptions | null): Promise<Response>;

    /** Notifications to the clients of the whole cluster. */
    readonly notify: ClusterNotifications;

    /** The sessions that there are, page by page. Rejects with `CONFIGURATION` for a store without `listSessions`. */
    list(page?: ListOptions): Promise<SessionPage>;

    /** The record of a session, or null. Does not extend its life. */
    get(sessionId: string): Promise<SessionData | null>;

    /** Ends a session on all nodes, as a DELETE does, without `onsessionclosed`. False when there was none. */
    end(sessionId: string): Promise<boolean>;

    /**
     * Ends every session of a principal, as `bind` names it, for example when its account is closed; returns how many. Looks
     * through all sessions. One that is opened meanwhile may be missed: have the authentication refuse the principal first.
     */
    endSessionsOf(principal: string): Promise<number>;

    /**
     * What was said in a session, where that is kept (`history`): see `readHistory`. For operators; nothing of it is served over
     * HTTP. It is there until its retention is over, also when the session has ended.
     *
     * @throws SessionError `CONFIGURATION` where there is no history.
     */
    history(sessionId: string, options?: ReadHistoryOptions): AsyncGenerator<HistoryEntry, void, undefined>;

    /** How many sessions this node holds in memory. */
    readonly localSessions: number;

    /** False from `drain` on: for a readiness probe, so that the load balancer sends no more. */
    readonly isReady: boolean;

    /** Asks the store for a sign of life, within `storeTimeoutMs`. Never rejects. */
    health(): Promise<HandlerHealth>;

    /**
     * This node is about to go. GET streams end with a hint to come back, and each new one at once; requests are still served,
     * on connections that close after them; resolves when no call runs any more, or after `graceMs` milliseconds.
     * @default graceMs 10000
     */
    drain(options?: { graceMs?: number }): Promise<void>;

    /**
     * Lets all sessions of this node go; their records stay. Calls that still run are cut off here. Later requests get 503.
     * A backend that was given stays open. May be called twice.
     */
    close(): Promise<void>;
}

const defaultGraceMs = 10_000;

/**
 * One handler for all sessions of a server: mount it, and that is all.
 *
 * ```ts
 * const sessions = createSessionHandler(() => buildServer(), { backend: createRedisBackend({ redis }) });
 * app.all('/mcp', sessions.node);
 * ```
 *
 * It makes a server and a transport for each session on each node that serves it: when the session begins, or with the first
 * request that comes of it here. They are never shared between sessions, are let go when idle (the session's record stays),
 * and end with the session.
 *
 * @param factory makes the server of one session. It is called only for a request that has passed all checks.
 * @param options without a `backend`, sessions are in memory and end with the process.
 * @throws SessionError `CONFIGURATION`, RangeError for options that make no sense.
 */
export function createSessionHandler(
    factory: SessionServerFactory,
    options: SessionHandlerOptions = {},
    rules?: ProtocolRules
): SessionHandler {
    const router = new SessionRouter(factory, options, rules);
    const { notifier, operators } = router;
    return {
        node: (req, res, third) => {
            const [request, response] = asHttp1(req, res);
            return serveNode(request, response, parsedBodyOf(req, third), exchange => {
                // A client that keeps its connection would stay on this node.
                if (!router.isReady && response.shouldKeepAlive) {
                    response.shouldKeepAlive = false;
                    exchange.isLast = true;
                }
                return router.serve(exchange);
            });
        },
        fetch: async (request, fetchOptions) => {
            const exchange = new WebExchange(request, router.outliving(fetchOptions ?? {}));
            await router.serve(exchange);
            return exchange.response;
        },
        notify: notifier,
        list: async page => operators.list(page),
        get: sessionId => operators.get(sessionId),
        end: sessionId => operators.end(sessionId),
        endSessionsOf: principal => operators.endSessionsOf(principal),
        history: (sessionId, historyOptions) => operators.history(sessionId, historyOptions),
        get localSessions() {
            return router.localSessions;
        },
        get isReady() {
            return router.isReady;
        },
        health: () => router.health(),
        drain: async ({ graceMs = defaultGraceMs } = {}) => router.drain(requireNotNegative(graceMs, 'graceMs')),
        close: () => router.close()
    };
}
