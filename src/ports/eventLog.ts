import type { JSONRPCMessage } from '../jsonrpc/types.js';

/** A message that is about to be sent on one of a session's streams. */
export interface NewEvent {
    /** Names the stream within its session. */
    readonly streamId: string;
    readonly message: JSONRPCMessage;
    /**
     * Given for the final response of a request: names that request within its stream. The first final response of a
     * request is the only one, whichever node writes it.
     */
    readonly finalOf?: string;
    /** Nobody has seen it yet. Final responses of this kind are the last to be trimmed. */
    readonly undelivered?: boolean;
}

export interface LoggedEvent {
    /** Where the event stands in its session's log. */
    readonly position: string;
    readonly message: JSONRPCMessage;
}

/**
 * Where a reader stands in a stream.
 * - `after`: behind this event of the stream, which must still be in the log.
 * - `since`: behind this position of the session's log, which need not be an event of the stream; `''` is the very
 *   beginning. Valid as long as nothing behind it has been trimmed.
 */
export type LogCursor = { readonly after: string } | { readonly since: string };

/** A piece of one stream. */
export interface LogPage {
    readonly events: readonly LoggedEvent[];
    /** With `after`: the message of the event that the cursor names. */
    readonly last?: JSONRPCMessage | undefined;
    /** How far the log has been looked through: the next page begins `since` here. */
    readonly position: string;
    /** Whether the log went on behind this page when it was read. */
    readonly more: boolean;
    /** Who holds the stream, as of {@link EventLog.claim}; undefined when nobody does. */
    readonly reader: string | undefined;
}

export interface Claim {
    /** False only with `ifHeldBy`: another reader holds the stream, and nothing was changed. */
    readonly granted: boolean;
    /** Who held the stream before; undefined when nobody did. */
    readonly previous: string | undefined;
    /** How far readers that let the stream go have had it; undefined when none has. */
    readonly delivered: string | undefined;
    /** The first position that is still a valid `since`: nothing behind it has been trimmed. `''` when nothing ever was. */
    readonly kept: string;
}

/**
 * What was sent in a session, in order: one log per session that holds all its streams, so that any node can go on with a
 * stream that another began.
 *
 * Positions are made by the backend, opaque, visible ASCII without `~`, and strictly increasing over all streams of a
 * session and all nodes that append to it, whatever their clocks say. A log lives as long as its session: every append
 * and every {@link touch} starts its time to live anew.
 *
 * An expected outcome is a value; a rejected promise means that the log is out of order.
 */
export interface EventLog {
    /**
     * Appends events in their order, each at the end of the log, atomically one by one. For each its position, or null
     * where it was not appended: its request has its final response already, or the session was dropped.
     */
    append(sessionId: string, events: readonly NewEvent[]): Promise<readonly (string | null)[]>;

    /**
     * Up to `limit` events of one stream behind the cursor, in order, and nothing of any other stream. Null when the
     * cursor is of no use: unknown, of another stream or session, or trimmed. `limit` bounds the page; a page may be
     * shorter, even empty, while there is more.
     */
    read(sessionId: string, streamId: string, cursor: LogCursor, limit: number): Promise<LogPage | null>;

    /**
     * Makes `reader` the one that holds the stream; who held it before learns so from its next {@link read}. With
     * `ifHeldBy` only if that is who holds it (undefined: nobody). Atomic: of two that claim at once the later holds it.
     */
    claim(sessionId: string, streamId: string, reader: string, condition?: { readonly ifHeldBy: string | undefined }): Promise<Claim>;

    /**
     * `reader` lets the stream go and says how far it has passed it on. Raises what {@link Claim.delivered} tells the
     * next one, never lowers it, also when another holds the stream by now, or when `reader` never held it: then it says
     * how far the one has come that does. After {@link drop} nothing happens.
     */
    release(sessionId: string, streamId: string, reader: string, delivered: string): Promise<void>;

    /** Removes all that is kept of a session, and refuses appends to it for at least a minute. Idempotent. */
    drop(sessionId: string): Promise<void>;

    /** Starts the log's time to live anew, and tells the position of its end, `''` where there is none. Never creates. */
    touch(sessionId: string): Promise<string>;

    /**
     * Longest message that can be kept, in bytes of JSON. One that is longer is not given to {@link append}.
     * Left out: as long as any.
     */
    readonly maxEventBytes?: number;

    /** Releases what the log itself opened. May be called twice. */
    close?(): Promise<void>;
}
