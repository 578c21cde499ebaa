/** A whole HTTP answer. */
export interface Reply {
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string | null;
}

const json = { 'content-type': 'application/json' };

/** An answer that carries a JSON-RPC error which belongs to no request. */
function refusal(status: number, code: number, message: string, headers: Record<string, string> = json): Reply {
    return { status, headers, body: JSON.stringify({ jsonrpc: '2.0', error: { code, message }, id: null }) };
}

/** Every answer that is not a stream of messages. Statuses, codes and texts are those of SDK 1.32 where it has them. */
export const replies = {
    accepted: { status: 202, headers: {}, body: null } satisfies Reply,
    ended: { status: 200, headers: {}, body: null } satisfies Reply,

    badHost: (host: string | undefined) => refusal(403, -32000, `Invalid Host header: ${host ?? null}`),
    badOrigin: (origin: string) => refusal(403, -32000, `Invalid Origin header: ${origin}`),
    getNotAcceptable: refusal(406, -32000, 'Not Acceptable: Client must accept text/event-stream'),
    postNotAcceptable: refusal(406, -32000, 'Not Acceptable: Client must accept both application/json and text/event-stream'),
    notJson: refusal(415, -32000, 'Unsupported Media Type: Content-Type must be application/json'),
    bodyTooLarge: (maxBytes: number) => refusal(413, -32000, `Payload Too Large: Request body must not exceed ${maxBytes} bytes`),
    invalidJson: refusal(400, -32700, 'Parse error: Invalid JSON'),
    invalidMessage: refusal(400, -32700, 'Parse error: Invalid JSON-RPC message'),
    batchTooLong: (max: number) => refusal(400, -32600, `Invalid Request: Batch must not exceed ${max} messages`),
    methodNotAllowed: refusal(405, -32000, 'Method not allowed.', { allow: 'GET, POST, DELETE', ...json }),

    alreadyInitialized: refusal(400, -32600, 'Invalid Request: Server already initialized'),
    oneInitializeOnly: refusal(400, -32600, 'Invalid Request: Only one initialization request is allowed'),
    notInitialized: refusal(400, -32000, 'Bad Request: Server not initialized'),
    sessionIdRequired: refusal(400, -32000, 'Bad Request: Mcp-Session-Id header is required'),
    sessionNotFound: refusal(404, -32001, 'Session not found'),
    unsupportedVersion: (version: string, supported: readonly string[]) =>
        refusal(400, -32000, `Bad Request: Unsupported protocol version: ${version} (supported versions: ${supported.join(', ')})`),

    streamConflict: refusal(409, -32000, 'Conflict: Only one SSE stream is allowed per session'),
    resumeConflict: refusal(409, -32000, 'Conflict: Stream already has an active connection'),
    unknownEventId: refusal(400, -32000, 'Invalid event ID format'),
    replayFailed: refusal(500, -32000, 'Error replaying events'),

    unauthorized: refusal(401, -32000, 'Unauthorized', { 'www-authenticate': 'Bearer', ...json }),
    tooManyRequests: (seconds: number) =>
        refusal(429, -32000, 'Too many requests: try again later', { 'retry-after': String(seconds), ...json }),
    askerGone: refusal(410, -32000, 'Gone: The node that asked is not there any more'),
    recordTooLarge: refusal(413, -32000, 'Payload Too Large: The session data is too large'),
    // Room comes as sessions end or expire, not within a second.
    tooManySessions: refusal(503, -32000, 'Too many sessions: try again later', { 'retry-after': '10', ...json }),
    internalError: refusal(500, -32603, 'Internal error'),
    unavailable: refusal(503, -32000, 'Service temporarily unavailable', { 'retry-after': '1', ...json })
} as const;

/** What `onerror` gets of a request that was refused for a fault of its client: the text of the JSON-RPC error. */
export class RequestRefused extends Error {
    constructor({ body }: Reply) {
        super((JSON.parse(body ?? '') as { error: { message: string } }).error.message);
    }
}

/** The answer of JSON response mode. */
export function jsonReply(body: unknown, sessionId: string | undefined): Reply {
    return {
        status: 200,
        headers: sessionId === undefined ? json : { ...json, 'mcp-session-id': sessionId },
        body: JSON.stringify(body)
    };
}

/** Headers of an event stream. `no-transform` and `x-accel-buffering` keep proxies from holding events back. */
export function eventStreamHeaders(sessionId: string | undefined): Record<string, string> {
    const headers: Record<string, string> = {
        'cache-control': 'no-cache, no-transform',
        connection: 'keep-alive',
        'content-type': 'text/event-stream',
        'x-accel-buffering': 'no'
    };
    if (sessionId !== undefined) {
        headers['mcp-session-id'] = sessionId;
    }
    return headers;
}
