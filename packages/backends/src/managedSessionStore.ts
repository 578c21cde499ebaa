import { withLock, type HeldLock, type SessionData, type SessionLock, type SessionStore } from '@mcp-sessions/core';
import { holdsValue, putValue, valueOf, type ValueShelf } from './values.js';

/**
 * A session store with a client of its own, and with room for data of the application under ids of its own. What
 * {@link SessionStore} says holds for sessions; a transport takes no data for one.
 */
export interface ManagedSessionStore extends SessionStore {
    readonly kind: 'redis' | 'memory';
    /** Whether other nodes see the same: false in memory. */
    readonly isShared: boolean;
    readonly sessionLock: SessionLock;

    /**
     * Keeps data under an id for `ttlSeconds`, the store's own time to live if left out; {@link updateSessionActivity} starts
     * that one. What was there before is replaced, unless it is an MCP session.
     *
     * @throws TypeError for what cannot be written as JSON, RangeError for a `ttlSeconds` that is not positive; SessionError
     * `CONFIGURATION` for the id of an MCP session, and for data that is itself the record of a session with this id;
     * `STORE_UNAVAILABLE` when others wrote under this id again and again.
     */
    setSession(id: string, data: unknown, ttlSeconds?: number): Promise<void>;

    /** What {@link setSession} was given, or the record of a session; null for an id under which there is nothing. */
    getSession<T = SessionData>(id: string): Promise<T | null>;

    /**
     * Runs `work` while this process, and no other, holds the lock of that name; waits for it at most `lockTimeout`.
     *
     * @throws SessionError `LOCK_TIMEOUT` when the lock was not to be had in time; what the work throws.
     */
    withLock<T>(name: string, work: (held: HeldLock) => Promise<T> | T): Promise<T>;

    /** Ends the connection; sessions stay where they are shared. The same as `close()`. May be called twice. */
    disconnect(): Promise<void>;
}

export interface ManagedParts {
    readonly kind: 'redis' | 'memory';
    readonly shelf: ValueShelf;
    readonly sessionLock: SessionLock;
    readonly lockTimeoutMs: number;
    close(): Promise<void>;
}

export function managedSessionStore({ kind, shelf, sessionLock, lockTimeoutMs, close }: ManagedParts): ManagedSessionStore {
    let closed: Promise<void> | undefined;
    const disconnect = () => (closed ??= close());
    const withoutValue = (record: SessionData | null) => (holdsValue(record) ? null : record);
    return {
        kind,
        isShared: kind !== 'memory',
        sessionLock,
        ttlMs: shelf.ttlMs,
        setSession: (id, data, ttlSeconds = shelf.ttlMs / 1000) => putValue(shelf, id, data, ttlSeconds),
        getSession: async <T>(id: string) => valueOf(id, await shelf.getSession(id)) as T | null,
        getAndTouchSession: async id => withoutValue(await shelf.getAndTouchSession(id)),
        storeSession: (id, data) => shelf.storeSession(id, data),
        createSession: (id, data) => shelf.createSession(id, data),
        updateSession: (id, data, expectedRevision) => shelf.updateSession(id, data, expectedRevision),
        updateSessionActivity: id => shelf.updateSessionActivity(id),
        deleteSession: id => shelf.deleteSession(id),
        sessionExists: id => shelf.sessionExists(id),
        listSessions: async page => {
            const { sessions, ...rest } = await shelf.listSessions(page);
            return { ...rest, sessions: sessions.filter(record => !holdsValue(record)) };
        },
        withLock: (name, work) => withLock(sessionLock, name, work, { timeoutMs: lockTimeoutMs }),
        disconnect,
        close: disconnect
    };
}
