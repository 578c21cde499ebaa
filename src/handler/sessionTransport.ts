import type { JSONRPCNotification } from '../jsonrpc/types.js';
import { ExternalSession } from '../session/externalSession.js';
import type { Exchange } from '../transport/exchange.js';
import { StreamableHttpTransport } from '../transport/transport.js';
import type { Notices } from './noticeBoard.js';

/** The transport of one session on one node, for requests of either HTTP shell. */
export class SessionTransport extends StreamableHttpTransport {
    /** How far this node has told the session of notices; undefined: as far as its record says. */
    private told: string | undefined;
    private telling: Promise<void> = Promise.resolve();

    /** Answers one request. Never rejects. */
    serve(exchange: Exchange): Promise<void> {
        return this.handle(exchange);
    }

    get isStandaloneOpen(): boolean {
        return this.parts.history.isStandaloneOpen;
    }

    /** The standalone stream was opened here: what another node has told meanwhile is in the record. */
    forgetTold(): void {
        this.told = undefined;
    }

    /** Sends the notices that concern the session and that it has not been told, if its standalone stream is open here. */
    tell(notices: Notices): Promise<void> {
        this.telling = this.telling.then(() => this.tellNext(notices)).catch((error: unknown) => this.report(error as Error));
        return this.telling;
    }

    private async tellNext(notices: Notices): Promise<void> {
        const { gate } = this.parts;
        if (!this.isStandaloneOpen || !(gate instanceof ExternalSession)) {
            return;
        }
        const { noticed, subscriptions = [] } = gate.audience;
        const { news, position } = await notices.since(this.told ?? noticed ?? '', subscriptions);
        this.told = position;
        for (const notification of news) {
            await this.send(notification satisfies JSONRPCNotification);
        }
        if (news.length > 0) {
            await gate.noteNoticed(position);
        }
    }
}
