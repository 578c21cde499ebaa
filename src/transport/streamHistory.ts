import type { JSONRPCMessage, RequestId } from '../jsonrpc/types.js';
import type { Exchange } from './exchange.js';
import type { Reply } from './replies.js';

/** What became of a message that is about to be sent. */
export interface Kept {
    /** Under which the client can ask for what came after it; undefined when it was not kept. */
    readonly eventId?: string | undefined;
    /** The request has had its final response, from another node: this one must not be sent. */
    readonly superseded?: boolean;
    /** It is on its way to a client that reads this stream from history here. */
    readonly passedOn?: boolean;
}

/** Of a message that is a final response: which request of its stream it answers, counted from 0. */
export interface FinalOf {
    readonly index: number;
}

/**
 * What a session's streams have carried, so that a client can go on with one that broke; and the GET requests that ask for
 * it. `LocalHistory` knows the streams of this node alone, `LoggedHistory` those of all nodes.
 */
export interface StreamHistory {
    /** Whether a stream that breaks can be resumed. */
    readonly isResumable: boolean;

    /** The name of the session's one stream for what belongs to no request. */
    readonly standalone: string;

    /** How many clients read from history now. */
    readonly readers: number;

    /** A name for the stream of a POST with these requests. */
    newStreamId(clientIds: readonly RequestId[]): string;

    /** The event id that a new stream begins with; undefined when it has none. */
    prime(streamId: string): Promise<string | undefined> | string | undefined;

    /**
     * Keeps a message before it is sent.
     * @param isConnected whether the client's connection to this stream is here.
     */
    keep(streamId: string, message: JSONRPCMessage, finalOf: FinalOf | undefined, isConnected: boolean): Promise<Kept> | Kept;

    /** A message that was kept could not be written here: whoever reads the stream from history is told. */
    ring(streamId: string): void;

    /** A GET: opens the standalone stream, or goes on with one that broke. Returns the refusal. */
    get(exchange: Exchange): Promise<Reply | undefined>;

    /** Whether this reader, who has claimed a stream, holds it open here. */
    isReading(reader: string): boolean;

    /** A newer reader has claimed the stream of this one, which ends. False when it is not here. */
    yieldReader(reader: string): boolean;

    /** The session is used: what is kept of it must not expire before it. What it returns does not reject. */
    touch(): Promise<void> | undefined;

    /** Ends the connections that read this stream, on whichever node. */
    hangUp(streamId: string): void;

    /** Whether the session's standalone stream is open here. */
    readonly isStandaloneOpen: boolean;

    /** Ends the GETs that are read here, and each that comes from now on: their clients are to come back elsewhere. */
    retire(): void;

    /** Ends what is read here. Answers that have not begun are given the reply. */
    close(reply: Reply, mayComeBack: boolean): void;

    /** Resolves when what ended here has said so to who reads it next, or had its time to; undefined when there is nothing to say. */
    left(): Promise<unknown> | undefined;
}
