import { toError } from '../errors.js';
import type { JSONRPCNotification } from '../jsonrpc/types.js';
import { ExternalSession } from '../session/externalSession.js';
import type { Exchange } from '../transport/exchange.js';
import { StreamableHttpTransport } from '../transport/transport.js';
import type { Notices } from './noticeBoard.js';

/** After so many notices that did not concern a session it is noted all the same how far they go: each GET reads from there. */
const mostUnnoted = 100;

/** The transport of one session on one node, for requests of either HTTP shell. */
export class SessionTransport extends StreamableHttpTransport {
    /** How far this node has told the session of notices; undefined: as far as its record says. */
    private told: string | undefined;
    private telling: Promise<boolean> = Promise.resolve(true);
    /** Notices since the one that the record says. */
    private unnoted = 0;

    /** Answers one request. Never rejects. */
    serve(exchange: Exchange): Promise<void> {
        return this.handle(exchange);
    }

    /** The record was deleted by an operator here: what is left of the session goes. */
    noteEnded(): void {
        const { gate } = this.parts;
        if (gate instanceof ExternalSession) {
            gate.noteEnded();
        }
    }

    /** The digest of the session's id; empty before the session is known. */
    get sessionName(): string {
        return this.parts.gate.sessionName;
    }

    get isStandaloneOpen(): boolean {
        return this.parts.history.isStandaloneOpen;
    }

    /** The standalone stream was opened here: what another node has told meanwhile is in the record. */
    forgetTold(): void {
        this.told = undefined;
        this.unnoted = 0;
    }

    /**
     * Sends the notices that concern the session and that it has not been told, if its standalone stream is open here. False
     * when that failed, and is to be tried again.
     */
    tell(notices: Notices): Promise<boolean> {
        this.telling = this.telling
            .then(() => this.tellNext(notices))
            .then(
                () => true,
                (error: unknown) => {
                    this.report(toError(error));
                    return false;
                }
            );
        return this.telling;
    }

    private async tellNext(notices: Notices): Promise<void> {
        const { gate } = this.parts;
        if (!this.isStandaloneOpen || !(gate instanceof ExternalSession)) {
            return;
        }
        const isFirst = this.told === undefined;
        let { noticed, ...concern } = gate.audience;
        const before = this.told ?? noticed ?? '';
        let found = await notices.since(before, concern);
        if (isFirst && found.news.length > 0) {
            // Where the stream was until now the session may have been told since this node has read its record.
            await gate.readAudience();
            ({ noticed, ...concern } = gate.audience);
            found = await notices.since(noticed ?? '', concern);
        }
        const { news, position, passed } = found;
        for (const notification of news) {
            await this.send(notification satisfies JSONRPCNotification);
        }
        // Not before all have been sent: what failed is sent again, at the price of what came before it.
        this.told = position;
        this.unnoted += passed;
        if (position !== before && (news.length > 0 || this.unnoted >= mostUnnoted)) {
            this.unnoted = 0;
            await gate.noteNoticed(position, noticed);
        }
    }
}
