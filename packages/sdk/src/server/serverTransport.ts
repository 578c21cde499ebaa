import type { JSONRPCMessage, MessageExtraInfo, RequestId } from '@modelcontextprotocol/sdk/types.js';
import type { SessionStorageMode } from '@mcp-sessions/core';

/** What both Streamable HTTP server transports have in common, in the SDK's own types. */
export interface StreamableHttpServerTransport {
    /** Called once when the transport closed. Set it before `connect`, which chains its own handler to it. */
    onclose?: (() => void) | undefined;

    /** Called with what went wrong; the transport goes on. It gets the details that the client is not told. */
    onerror?: ((error: Error) => void) | undefined;

    /** Called with every message of the client. `connect` sets it. */
    onmessage?: ((message: JSONRPCMessage, extra?: MessageExtraInfo) => void) | undefined;

    /** Where this transport keeps what it knows of its session. */
    readonly sessionStorageMode: SessionStorageMode;

    /** True in external mode: the session outlives this transport and this process. */
    readonly isUsingExternalSessionStore: boolean;

    /**
     * True while there is no session here and none is being begun or recovered. An application that made the transport
     * for a request may drop it then: the request was of no session that there is.
     */
    readonly isVacant: boolean;

    /** Whether a stream is open here, a call runs here, or a question of the server waits for its answer. */
    readonly isBusy: boolean;

    /** Makes the transport ready for requests; `connect` calls it. A second call throws. */
    start(): Promise<void>;

    /** Ends every open stream, then calls `onclose`. In external mode the session's record stays. May be called twice. */
    close(): Promise<void>;

    /**
     * Sends a message to the client: a response on the stream of its request, anything with `relatedRequestId` on the
     * stream of that request, the rest on the session's standalone stream.
     *
     * Throws for a response whose request is not known, or whose stream is gone and cannot be resumed.
     */
    send(message: JSONRPCMessage, options?: { relatedRequestId?: RequestId | undefined }): Promise<void>;

    /**
     * Ends the stream of one request, so that its client comes back with `Last-Event-ID` after the `retryInterval`: polling
     * instead of a long-lived connection. The request goes on.
     */
    closeSSEStream(requestId: RequestId): void;

    /** Ends the standalone GET stream likewise. */
    closeStandaloneSSEStream(): void;
}
