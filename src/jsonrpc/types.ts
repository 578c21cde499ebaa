/** The id of a JSON-RPC request. */
export type RequestId = string | number;

/** A JSON-RPC 2.0 request, notification or response, as far as a transport looks into it. */
export type JSONRPCMessage = JSONRPCRequest | JSONRPCNotification | JSONRPCResultResponse | JSONRPCErrorResponse;

/** Parameters of a request or a notification. */
export type Params = { [key: string]: unknown; _meta?: { [key: string]: unknown } | undefined };

export interface JSONRPCRequest {
    jsonrpc: '2.0';
    id: RequestId;
    method: string;
    params?: Params | undefined;
}

export interface JSONRPCNotification {
    jsonrpc: '2.0';
    method: string;
    params?: Params | undefined;
}

export interface JSONRPCResultResponse {
    jsonrpc: '2.0';
    id: RequestId;
    result: { [key: string]: unknown };
}

export interface JSONRPCErrorResponse {
    jsonrpc: '2.0';
    id?: RequestId | undefined;
    error: { code: number; message: string; data?: unknown };
}

export type JSONRPCResponse = JSONRPCResultResponse | JSONRPCErrorResponse;

/** Who sent a request, as an authentication middleware found. The shape is that of the SDK's `AuthInfo`. */
export interface AuthInfo {
    token: string;
    clientId: string;
    scopes: string[];
    /** Seconds since the Unix epoch. */
    expiresAt?: number;
    resource?: URL;
    extra?: Record<string, unknown>;
}

/** The HTTP request that a message came with. */
export interface RequestInfo {
    /** Header names in lower case. */
    headers: Record<string, string | string[] | undefined>;
    url?: URL | undefined;
}

/** What a message handler learns about the request that brought the message. */
export interface MessageExtraInfo {
    requestInfo?: RequestInfo | undefined;
    authInfo?: AuthInfo | undefined;
    /** Ends the stream of this request, so that the client comes back with `Last-Event-ID`. Only with an event store. */
    closeSSEStream?: (() => void) | undefined;
    /** Ends the session's standalone stream likewise. */
    closeStandaloneSSEStream?: (() => void) | undefined;
}

export function isRequest(message: JSONRPCMessage): message is JSONRPCRequest {
    return 'method' in message && 'id' in message;
}

export function isResponse(message: JSONRPCMessage): message is JSONRPCResponse {
    return !('method' in message);
}
