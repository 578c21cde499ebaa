import { toError } from '../errors.js';
import { ChangeQueue } from './changeQueue.js';
import type { SessionRecord } from './record.js';
import type { RecordChange } from './recordedRequests.js';
import { updateServer } from './restoreServer.js';
import type { SessionHost, SessionRequest } from './sessionGate.js';
import { SessionKeeper } from './sessionKeeper.js';
import type { StoreAccess } from './storeAccess.js';

/**
 * A stored session that this node serves: its copy of the record, and what keeps the copy, the store and this node's
 * server in step. Every method that asks the store rejects with `STORE_UNAVAILABLE` when that fails.
 */
export class LiveSession {
    private checkedAt = performance.now();
    private revalidation: Promise<boolean> | undefined;
    private readonly changes = new ChangeQueue((change, known) => this.write(change, known));
    private readonly keeper: SessionKeeper;
    private readonly trustedMs: number;
    private gone = false;

    /** @param onGone called when the session turns out to have been ended elsewhere, or to have expired. */
    constructor(
        private copy: SessionRecord,
        private readonly access: StoreAccess,
        private readonly host: SessionHost,
        revalidateMs: number,
        private readonly onGone: () => void
    ) {
        // A session in use must be extended before it expires, however long its copy may be trusted.
        this.trustedMs = Math.min(revalidateMs, (access.ttlMs ?? Infinity) / 3);
        this.keeper = new SessionKeeper(access.ttlMs, host, async () => {
            await this.revalidate();
        });
        this.keeper.wake();
    }

    /** The record as this node last saw it. */
    get record(): SessionRecord {
        return this.copy;
    }

    /** Whether the copy may be trusted without asking. To be called when the session is used. */
    use(): boolean {
        this.keeper.wake();
        return this.trustedMs > 0 && performance.now() - this.checkedAt < this.trustedMs;
    }

    /**
     * Reads and extends the record. False when the session is gone.
     * Requests that come meanwhile share the answer, unless each must have its own (`revalidateMs` 0).
     */
    revalidate(request?: SessionRequest): Promise<boolean> {
        if (this.trustedMs === 0) {
            return this.readAgain(request);
        }
        this.revalidation ??= this.readAgain(request).finally(() => {
            this.revalidation = undefined;
        });
        return this.revalidation;
    }

    /**
     * Extends the life of a record that has only just been read, on behalf of a request that may be served. Never rejects.
     * A store that writes what it finds in an old form anew, as encryption does with a new key, gets to do so.
     */
    async extend(request: SessionRequest): Promise<void> {
        try {
            await (this.access.readsAndTouches ? this.revalidate(request) : this.access.touch(this.copy.sessionId));
        } catch (error) {
            this.host.report(toError(error));
        }
    }

    /** Reads the record whatever was read before: another node changed or deleted it. */
    lookAgain(): void {
        this.readAgain(undefined).catch((error: unknown) => this.host.report(toError(error)));
    }

    /**
     * Changes the record, for all nodes. False when the session is gone.
     * @param isKnown whether this node's server has been told what the change means.
     */
    async change(change: RecordChange, isKnown = false): Promise<boolean> {
        await this.changes.add(change, isKnown);
        return !this.gone;
    }

    /** Notes that the client is initialized. True for the first time, on whichever node. */
    async markInitialized(): Promise<boolean> {
        let first = false;
        if (!this.copy.initialized) {
            await this.changes.add(record => {
                first = !record.initialized;
                return first ? { initialized: true } : undefined;
            }, false);
        }
        return first && !this.gone;
    }

    /** This node serves the session no more. */
    stop(): void {
        this.keeper.stop();
    }

    private async readAgain(request: SessionRequest | undefined): Promise<boolean> {
        const record = await this.access.readAndTouch(this.copy.sessionId);
        if (!record) {
            this.lose();
            return false;
        }
        this.checkedAt = performance.now();
        this.host.extended();
        const before = this.copy;
        if (this.takeIfNewer(record)) {
            await this.tellServer(before, record, request);
        }
        return true;
    }

    private async write(change: RecordChange, known: RecordChange): Promise<void> {
        const before = this.copy;
        const record = await this.access.update(before, change);
        if (!record) {
            this.lose();
            return;
        }
        if (record !== before) {
            this.checkedAt = performance.now();
            if (concernsServers(before, record)) {
                this.host.changed();
            }
        }
        // What another node changed in between is news to this node's server; its own change is not.
        if (this.takeIfNewer(record) && (record.revision ?? 0) > (before.revision ?? 0) + 1) {
            await this.tellServer({ ...before, ...known(before) }, record);
        }
    }

    private takeIfNewer(record: SessionRecord): boolean {
        const newer = (record.revision ?? 0) > (this.copy.revision ?? 0);
        if (newer) {
            this.copy = record;
        }
        return newer;
    }

    /** A server that does not take a change over is reported; the session goes on without it. */
    private async tellServer(before: SessionRecord, after: SessionRecord, request?: SessionRequest): Promise<void> {
        try {
            await updateServer(this.host, before, after, request);
        } catch (error) {
            this.host.report(toError(error));
        }
    }

    private lose(): void {
        this.gone = true;
        this.onGone();
    }
}

/** Whether a change is news to servers of the session elsewhere; what tools keep is read when it is asked for. */
function concernsServers(before: SessionRecord, after: SessionRecord): boolean {
    return before.logLevel !== after.logLevel || before.subscriptions !== after.subscriptions || before.initialized !== after.initialized;
}
