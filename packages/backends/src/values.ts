import { SessionError, type SessionData, type SessionStore } from '@mcp-sessions/core';

/** Where a value of the application stands in the record that holds it. Without `initializeParams` no session is made of it. */
const valueField = 'mcp-sessions.value';

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

/** What was put in: a record of a session as it is, and a value as it was. */
export function valueOf(record: SessionData | null): unknown {
    return holdsValue(record) ? record.metadata[valueField] : record;
}

/**
 * Puts a value in place of another one, or where nothing is. Of several that do so at once the last one stays.
 *
 * @throws TypeError for what is no JSON; SessionError `CONFIGURATION` for the id of a session.
 */
export async function putValue(shelf: ValueShelf, id: string, value: unknown, ttlSeconds: number): Promise<void> {
    if (JSON.stringify(value) === undefined) {
        throw new TypeError('setSession needs data that can be written as JSON');
    }
    const writer = shelf.withTtl(ttlSeconds);
    for (;;) {
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
    }
}

function boxed(sessionId: string, value: unknown, revision: number): SessionData {
    const now = Date.now();
    return { sessionId, initialized: true, createdAt: now, lastActivity: now, revision, metadata: { [valueField]: value } };
}
