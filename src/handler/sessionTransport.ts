import { toError } from '../errors.js';
import type { JSONRPCNotification } from '../jsonrpc/types.js';
import { ExternalSession } from '../session/externalSession.js';
import type { Exchange } from '../transport/exchange.js';
import { StreamableHttpTransport } from '../transport/transport.js';
import type { Notices } from './noticeBoard.js';

/** The transport of one session on one node, for requests of either HTTP shell. */
export class SessionTransport extends StreamableHttpTransport {
    /** How far this node has told the session of notices; undefined: as far as its record says. */
    private told: string | undefined;
    private telling: Promise<boolean> = Promise.resolve(true);

    /** Answers one request. Never rejects. */
    serve(exchange: Exchange): Promise<void> {
        return this.handle(exchange);
    }

    /** The record was changed or deleted by an operator: it is looked at now. */
    lookAgain(): void {
        this.parts.gate.lookAgain();
    }

    get isStandaloneOpen(): boolean {
        return this.parts.history.isStandaloneOpen;
    }

    /** The standalone stream was opened here: what another node has told meanwhile is in the record. */
    forgetTold(): void {
        this.told = undefined;
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
        const { noticed, subscriptions = [] } = gate.audience;
        const before = this.told ?? noticed ?? '';
        const { news, position } = await notices.since(before, subscriptions);
        for (const notification of news) {
            await this.send(notification satisfies JSONRPCNotification);
        }
        // Not before all have been sent: what failed is sent again, at the price of what came before it.
        this.told = position;
        if (news.length > 0 && position !== before) {
            await gate.noteNoticed(position);
        }
    }
}
