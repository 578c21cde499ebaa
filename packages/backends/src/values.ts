import { SessionError, type SessionData, type SessionStore } from '@mcp-sessions/core';

/** Where a value of the application stands in the record that holds it. Without `initializeParams` no session is made of it. */
const valueField = 'mcp-sessions.value';

/** Tries of one write. Each time that one fails another one has come first, so even many at once get there. */
const mostTries = 100;
/** Longest pause between two of them, in milliseconds. */
const longestPauseMs = 40;

/** A store that can write with another time to live than its own. */
export interface ValueShelf extends SessionStore {
    createSession: NonNullable<SessionStore['createSession']>;
    updateSession: NonNullable<SessionStore['updateSession']>;
    getAndTouchSession: NonNullable<SessionStore['getAndTouchSession']>;
    /** Values may be among the sessions. */
    listSessions: NonNullable<SessionStore['listSessions']>;
    readonly ttlMs: number;
    /** The same sessions, with this time to live for what is written by it. */
    withTtl(ttlSeconds: number): Pick<ValueShelf, 'createSession' | 'updateSession'>;
}

/** Whether a record is no session, but holds a value. */
export function holdsValue(record: SessionData | null): record is SessionData & { metadata: Record<string, unknown> } {
    return record?.metadata !== undefined && record.initializeParams === undefined && Object.hasOwn(record.metadata, valueField);
}

/**
 * What was put in: a record of a session as it is, and a value as it was. Transports read by this, too, so what would pass
 * for the session of this id is not given back, whoever wrote it.
 */
export function valueOf(id: string, record: SessionData | null): unknown {
    if (!holdsValue(record)) {
        return record;
    }
    const value = record.metadata[valueField];
    return passesForSession(id, value) ? null : value;
}

/**
 * Puts a value in place of another one, of what cannot be read, or where nothing is. Of several that do so at once the last
 * one stays.
 *
 * @throws TypeError for what is no JSON; SessionError `CONFIGURATION` for the id of a session, and for a value that would
 * pass for one; `STORE_UNAVAILABLE` when others came first again and again.
 */
export async function putValue(shelf: ValueShelf, id: string, value: unknown, ttlSeconds: number): Promise<void> {
    const json = JSON.stringify(value) as string | undefined;
    if (json === undefined) {
        throw new TypeError('setSession needs data that can be written as JSON');
    }
    // What is stored, not what was given: that may have a toJSON of its own.
    if (passesForSession(id, JSON.parse(json))) {
        throw new SessionError(
            'CONFIGURATION',
            'This data is itself the record of a session with this id, and whoever knows the id could use it as one. Keep it ' +
                'within an object, or under another id'
        );
    }
    const writer = shelf.withTtl(ttlSeconds);
    let wasUnreadable = false;
    for (let attempt = 1; attempt <= mostTries; attempt++) {
        const present = await shelf.getSession(id);
        if (present && !holdsValue(present)) {
            throw new SessionError(
                'CONFIGURATION',
                'This id is that of an MCP session, and setSession does not replace its record. Keep the data under an id of its own, ' +
                    'for example `app:${sessionId}`'
            );
        }
        const revision = present?.revision ?? 0;
        const record = boxed(id, value, revision + 1);
        const isWritten = present
            ? await writer.updateSession(id, record, revision)
            : (await writer.createSession(id, record)) === 'created';
        if (isWritten) {
            return;
        }
        // Once it may have come in between. Twice something is there that nobody can read, for example with a key that is gone.
        const isUnreadable = present === null;
        if (isUnreadable && wasUnreadable) {
            await shelf.deleteSession(id);
        }
        wasUnreadable = isUnreadable;
        await pause(Math.random() * Math.min(2 ** attempt, longestPauseMs));
    }
    throw new SessionError('STORE_UNAVAILABLE', `setSession did not get to write in ${mostTries} tries: others came first each time`);
}

/** Whether a transport that is given this value takes it for the record of that session. */
function passesForSession(id: string, value: unknown): boolean {
    if (typeof value !== 'object' || value === null) {
        return false;
    }
    const { sessionId, initializeParams } = value as Partial<SessionData>;
    return sessionId === id && typeof initializeParams === 'object' && initializeParams !== null;
}

function pause(ms: number): Promise<void> {
    return new Promise(resolve => setTimeout(resolve, ms));
}

function boxed(sessionId: string, value: unknown, revision: number): SessionData {
    const now = Date.now();
    return { sessionId, initialized: true, createdAt: now, lastActivity: now, revision, metadata: { [valueField]: value } };
}
