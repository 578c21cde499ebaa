import { publish } from '../diagnostics.js';
import { fingerprintOfDigest } from '../digest.js';
import { EndClaim } from './endClaim.js';
import type { SessionRecord } from './record.js';
import { digest } from './sessionId.js';
import type { SessionCallbacks, SessionHost } from './sessionGate.js';
import type { StoreAccess } from './storeAccess.js';

/** How a DELETE ends a session: the application is told, then the record goes, then all else. */
export class Ending {
    /** The record that a DELETE was admitted to end. */
    record: SessionRecord | undefined;
    private isAnnounced = false;
    private readonly claim: EndClaim;

    /** @param patienceMs how long another node that ends the same session may give no sign. */
    constructor(
        private readonly access: StoreAccess,
        private readonly host: Pick<SessionHost, 'deleted' | 'ended'>,
        private readonly onsessionclosed: SessionCallbacks['onsessionclosed'],
        patienceMs: number
    ) {
        this.claim = new EndClaim(access, patienceMs);
    }

    /**
     * Rejects when the application or the store fails: then the DELETE may be repeated.
     * @param onended called when the record is gone.
     */
    async end(sessionId: string, onended: () => void): Promise<void> {
        await this.announce(sessionId);
        const sessionName = await digest(sessionId);
        try {
            await this.access.delete(sessionId);
        } catch (error) {
            // The record may be gone all the same, and then a second DELETE finds nothing that it could end.
            void this.host.deleted(sessionId, sessionName);
            throw error;
        }
        onended();
        const lifetimeMs = this.record && Math.max(0, Date.now() - this.record.createdAt);
        publish('session-ended', () => ({ session: fingerprintOfDigest(sessionName), ...(lifetimeMs !== undefined && { lifetimeMs }) }));
        this.host.ended({ sessionId, sessionName, principal: this.record?.principal });
        await this.host.deleted(sessionId, sessionName);
    }

    /** Tells the application, unless it has been told, here or on another node. */
    private async announce(sessionId: string): Promise<void> {
        const { record, onsessionclosed, isAnnounced } = this;
        if (onsessionclosed && record && !isAnnounced) {
            await this.claim.tellOnce(record, async () => {
                await onsessionclosed(sessionId);
                this.isAnnounced = true;
            });
        }
    }
}
