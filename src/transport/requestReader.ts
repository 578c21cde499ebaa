import { publish, publishOf } from '../diagnostics.js';
import { fingerprintOfDigest } from '../digest.js';
import { toError } from '../errors.js';
import { isResponse, type JSONRPCMessage, type JSONRPCResponse, type RequestId } from '../jsonrpc/types.js';
import type { LogCursor, LogPage, NewEvent } from '../ports/eventLog.js';
import { positionOf, type StreamOrigin } from './eventIds.js';
import type { Exchange } from './exchange.js';
import { LoggedReader, type LoggedReaderSettings } from './loggedReader.js';
import { ProducerWatch } from './producerWatch.js';
import { replies, type Reply } from './replies.js';

/** What a request is answered whose node died. The code is that of a lost connection in the SDK. */
const producerGone = {
    code: -32000,
    message: 'The result of this request is lost: the node that ran it is gone. Whether it took effect is not known.'
};

/**
 * The rest of the answer to a POST, for a client that lost the connection to it: what it missed, what comes, and the end.
 * When the node that runs the request is dead, the request is answered with an error, once, and that is the end.
 */
export class RequestReader extends LoggedReader {
    /** Responses that the client has or is about to get, by request id, as JSON. */
    private readonly answered = new Map<string, number>();
    /** The client comes with an id. */
    protected readonly isPrimed = false;
    private watch: ProducerWatch | undefined;
    private isConcluding = false;
    /** Requests whose error an append that seemed to fail may have written, and those whose error is known to be ours, as JSON. */
    private readonly unsure = new Set<string>();
    private readonly concludedHere = new Set<string>();

    constructor(
        settings: LoggedReaderSettings,
        streamId: string,
        private readonly cursor: LogCursor,
        private readonly origin: StreamOrigin
    ) {
        super(settings, streamId);
    }

    async open(exchange: Exchange): Promise<Reply | undefined> {
        await this.listen();
        const page = await this.read(this.cursor);
        if (!page && !(await this.hasMissedNothing())) {
            return replies.unknownEventId;
        }
        await this.noteEarlierResponses(page?.last);
        const { kept } = await this.claim();
        if (!this.isOpen) {
            return replies.unavailable;
        }
        this.passOn(exchange, page ? positionOf(this.cursor) : kept);
        publish('stream-resumed', () => ({ session: fingerprintOfDigest(this.settings.session()), stream: 'request' }));
        if (this.isComplete) {
            this.end();
            return undefined;
        }
        if (this.isOpen) {
            this.watchProducer();
        }
        return undefined;
    }

    /**
     * Of a call that has sent nothing yet nothing can have been trimmed, though the log may hold nothing any more that is as old
     * as its beginning. Its node knows.
     */
    private async hasMissedNothing(): Promise<boolean> {
        const { node, session, onerror } = this.settings;
        if (!('since' in this.cursor)) {
            return false;
        }
        try {
            return (await node.ask(this.origin.node, { ask: 'isSilent', session: session(), stream: this.streamId })) === 'yes';
        } catch (error) {
            onerror(toError(error));
            return false;
        }
    }

    protected override onended(): void {
        this.watch?.stop();
    }

    protected giveUp(): void {
        // The client itself asked for the stream again; this connection is one that it has given up.
        this.end();
    }

    protected onresponse(response: JSONRPCResponse): boolean {
        this.note(response);
        if (isOfLostProducer(response) && this.unsure.has(JSON.stringify(response.id))) {
            this.noteLost([response]);
        }
        return this.isComplete;
    }

    private watchProducer(): void {
        const { node, session, onerror } = this.settings;
        this.watch = new ProducerWatch({
            ask: () => node.ask(this.origin.node, { ask: 'isRunning', session: session(), stream: this.streamId }),
            onRunning: () => this.wake(),
            onOver: () => {
                this.conclude().catch((error: unknown) => onerror(toError(error)));
            },
            onerror
        });
        this.watch.start();
    }

    /** No response will come from the node that had the requests, unless it is in the log already: the first one counts. */
    private async conclude(): Promise<void> {
        if (this.isConcluding) {
            return;
        }
        this.isConcluding = true;
        try {
            const { log, sessionId, within } = this.settings;
            const events = this.origin.clientIds.flatMap((id, index) =>
                this.isAnswered(id) ? [] : [{ streamId: this.streamId, message: errorFor(id), finalOf: String(index), undelivered: true }]
            );
            // What is carried out after it has been given up counts all the same: the next try finds the error there.
            await within(async () => this.concluded(events, await log.append(sessionId(), events))).catch((error: unknown) => {
                events.forEach(({ message }) => this.unsure.add(JSON.stringify(message.id)));
                throw error;
            });
        } finally {
            this.isConcluding = false;
        }
    }

    private concluded(events: readonly (NewEvent & { readonly message: JSONRPCResponse })[], positions: readonly (string | null)[]): void {
        this.noteLost(events.filter((_, index) => positions[index] !== null).map(({ message }) => message));
        this.wake();
    }

    /** Notes errors that stand in for what is lost: each once, whichever way it became known that this node has written it. */
    private noteLost(errors: readonly JSONRPCResponse[]): void {
        const own = errors.filter(({ id }) => !this.concludedHere.has(JSON.stringify(id)));
        own.forEach(error => {
            this.concludedHere.add(JSON.stringify(error.id));
            this.settings.note?.(error);
        });
        if (own.length > 0) {
            publishOf('producer-lost', this.settings.session());
        }
    }

    /** What the client has had already: the event that it names, and of a batch all that came before it. */
    private async noteEarlierResponses(last: JSONRPCMessage | undefined): Promise<void> {
        if (this.origin.clientIds.length === 1 || !('after' in this.cursor)) {
            if (last && isResponse(last)) {
                this.note(last);
            }
            return;
        }
        for (let cursor: LogCursor | undefined = { since: '' }; cursor; ) {
            const page: LogPage | null = await this.read(cursor);
            cursor = page?.more ? { since: page.position } : undefined;
            for (const { position, message } of page?.events ?? []) {
                if (isResponse(message)) {
                    this.note(message);
                }
                if (position === this.cursor.after) {
                    return;
                }
            }
        }
    }

    private note({ id }: JSONRPCResponse): void {
        const key = JSON.stringify(id);
        this.answered.set(key, (this.answered.get(key) ?? 0) + 1);
    }

    private isAnswered(id: RequestId): boolean {
        const wanted = this.origin.clientIds.filter(other => other === id).length;
        return (this.answered.get(JSON.stringify(id)) ?? 0) >= wanted;
    }

    private get isComplete(): boolean {
        return this.origin.clientIds.every(id => this.isAnswered(id));
    }
}

function errorFor(id: RequestId): JSONRPCResponse {
    return { jsonrpc: '2.0', id, error: producerGone };
}

/** Whether a response is the error that stands in for one which will not come. */
export function isOfLostProducer(response: JSONRPCResponse): boolean {
    return 'error' in response && response.error.code === producerGone.code && response.error.message === producerGone.message;
}
