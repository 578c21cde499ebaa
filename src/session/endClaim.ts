import { isSessionError, type SessionError } from '../errors.js';
import { later } from '../timers.js';
import type { SessionRecord } from './record.js';
import type { StoreAccess } from './storeAccess.js';

/** How often it is looked whether another node has ended the session. */
const lookMs = 50;

/**
 * Which of several DELETEs that arrive on several nodes at the same moment tells the application: the one whose name is in the
 * record first.
 */
export class EndClaim {
    private readonly name = crypto.randomUUID();

    /** @param patienceMs how long another node may take to end the session before this one takes it over. */
    constructor(
        private readonly access: StoreAccess,
        private readonly patienceMs: number
    ) {}

    /** Whether this node tells the application. Else another has done so, and the record is gone. */
    async take(known: SessionRecord): Promise<boolean> {
        if (!this.access.comparesRevisions) {
            return true;
        }
        try {
            const claimed = await this.write(known, undefined);
            return claimed !== null && (claimed.endedBy === this.name || (await this.outlasts(claimed)));
        } catch (error) {
            if (isSessionError(error) && (error.code === 'RECORD_TOO_LARGE' || (await this.takesNoWrites(error, known)))) {
                // No room for a name. To tell the application twice is better than not to end the session.
                return true;
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

    /** Waits until the other node has removed the record; takes its place when it does not. */
    private async outlasts(claimed: SessionRecord): Promise<boolean> {
        const deadline = performance.now() + this.patienceMs;
        while (performance.now() < deadline) {
            await new Promise<void>(resolve => later(resolve, lookMs));
            if ((await this.access.read(claimed.sessionId)) === null) {
                return false;
            }
        }
        return (await this.write(claimed, claimed.endedBy))?.endedBy === this.name;
    }

    private write(known: SessionRecord, other: string | undefined): Promise<SessionRecord | null> {
        return this.access.update(known, ({ endedBy }) => (endedBy === other ? { endedBy: this.name } : undefined));
    }
}
