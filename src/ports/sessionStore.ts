/**
 * What a node must know to serve a session that it has not seen before.
 *
 * Plain JSON, written by one node and read by any other. It never holds a token, a header or a cookie, nor
 * anything that belongs to one node. Fields that a reader does not know are kept when it writes the record back.
 */
export interface SessionData {
    /** The id as the client sends it in `Mcp-Session-Id`. */
    sessionId: string;
    /** True once the client's `notifications/initialized` was accepted, on whichever node. */
    initialized: boolean;
    /** Milliseconds since the Unix epoch. */
    createdAt: number;
    /** Milliseconds since the Unix epoch: the last time that the session's life was extended. */
    lastActivity: number;
    /** For the application; the transport never reads it. */
    metadata?: Record<string, unknown>;
    /** Version of this shape. A record with a higher major than the reader knows is treated as absent. */
    schemaVersion?: number;
    /** Grows by one with every change of the record; what {@link SessionStore.updateSession} compares. */
    revision?: number;
    /** New with every change: by it a node knows its own write again when the store's answer to it was lost. */
    etag?: string;
    /** The protocol version that `initialize` settled on, for example `2025-11-25`. */
    protocolVersion?: string;
    /** Of the client's `initialize`: the version it asked for, its capabilities, its name and version. */
    initializeParams?: Record<string, unknown>;
    /** Set by `logging/setLevel`. */
    logLevel?: string;
    /** Resource URIs of `resources/subscribe` that are in force. */
    subscriptions?: string[];
    /** What tools keep of the session (`sessionState`), by key. */
    state?: Record<string, unknown>;
    /** How far the session has been told of the cluster's notices: a position of their log. */
    noticed?: string;
    /** Hash of whom the session belongs to; absent for a session without authentication. */
    principal?: string;
    /** While a DELETE ends the session: which one, so that of several at the same moment one calls `onsessionclosed`. */
    endedBy?: string;
}

/**
 * What came of {@link SessionStore.createSession}.
 * - `created`: the record is there now.
 * - `taken`: there is a record already, and nothing was changed.
 * - `full`: there are as many sessions as the store may hold, in total or of this principal, and nothing was changed.
 */
export type SessionCreation = 'created' | 'taken' | 'full';

/** Options that every store of this project has. */
export interface SessionLimits {
    /** Time to live in seconds, counted from the last use. @default 3600 */
    ttlSeconds?: number;
    /**
     * Time to live in seconds of a session that {@link SessionStore.createSession} began and that was not used since, by
     * `notifications/initialized` or in another way that extends it. @default 300, or `ttlSeconds` if that is less
     */
    initializeTtlSeconds?: number;
    /** Sessions that there may be at once, on all nodes together; one more is answered 503. @default no limit */
    maxSessions?: number;
    /** The same for the sessions of one principal; sessions without one are not counted here. @default no limit */
    maxSessionsPerPrincipal?: number;
}

/** Of {@link SessionStore.listSessions}. */
export interface ListOptions {
    /** That of the page before; the first page has none. */
    cursor?: string;
    /** About how many sessions: a page may hold fewer, even none, or a few more, while there is more. @default 100 */
    limit?: number;
}

/** Some of the sessions that there are. */
export interface SessionPage {
    readonly sessions: readonly SessionData[];
    /** Asks for the next page, of the same store on any node. Absent: this was the last one. */
    readonly cursor?: string;
}

/**
 * Where sessions live so that any node can serve them.
 *
 * The first five methods are all that a custom store must have. The optional ones are used where they exist: they
 * save round trips, and they close races that the five alone cannot close (see each).
 *
 * An expected outcome is a value; a rejected promise means that the store is out of order, and the client is
 * answered 503. Expiry is by the store's own clock.
 */
export interface SessionStore {
    /** Creates or replaces the record and starts its time to live. */
    storeSession(sessionId: string, data: SessionData): Promise<void>;

    /** The record, or null for an id that is unknown, expired or deleted. Does not extend its life. */
    getSession(sessionId: string): Promise<SessionData | null>;

    /** Starts the time to live anew. Never creates: on an absent record nothing happens. */
    updateSessionActivity(sessionId: string): Promise<void>;

    /** Removes the record. Idempotent and final: no touch and no update brings it back. */
    deleteSession(sessionId: string): Promise<void>;

    /** Whether {@link getSession} would find a record. Does not extend its life. */
    sessionExists(sessionId: string): Promise<boolean>;

    /**
     * {@link getSession} and {@link updateSessionActivity} in one atomic step.
     * Without it the transport calls the two side by side, which costs a second command per revalidation.
     */
    getAndTouchSession?(sessionId: string): Promise<SessionData | null>;

    /**
     * Creates the record if there is none and if the caps of the store allow one more, atomically. A session is counted until
     * it is deleted or has expired; by how much later than that a store may notice it, its documentation says.
     * Without it there are no caps, and a `sessionIdGenerator` that repeats itself replaces a live session.
     */
    createSession?(sessionId: string, data: SessionData): Promise<SessionCreation>;

    /**
     * Replaces the record if it exists and its `revision` is `expectedRevision`, atomically, and starts the time to
     * live anew; false, and nothing changed, otherwise. Never creates.
     * Without it a change is read, merged and stored, so two nodes that change a session at the same moment may lose
     * one of the changes, and a DELETE in between may be undone.
     */
    updateSession?(sessionId: string, data: SessionData, expectedRevision: number): Promise<boolean>;

    /**
     * The sessions that there are, page by page and in no particular order. One that lives all the while is on some page; one
     * that begins or ends meanwhile may be missing; one may come twice. Does not extend any life. A record that
     * {@link getSession} would not return is left out.
     * Without it operators see only the sessions that they know the ids of.
     *
     * Rejects with a RangeError for a cursor or a limit that is none, with a TypeError for a cursor that is no text.
     */
    listSessions?(page?: ListOptions): Promise<SessionPage>;

    /** Time to live in milliseconds. While a stream is open or a call runs, the session is touched three times in it. */
    readonly ttlMs?: number;

    /** Releases what the store itself opened; a client that it was given stays open. May be called twice. */
    close?(): Promise<void>;
}
