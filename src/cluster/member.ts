import type { JSONRPCMessage, RequestId } from '../jsonrpc/types.js';

/** What goes on in a session on one node. */
export interface Activity {
    /** Whether its standalone stream is open here. */
    readonly isListening: boolean;
    /** Requests of its client that run here. */
    readonly calls: number;
}

/** One transport's session, as its node and the other nodes see it. */
export interface Member {
    /** Names the session: the digest of its id. */
    readonly session: string;
    /** Whether a stream is open or a call runs here. */
    readonly isBusy: boolean;
    readonly activity: Activity;
    /** Hands the server a message that the client sent to another node. Does not throw. */
    receive(message: JSONRPCMessage): void;
    /** Whether the request of this stream still runs here. A connection that its client has here is given up. */
    yieldStream(streamId: string): boolean;
    /** Whether the request of this stream runs here, and has sent nothing yet. */
    isSilent(streamId: string): boolean;
    /** Whether this reader holds its stream open. */
    isReading(reader: string): boolean;
    /** Ends this reader, whose stream has a newer one. False when it is not here. */
    yieldReader(reader: string): boolean;
    /** How many requests that the client calls by this id run here. */
    countRunning(requestId: RequestId): number;
    /** The record changed, is gone, or may have done either while nobody could tell. */
    lookAtRecord(): void;
}
