import type { JSONRPCNotification, JSONRPCRequest, JSONRPCResponse, RequestInfo } from '../jsonrpc/types.js';

/** A request or a notification of a client, from its arrival to its response. */
export interface Operation {
    /** Does something for it: what is measured meanwhile, also after an `await`, is a part of it. */
    run<T>(step: () => T): T;

    /** The response was sent, or the notification was taken. Only the first end of an operation counts. */
    end(response?: JSONRPCResponse): void;

    /** No response of the server was sent. The reason is one of few: `cancelled`, `closed`, `lost`, or an HTTP status. */
    fail(reason: string): void;
}

/** How a message arrived. The functions are called when its operation is over. */
export interface Arrival {
    /** Of the HTTP request, in lower case. */
    readonly headers: RequestInfo['headers'];
    /** The protocol version that the client speaks; undefined where it names one that is not served. */
    version(): string | undefined;
    /** The fingerprint of the session, if it is one that other nodes can serve. */
    session(): string | undefined;
}

/** What is worth a span of its own: a session is taken over, or an answer is handed to the node that waits for it. */
export type StepName = 'restore' | 'route_answer';

/** What becomes known of a step. */
export interface StepNotes {
    readonly session?: string | undefined;
    readonly outcome?: string | undefined;
}

/** The part of a backend that was called. */
export type BackendPart = 'store' | 'log' | 'bus' | 'lock';

/**
 * Who measures what the transports do. Every method is called within requests: it must be fast, and must not throw.
 * Nothing of what it gets may be passed on as it is but names and numbers: messages hold arguments, and headers tokens.
 */
export interface Instrumentation {
    /** A message has arrived. Undefined when nobody wants to know of it. */
    arrived(message: JSONRPCRequest | JSONRPCNotification, arrival: Arrival): Operation | undefined;

    /** Does a step of ours. */
    step<T>(name: StepName, run: (note: (notes: StepNotes) => void) => Promise<T>): Promise<T>;

    /** A part of the backend answered, or failed: then with what the failure is called, such as `timeout` or `ECONNREFUSED`. */
    called(part: BackendPart, durationMs: number, failure?: string): void;

    /** An HTTP request was answered with a status of 400 or more. The method is as the client sent it. */
    refused(method: string, status: number): void;

    /** Another one has taken its place, or nothing is to be measured any more. */
    stop(): void;
}
