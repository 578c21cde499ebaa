import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import type { AuthInfo } from '../jsonrpc/types.js';

/** A request of `node:http` or `node:http2`, as frameworks hand it on. */
export type NodeRequest = (IncomingMessage | Http2ServerRequest) & { auth?: AuthInfo };

/** Where it is answered. */
export type NodeResponse = ServerResponse | Http2ServerResponse;

/** The two as those of HTTP/1: what the transport uses of them is there in both. */
export function asHttp1(req: NodeRequest, res: NodeResponse): [IncomingMessage & { auth?: AuthInfo }, ServerResponse] {
    return [req as IncomingMessage & { auth?: AuthInfo }, res as ServerResponse];
}

/**
 * The body, where something has parsed it already; undefined where it is still to be read.
 *
 * @param given by who calls. A function is none: routers pass their `next`.
 */
export function parsedBodyOf(req: NodeRequest, given: unknown): unknown {
    if (given !== undefined && typeof given !== 'function') {
        return given;
    }
    const body = bodyOf(req);
    // Parsers of other types leave an empty object on what they have not read.
    return isEmptyObject(body) && !req.readableDidRead ? undefined : body;
}

/** A platform that parses when it is asked throws for what is no JSON: then the bytes are read, and refused. */
function bodyOf(req: NodeRequest & { body?: unknown }): unknown {
    try {
        return req.body;
    } catch {
        return undefined;
    }
}

function isEmptyObject(value: unknown): boolean {
    return typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length === 0;
}
