import type { Outcome } from '../cluster/clusterNode.js';
import { publish, publishOf } from '../diagnostics.js';
import { fingerprintOfDigest } from '../digest.js';
import { toError } from '../errors.js';
import type { Claim, LogCursor } from '../ports/eventLog.js';
import { later } from '../timers.js';
import { positionOf, standaloneStream } from './eventIds.js';
import type { Exchange } from './exchange.js';
import { LoggedReader, type LoggedReaderSettings } from './loggedReader.js';
import { replies, type Reply } from './replies.js';

/** How long a GET waits for the one that it takes over from to say how far it came. */
const handOverMs = 700;
/** When a client whose stream was taken over may come back: soon, and two clients would take it from each other for ever. */
const takenOverRetryMs = 15_000;
/** How soon it is noted how far the client has been given the stream. */
const noteMs = 1000;
/** How often a claim is tried when others claim at the same time. */
const attempts = 3;

/**
 * The session's standalone stream, open at one place in the cluster. A newer GET takes it over, or is refused
 * (`standaloneStream: 'reject'`). Without a `Last-Event-ID` it goes on where earlier ones left off, so messages that came
 * while none was open are the first that it gets.
 */
export class StandaloneReader extends LoggedReader {
    protected readonly isPrimed = true;
    /** Readers that were heard to let the stream go. */
    private readonly released = new Set<string>();
    private noteReleased: (() => void) | undefined;
    private noting: ReturnType<typeof setTimeout> | undefined;

    constructor(
        settings: LoggedReaderSettings,
        private readonly cursor: LogCursor | undefined
    ) {
        super(settings, standaloneStream);
    }

    async open(exchange: Exchange): Promise<Reply | undefined> {
        await this.listen();
        const { cursor } = this;
        if (cursor && !(await this.read(cursor))) {
            return replies.unknownEventId;
        }
        const claim = await (this.settings.standaloneStream === 'reject' ? this.claimIfFree() : this.claim());
        if (!claim) {
            return replies.streamConflict;
        }
        if (!this.isOpen) {
            return replies.unavailable;
        }
        const yielded = this.takeOverFrom(claim.previous);
        const position = cursor ? positionOf(cursor) : await this.beginning(claim, yielded);
        if (!this.isOpen) {
            return replies.unavailable;
        }
        this.passOn(exchange, position);
        const session = this.settings.session();
        if (cursor) {
            publish('stream-resumed', () => ({ session: fingerprintOfDigest(session), stream: 'standalone' }));
        } else {
            publishOf('stream-opened', session);
        }
        return undefined;
    }

    /** Should this node die, the next reader must know what the client has had. */
    protected override onpassed(): void {
        if (this.noting === undefined) {
            this.noting = later(() => {
                this.noting = undefined;
                this.noteDelivered();
            }, noteMs);
        }
    }

    protected override onended(): void {
        clearTimeout(this.noting);
    }

    override onReleased(reader: string): void {
        this.released.add(reader);
        this.noteReleased?.();
        this.wake();
    }

    protected giveUp(to: string | undefined): void {
        publishOf('stream-taken-over', this.settings.session());
        this.hangUp(to === undefined ? undefined : takenOverRetryMs);
    }

    protected onresponse(): boolean {
        return false;
    }

    /** Where to begin without a `Last-Event-ID`. */
    private async beginning(claim: Claim, yielded: Promise<Outcome>): Promise<string> {
        const { delivered = '', kept } =
            claim.previous === undefined ? claim : await this.claimAfterHandOver(claim.previous, await yielded);
        // What was not delivered may have been trimmed meanwhile. Then it is what is left.
        return (await this.read({ since: delivered })) ? delivered : kept;
    }

    /** Lets the reader before this one say how far it came, if it is still there to say so. */
    private async claimAfterHandOver(previous: string, outcome: Outcome): Promise<Claim> {
        if (outcome === 'yes' || outcome === 'no') {
            await this.releaseOf(previous);
        }
        // A still newer reader keeps what it has. The first read will tell.
        return this.claim({ ifHeldBy: this.id });
    }

    private noteDelivered(): void {
        const { log, sessionId, within, onerror } = this.settings;
        // Not by this reader's name, which would let the stream go.
        within(() => log.release(sessionId(), this.streamId, `${this.id}*`, this.delivered)).catch((error: unknown) =>
            onerror(toError(error))
        );
    }

    /** Resolves when a reader was heard to let the stream go, or when it has had its time. */
    private releaseOf(reader: string): Promise<void> {
        return new Promise(resolve => {
            const timer = later(resolve, handOverMs);
            this.noteReleased = () => {
                if (this.released.has(reader)) {
                    clearTimeout(timer);
                    resolve();
                }
            };
            this.noteReleased();
        });
    }

    private async claimIfFree(): Promise<Claim | undefined> {
        let ifHeldBy: string | undefined;
        for (let attempt = 0; attempt < attempts; attempt++) {
            const claim = await this.claim({ ifHeldBy });
            if (claim.granted) {
                return claim;
            }
            if (claim.previous !== undefined && (await this.isHeldBy(claim.previous)) === 'yes') {
                return undefined;
            }
            ifHeldBy = claim.previous;
        }
        return undefined;
    }

    /** Who held the stream before ends. Where it cannot be asked, it learns that it holds the stream no more from its next read. */
    private async takeOverFrom(previous: string | undefined): Promise<Outcome> {
        if (previous === undefined) {
            return 'gone';
        }
        this.ringForAll();
        try {
            return await this.ask('yieldReader', previous);
        } catch (error) {
            this.settings.onerror(toError(error));
            return 'silent';
        }
    }

    private isHeldBy(reader: string): Promise<Outcome> {
        return this.ask('isReading', reader);
    }

    private ask(ask: 'isReading' | 'yieldReader', reader: string): Promise<Outcome> {
        const { node, session } = this.settings;
        return node.ask(reader.slice(0, reader.lastIndexOf('.')), { ask, session: session(), reader });
    }
}
