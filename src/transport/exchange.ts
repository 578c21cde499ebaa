import type { AuthInfo, RequestInfo } from '../jsonrpc/types.js';
import type { Reply } from './replies.js';

/**
 * One HTTP request and the means to answer it: all that the transport knows of HTTP. There is one implementation on
 * `node:http` and one on the fetch API.
 */
export interface Exchange {
    readonly method: string;
    /** Who sends it. Set anew where the handler itself authenticates. */
    authInfo: AuthInfo | undefined;
    /** The body if somebody has parsed it already, else undefined. */
    parsedBody: unknown;
    /** Where the connection comes from, as far as it is known. */
    readonly address: string | undefined;
    /** Present where the process may be stopped when the answer has ended: what it is to live for besides is told here. */
    readonly waitUntil?: ((work: Promise<void>) => void) | undefined;
    /** What message handlers learn of the request. */
    readonly requestInfo: RequestInfo;

    /** A header by its lower-case name; repeated ones are joined by `, `. */
    header(name: string): string | undefined;

    /** The body as text, or null when it is over the limit. Rejects when the connection breaks. */
    readBody(maxBytes: number): Promise<string | null>;

    /** Answers the request as a whole. */
    reply(reply: Reply): void;

    /** Calls back when the client goes away before it has its whole answer: at once if it has gone already. */
    onAbort(listener: () => void): void;

    /** Answers with an event stream. The headers are asked for when the first byte leaves. */
    openStream(headers: () => Record<string, string>): EventSink;
}

/**
 * The writing end of one event stream.
 *
 * Nothing leaves before {@link release}: an answer that turns out to be impossible can still be given a status. What is
 * written and ended before the release goes out in one piece.
 */
export interface EventSink {
    /** Queues text. False when the connection is gone. */
    write(text: string): boolean;
    /** Lets the head and what was written go out, and from here on each write at once. */
    release(): void;
    /** Ends the stream, after all that was written. May be called twice. */
    end(): void;
    /** What waits here: bytes that the client has not taken yet, or about as many before the release. */
    readonly bufferedBytes: number;
    /** Resolves when the client has taken what was released, or has gone. */
    drained(): Promise<void>;
    /** Cuts the connection, and drops what waits in it. */
    abort(): void;
    /** Drops all that was written and answers otherwise. Only before the release. */
    discard(reply: Reply): void;
}
