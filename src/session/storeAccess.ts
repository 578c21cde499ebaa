import { unavailable, withinDeadline } from '../deadline.js';
import { publishOf } from '../diagnostics.js';
import { digest, fingerprintOfDigest } from '../digest.js';
import { SessionError } from '../errors.js';
import type { SessionCreation, SessionStore } from '../ports/sessionStore.js';
import { pause } from '../timers.js';
import { parseRecord, recordBytes, revised, type SessionRecord } from './record.js';
import type { RecordChange } from './recordedRequests.js';

/** Longest pause before a change is tried again after another node changed the session first. */
const longestPauseMs = 40;

export interface StoreAccessSettings {
    readonly timeoutMs: number;
    readonly maxRecordBytes: number;
    onerror(error: Error): void;
}

/**
 * A store as the session uses it: every call has a deadline, every record is checked, and what the store does not have
 * is made of the five methods that each store has.
 *
 * A call that fails or takes too long rejects with `STORE_UNAVAILABLE`; an absent record is null.
 */
export class StoreAccess {
    constructor(
        private readonly store: SessionStore,
        private readonly settings: StoreAccessSettings
    ) {}

    get ttlMs(): number | undefined {
        return this.store.ttlMs;
    }

    /** Whether {@link update} changes what it knows, and nothing newer. */
    get comparesRevisions(): boolean {
        return this.store.updateSession !== undefined;
    }

    /** Whether {@link readAndTouch} is one call. */
    get readsAndTouches(): boolean {
        return this.store.getAndTouchSession !== undefined;
    }

    async read(sessionId: string): Promise<SessionRecord | null> {
        return this.checked(await this.within(() => this.store.getSession(sessionId)), sessionId);
    }

    async readAndTouch(sessionId: string): Promise<SessionRecord | null> {
        const { store } = this;
        if (store.getAndTouchSession) {
            return this.checked(await this.within(store.getAndTouchSession.bind(store, sessionId)), sessionId);
        }
        const [record] = await Promise.all([this.read(sessionId), this.touch(sessionId)]);
        return record;
    }

    async touch(sessionId: string): Promise<void> {
        await this.within(() => this.store.updateSessionActivity(sessionId));
    }

    /** Creates the record, if the store has room for it. Rejects with `RECORD_TOO_LARGE` before the store is asked. */
    async create(record: SessionRecord): Promise<SessionCreation> {
        this.checkSize(record);
        const { store } = this;
        let call: Promise<unknown> | undefined;
        try {
            if (store.createSession) {
                const create = store.createSession.bind(store, record.sessionId, record);
                const outcome = await this.within(() => {
                    const creation = create();
                    call = creation;
                    return creation;
                });
                // A driver that lost the answer asks again, and then finds what it wrote the first time.
                return outcome === 'taken' && (await this.read(record.sessionId))?.etag === record.etag ? 'created' : outcome;
            }
            await this.within(() => (call = store.storeSession(record.sessionId, record)).then(() => undefined));
            return 'created';
        } catch (error) {
            // The write may still be on its way, for example in a client's offline queue. What follows it there undoes it.
            this.forget(record.sessionId);
            // On a connection of its own the delete may overtake it.
            call?.then(
                outcome => (outcome === undefined || outcome === 'created' ? this.forget(record.sessionId) : undefined),
                () => undefined // It was not carried out, as far as anybody can tell.
            );
            throw error;
        }
    }

    /**
     * Changes a record on the ground of its present state. `change` returns undefined when there is nothing to do.
     * @param known what the caller believes the record to be; saves a read when it still is, and there is something to do.
     * @returns the record as it stands now, or null when there is none.
     */
    async update(known: SessionRecord, change: RecordChange): Promise<SessionRecord | null> {
        const { store } = this;
        let current: SessionRecord | null = store.updateSession ? known : await this.read(known.sessionId);
        const deadline = performance.now() + this.settings.timeoutMs;
        for (let attempt = 1; performance.now() < deadline; attempt++) {
            if (current === null) {
                return null;
            }
            const difference = change(current);
            if (!difference && current !== known) {
                return current;
            }
            if (!difference) {
                // What is known may be old, and the change mean something to what is there now.
                current = await this.read(known.sessionId);
                if (current?.revision === known.revision) {
                    return known;
                }
                continue;
            }
            const next = revised(current, difference);
            this.checkSize(next);
            if (!store.updateSession) {
                await this.within(() => store.storeSession(next.sessionId, next));
                return next;
            }
            if (await this.within(store.updateSession.bind(store, next.sessionId, next, current.revision ?? 0))) {
                return next;
            }
            // Nodes that met once would meet again if all came back at the same moment.
            await pause(Math.random() * Math.min(2 ** attempt, longestPauseMs));
            current = await this.read(known.sessionId);
            if (current?.etag === next.etag) {
                return current;
            }
        }
        throw unavailable(new Error('The session is being changed by too many nodes at once'));
    }

    async delete(sessionId: string): Promise<void> {
        await this.within(() => this.store.deleteSession(sessionId));
    }

    /** Deletes without waiting. A failure is reported only: the record ends with its time to live. */
    forget(sessionId: string): void {
        this.delete(sessionId).catch((error: unknown) => this.settings.onerror(error as Error));
    }

    private async checked(value: unknown, sessionId: string): Promise<SessionRecord | null> {
        if (value === null || value === undefined) {
            return null;
        }
        const record = parseRecord(value, sessionId);
        if (record === null) {
            const sessionName = await digest(sessionId);
            publishOf('record-refused', sessionName);
            this.settings.onerror(
                new SessionError(
                    'INVALID_RECORD',
                    `The store returned no valid record for session ${fingerprintOfDigest(sessionName)}; it counts as absent`
                )
            );
        }
        return record;
    }

    private checkSize(record: SessionRecord): void {
        const { maxRecordBytes } = this.settings;
        if (recordBytes(record) > maxRecordBytes) {
            throw new SessionError('RECORD_TOO_LARGE', `The session record would be larger than maxRecordBytes (${maxRecordBytes})`);
        }
    }

    private within<T>(start: () => Promise<T>): Promise<T> {
        return withinDeadline(this.settings.timeoutMs, start);
    }
}
