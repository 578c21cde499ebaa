import type { IncomingMessage, ServerResponse } from 'node:http';
import { toError } from '../errors.js';
import type { AuthInfo } from '../jsonrpc/types.js';
import { NodeExchange } from './nodeExchange.js';
import { hasUrl } from './nodeUrl.js';
import { StreamableHttpTransport } from './transport.js';

/** The Streamable HTTP server transport for `node:http`, Express, Fastify and what else hands over its two objects. */
export class NodeStreamableHttpTransport extends StreamableHttpTransport {
    /**
     * Handles one HTTP request. Never rejects; resolves when the answer is complete or the client has gone, which for a
     * GET may be hours later.
     *
     * @param req the request; `req.auth`, where an authentication middleware set it, reaches the message handlers.
     * @param res the response; nothing may have been written to it.
     * @param parsedBody the body, if a middleware such as `express.json()` has read it already.
     */
    handleRequest(req: IncomingMessage & { auth?: AuthInfo }, res: ServerResponse, parsedBody?: unknown): Promise<void> {
        return serveNode(
            req,
            res,
            parsedBody,
            exchange => this.handle(exchange),
            error => this.report(error)
        );
    }
}

/** Has one request of `node:http` answered. Never rejects; resolves when the answer is complete or the client has gone. */
export async function serveNode(
    req: IncomingMessage & { auth?: AuthInfo },
    res: ServerResponse,
    parsedBody: unknown,
    serve: (exchange: NodeExchange) => Promise<void>,
    report?: (error: Error) => void
): Promise<void> {
    const exchange = new NodeExchange(req, res, parsedBody);
    if (!hasUrl(req)) {
        exchange.reply({ status: 400, headers: {}, body: null });
        return;
    }
    try {
        await serve(exchange);
    } catch (error) {
        report?.(toError(error));
        exchange.reply({ status: 500, headers: {}, body: null });
    }
    await exchange.finished;
}
