import { fingerprintOfDigest } from '../digest.js';
import { toError } from '../errors.js';
import type { SessionData, SessionStore } from '../ports/sessionStore.js';
import { Sealer, type EncryptionOptions } from './sealer.js';

/** Where the sealed record stands in the one that the store is given. Each store keeps `metadata` as it is. */
const sealedField = 'mcp-sessions.sealed';

interface OpenedRecord {
    readonly data: SessionData;
    /** As the store has it, and under which id. */
    readonly stored: SessionData;
    readonly id: string;
    /** Whether it stands in the store as this node would write it. */
    readonly isCurrent: boolean;
}

/**
 * The store, with records that only who has the keys can read or alter. In clear stay `initialized`, `createdAt`,
 * `lastActivity`, `schemaVersion`, `revision` and `etag`, by which a store does its work; in place of the principal stands a
 * tag, in place of the session's id its digest. A record that cannot be decrypted is absent.
 *
 * Has the optional methods that the store has. With {@link SessionStore.updateSession} and
 * {@link SessionStore.getAndTouchSession} a record that is in use is encrypted anew when the first key has changed.
 *
 * @throws SessionError `CONFIGURATION` where a key cannot be used.
 */
export function encryptSessionStore(store: SessionStore, options: EncryptionOptions): SessionStore {
    return sealedStore(store, new Sealer(options));
}

export function sealedStore(store: SessionStore, sealer: Sealer): SessionStore {
    const { createSession, updateSession, getAndTouchSession, listSessions, ttlMs, close } = store;
    const find = async (sessionId: string, read: SessionStore['getSession'] = store.getSession): Promise<OpenedRecord | null> => {
        for (const id of await sealer.idsOf(sessionId)) {
            const stored = await read.call(store, id);
            const opened = stored && (await open(sealer, await sealer.hiddenIdOf(sessionId), id, stored));
            if (opened) {
                return opened;
            }
        }
        return null;
    };
    const forEachId = async (sessionId: string, act: (id: string) => Promise<void>): Promise<void> => {
        await Promise.all((await sealer.idsOf(sessionId)).map(act));
    };
    return {
        getSession: async sessionId => (await find(sessionId))?.data ?? null,
        storeSession: async (sessionId, data) => {
            await store.storeSession(await idToStore(sessionId), await seal(sealer, sessionId, data));
        },
        updateSessionActivity: sessionId => forEachId(sessionId, id => store.updateSessionActivity(id)),
        deleteSession: sessionId => forEachId(sessionId, id => store.deleteSession(id)),
        // What cannot be read is not there.
        sessionExists: async sessionId => (await find(sessionId)) !== null,
        ...(createSession && {
            createSession: async (sessionId, data) => {
                const [id, other] = await sealer.idsOf(sessionId);
                return other !== undefined && (await store.sessionExists(other))
                    ? 'taken'
                    : createSession.call(store, id, await seal(sealer, sessionId, data));
            }
        }),
        ...(updateSession && {
            updateSession: async (sessionId, data, expectedRevision) => {
                for (const id of await sealer.idsOf(sessionId)) {
                    if (await updateSession.call(store, id, await seal(sealer, sessionId, data), expectedRevision)) {
                        return true;
                    }
                }
                return false;
            }
        }),
        ...(getAndTouchSession && {
            getAndTouchSession: async sessionId => {
                const found = await find(sessionId, getAndTouchSession);
                if (found && !found.isCurrent) {
                    // Waited for: a function may be frozen as soon as it has its answer.
                    await sealAnew(sessionId, found).catch((error: unknown) => sealer.report(toError(error)));
                }
                return found?.data ?? null;
            }
        }),
        ...(listSessions && {
            listSessions: async page => {
                const { sessions, ...rest } = await listSessions.call(store, page);
                const opened = await Promise.all(sessions.map(stored => openListed(sealer, stored)));
                return { ...rest, sessions: opened.filter(data => data !== null) };
            }
        }),
        ...(ttlMs !== undefined && { ttlMs }),
        ...(close && { close: () => close.call(store) })
    };

    /** A session that began before the switch stays where it is. */
    async function idToStore(sessionId: string): Promise<string> {
        const [id, other] = await sealer.idsOf(sessionId);
        return other !== undefined && (await store.sessionExists(other)) ? other : id;
    }

    /** A session may be in use for months and never be written. That its record stays what it is, its revision tells. */
    async function sealAnew(sessionId: string, { data, stored, id }: OpenedRecord): Promise<void> {
        const sealed = await seal(sealer, sessionId, data);
        // It stays counted where it is.
        const principal = isSealed(stored) ? stored.principal : sealed.principal;
        await updateSession?.call(store, id, { ...sealed, ...(principal && { principal }) }, data.revision ?? 0);
    }
}

async function seal(sealer: Sealer, sessionId: string, data: SessionData): Promise<SessionData> {
    if (sealer.writesPlain) {
        return data;
    }
    const { initialized, createdAt, lastActivity, schemaVersion, revision, etag, principal } = data;
    const hiddenId = await sealer.hiddenIdOf(sessionId);
    const [tag, sealed] = await Promise.all([
        principal === undefined ? undefined : sealer.principalTag(principal),
        sealer.seal(scopeOf(hiddenId), placeOf(hiddenId, data), JSON.stringify(data))
    ]);
    return {
        sessionId: hiddenId,
        initialized,
        createdAt,
        lastActivity,
        metadata: { [sealedField]: sealed },
        ...(schemaVersion !== undefined && { schemaVersion }),
        ...(revision !== undefined && { revision }),
        ...(etag !== undefined && { etag }),
        ...(tag !== undefined && { principal: tag })
    };
}

/**
 * Of what is in clear as well, what is sealed counts, except for the time of the last use: that is the store's to say.
 *
 * @param id under which it was found.
 */
async function open(sealer: Sealer, hiddenId: string, id: string, stored: SessionData): Promise<OpenedRecord | null> {
    const sealed = stored.metadata?.[sealedField];
    if (typeof sealed !== 'string' && sealer.acceptsPlain) {
        return { data: stored, stored, id, isCurrent: sealer.writesPlain };
    }
    const opened = typeof sealed === 'string' ? await sealer.open(scopeOf(hiddenId), placeOf(hiddenId, stored), sealed) : undefined;
    if (!opened) {
        sealer.reportUnreadable(`The record of session ${fingerprintOfDigest(hiddenId)}`);
        return null;
    }
    const { lastActivity } = stored;
    const data = { ...(JSON.parse(opened.text) as SessionData), ...(Number.isFinite(lastActivity) && { lastActivity }) };
    return { data, stored, id, isCurrent: opened.isCurrent || sealer.writesPlain };
}

/** A record that nobody asked for by its id: what is sealed tells it. */
async function openListed(sealer: Sealer, stored: SessionData): Promise<SessionData | null> {
    const hiddenId = isSealed(stored) ? stored.sessionId : await sealer.hiddenIdOf(stored.sessionId);
    return (await open(sealer, hiddenId, stored.sessionId, stored))?.data ?? null;
}

function isSealed({ metadata }: SessionData): boolean {
    return typeof metadata?.[sealedField] === 'string';
}

function placeOf(hiddenId: string, { revision }: SessionData) {
    return ['record', hiddenId, revision ?? null];
}

/**
 * Names the key of what belongs to a session. By the digest of its id and not by the id, so that who has the keys can read
 * records in a listing, which tells no ids.
 */
export function scopeOf(hiddenId: string): string {
    return `session ${hiddenId}`;
}
