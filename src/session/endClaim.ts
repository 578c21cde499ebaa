import { isSessionError, type SessionError } from '../errors.js';
import { every, pause } from '../timers.js';
import type { SessionRecord } from './record.js';
import type { StoreAccess } from './storeAccess.js';

/** How soon, and then how often, it is looked whether another node has ended the session. */
const firstLookMs = 50;
const longestLookMs = 500;
/** How often a node that calls the application back says so, within the time that others give it. */
const signsInPatience = 3;
/** A callback that takes longer than that is not waited for any more. */
const longestCallbackMs = 60_000;

/**
 * Which of several DELETEs that arrive on several nodes at the same moment tells the application: the one whose name is in the
 * record first. While it does so it writes its name anew, so that the others wait for it as long as it lives.
 */
export class EndClaim {
    private ownName: string | undefined;
    private signs = 0;

    /** @param patienceMs how long another node may give no sign before this one takes its place. */
    constructor(
        private readonly access: StoreAccess,
        private readonly patienceMs: number
    ) {}

    /** Tells the application, if that is this node's part. Else another node has done so, and the record is gone. */
    async tellOnce(known: SessionRecord, tell: () => Promise<void> | void): Promise<void> {
        const claimed = await this.claim(known);
        if (claimed === 'none') {
            await tell();
        } else if (claimed) {
            await this.whileRenewed(claimed, tell);
        }
    }

    /** The record with this node's name in it; `none` where there is no way to write it; null when another has told. */
    private async claim(known: SessionRecord): Promise<SessionRecord | 'none' | null> {
        if (!this.access.comparesRevisions) {
            return 'none';
        }
        try {
            const claimed = await this.write(known, undefined);
            return claimed === null || this.isOwn(claimed) ? claimed : await this.outlast(claimed);
        } catch (error) {
            if (isSessionError(error) && (error.code === 'RECORD_TOO_LARGE' || (await this.takesNoWrites(error, known)))) {
                // No room for a name. To tell the application twice is better than not to end the session.
                return 'none';
            }
            throw error;
        }
    }

    /** A store that is full still answers, and deletes. Rejects where it does not. */
    private async takesNoWrites({ code }: SessionError, { sessionId }: SessionRecord): Promise<boolean> {
        if (code !== 'STORE_UNAVAILABLE') {
            return false;
        }
        await this.access.read(sessionId);
        return true;
    }

    /** Waits until the other node has removed the record; takes its place when it gives no sign of life. */
    private async outlast(claimed: SessionRecord): Promise<SessionRecord | null> {
        let { endedBy } = claimed;
        let deadline = performance.now() + this.patienceMs;
        for (let lookMs = firstLookMs; ; lookMs = Math.min(2 * lookMs, longestLookMs)) {
            await pause(Math.min(lookMs, this.patienceMs / 2));
            let record = await this.access.read(claimed.sessionId);
            if (record?.endedBy === endedBy && performance.now() >= deadline) {
                record = record && (await this.write(record, endedBy));
            }
            if (record === null || this.isOwn(record)) {
                return record;
            }
            if (record.endedBy !== endedBy) {
                endedBy = record.endedBy;
                deadline = performance.now() + this.patienceMs;
            }
        }
    }

    private async whileRenewed(claimed: SessionRecord, tell: () => Promise<void> | void): Promise<void> {
        const began = performance.now();
        let record: SessionRecord | null = claimed;
        let isRenewing = false;
        const renew = async (): Promise<void> => {
            if (!record || !this.isOwn(record) || isRenewing || performance.now() - began > longestCallbackMs) {
                return;
            }
            isRenewing = true;
            // One that fails is tried again; when none succeeds in time another node takes over.
            record = await this.renew(record).catch(() => record);
            isRenewing = false;
        };
        const timer = every(() => void renew(), this.patienceMs / signsInPatience);
        try {
            await tell();
        } finally {
            clearInterval(timer);
        }
    }

    private renew(record: SessionRecord): Promise<SessionRecord | null> {
        return this.access.update(record, current => (this.isOwn(current) ? { endedBy: this.nextSign() } : undefined));
    }

    private write(known: SessionRecord, other: string | undefined): Promise<SessionRecord | null> {
        return this.access.update(known, ({ endedBy }) => (endedBy === other ? { endedBy: this.nextSign() } : undefined));
    }

    private isOwn({ endedBy }: SessionRecord): boolean {
        return endedBy?.startsWith(`${this.name}.`) ?? false;
    }

    /** The name, and a count by which others see that this node is still at it. */
    private nextSign(): string {
        return `${this.name}.${++this.signs}`;
    }

    private get name(): string {
        // Not before it is needed: some runtimes give no chance to what is made at start.
        return (this.ownName ??= crypto.randomUUID());
    }
}
