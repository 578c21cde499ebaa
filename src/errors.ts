const brand = Symbol.for('mcp-sessions.SessionError');

/**
 * What went wrong, for programs:
 * - `CONFIGURATION`: the options contradict each other; thrown by constructors.
 * - `STORE_UNAVAILABLE`: the session store failed or did not answer in time; `cause` is its error. The client got 503.
 * - `INVALID_SESSION_ID`: `sessionIdGenerator` returned an id that may not be used, or one that is taken.
 * - `INVALID_RECORD`: the store returned something that is no session record. Treated as absent.
 * - `RECORD_TOO_LARGE`: the session record would be over `maxRecordBytes`.
 * - `RESTORE_FAILED`: the server did not take over a stored session.
 * - `SESSION_ENDED`: the session of a `sessionState` is there no more.
 * - `STATE_TOO_LARGE`: what tools keep of a session would be over `maxStateBytes`.
 * - `TOO_MANY_SESSIONS`: a cap of the store is reached, and the client of this `initialize` got 503.
 * - `EVENT_TOO_LARGE`: a message was over `maxEventBytes`; it was sent where its stream was open, and is not in the event log.
 * - `UNREADABLE`: something stored could not be decrypted, or it was altered. Treated as absent.
 * - `LOCK_TIMEOUT`: a lock was not to be had in time.
 * - `LOCK_LOST`: a lock could not be renewed in time; the reason of `HeldLock.signal`.
 * - `BUFFER_FULL`: a reader did not read, and its connection was closed.
 * - `HISTORY_FAILED`: something is not in the history, or not yet: its store failed, or `redact` threw. The session goes on.
 */
export type SessionErrorCode =
    | 'CONFIGURATION'
    | 'STORE_UNAVAILABLE'
    | 'INVALID_SESSION_ID'
    | 'INVALID_RECORD'
    | 'RECORD_TOO_LARGE'
    | 'RESTORE_FAILED'
    | 'SESSION_ENDED'
    | 'STATE_TOO_LARGE'
    | 'TOO_MANY_SESSIONS'
    | 'EVENT_TOO_LARGE'
    | 'UNREADABLE'
    | 'LOCK_TIMEOUT'
    | 'LOCK_LOST'
    | 'BUFFER_FULL'
    | 'HISTORY_FAILED';

/** Every error that this project makes. Its message never holds an id, a token or a stored value. */
export class SessionError extends Error {
    override readonly name = 'SessionError';
    readonly code: SessionErrorCode;

    constructor(code: SessionErrorCode, message: string, options?: { cause?: unknown }) {
        super(message, options);
        this.code = code;
        Object.defineProperty(this, brand, { value: true });
    }
}

/** Whether a value is a {@link SessionError}, also one of another copy of this package. */
export function isSessionError(value: unknown): value is SessionError {
    return typeof value === 'object' && value !== null && brand in value;
}

/** Any thrown value as an `Error`. */
export function toError(value: unknown): Error {
    return value instanceof Error ? value : new Error(String(value));
}
