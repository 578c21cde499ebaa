import type { ClusterNode } from '../cluster/clusterNode.js';
import type { Reader } from '../cluster/doorbells.js';
import { toError } from '../errors.js';
import type { JSONRPCMessage, JSONRPCResponse } from '../jsonrpc/types.js';
import type { EventLog, LogCursor, LogPage } from '../ports/eventLog.js';
import { eventIdAt, primingIdAt } from './eventIds.js';
import type { EventStream } from './eventStream.js';
import type { Exchange } from './exchange.js';
import type { LoggedHistorySettings } from './loggedHistory.js';
import { LogTail } from './logTail.js';
import type { OpenStreams } from './openStreams.js';
import type { Reply } from './replies.js';

/** Events that are read in one call at most. */
export const pageSize = 100;

export interface LoggedReaderSettings extends Omit<LoggedHistorySettings, 'sessionId'> {
    /** Names this reader; it begins with the node's id. */
    readonly id: string;
    readonly log: EventLog;
    readonly node: ClusterNode;
    readonly open: OpenStreams;
    sessionId(): string;
    /** What the log answers, in time. */
    within<T>(start: () => Promise<T>): Promise<T>;
    /** How far the log is known to go. */
    onposition(position: string): void;
    onclose(reader: LoggedReader): void;
    /** The reader says how far it has come. It does not reject. */
    onleaving(leaving: Promise<void>): void;
}

/**
 * A GET that reads one stream of a session from the log, on whichever node it landed.
 *
 * It listens for the bell first, then reads, then waits: so nothing falls in between.
 */
export abstract class LoggedReader implements Reader {
    readonly id: string;
    private stream: EventStream | undefined;
    private tail: LogTail | undefined;
    private bell: { readonly ready: Promise<void>; close(): void } | undefined;
    private wasClosed = false;
    private hasClaimed = false;

    constructor(
        protected readonly settings: LoggedReaderSettings,
        readonly streamId: string
    ) {
        this.id = settings.id;
    }

    get isOpen(): boolean {
        return !this.wasClosed;
    }

    get isPassingOn(): boolean {
        return this.tail !== undefined && this.isOpen;
    }

    /** Answers the GET with the stream, or returns why not. Rejects when the log or the bus is out of order. */
    abstract open(exchange: Exchange): Promise<Reply | undefined>;

    wake(): void {
        this.tail?.wake();
    }

    /**
     * Sends a message that the log does not have.
     * @param position where the log has what stands in for it; without one it is sent behind all that is in the log now.
     */
    sendLive(message: JSONRPCMessage, position?: string): void {
        this.tail?.sendLive(message, position);
    }

    onReleased(_reader: string): void {
        this.wake();
    }

    hangUp(retryMs?: number): void {
        this.stream?.hangUp(retryMs);
        this.close();
    }

    /** Ends the stream after what was passed on. */
    end(): void {
        this.stream?.end();
        this.close();
    }

    /** Ends what this reader holds. May be called twice. */
    close(): void {
        if (this.wasClosed) {
            return;
        }
        this.wasClosed = true;
        this.tail?.stop();
        this.bell?.close();
        this.onended();
        if (this.hasClaimed) {
            this.leave();
        }
        this.settings.onclose(this);
    }

    /** For what a kind of stream has to end of its own. */
    protected onended(): void {}

    /** Whether the client is to be given an event id before the first message. */
    protected abstract readonly isPrimed: boolean;

    /** Another reader has the stream now: this connection ends. */
    protected abstract giveUp(to: string | undefined): void;

    /** A newer reader asks for the stream, and does not wait until this one notices; one that is being opened will. */
    yield(): void {
        if (this.isPassingOn) {
            this.giveUp('');
        }
    }

    /** Something was passed on. */
    protected onpassed(): void {}

    /** A response was passed on. True when the stream is complete with it. */
    protected abstract onresponse(response: JSONRPCResponse): boolean;

    /** Resolves when this reader hears of what is new. */
    protected async listen(): Promise<void> {
        const { node, session, within } = this.settings;
        const bell = node.doorbells.listen(session(), this);
        this.bell = bell;
        await within(() => bell.ready);
    }

    protected async read(cursor: LogCursor): Promise<LogPage | null> {
        const { log, sessionId, within, onposition } = this.settings;
        const page = await within(() => log.read(sessionId(), this.streamId, cursor, pageSize));
        if (page && !page.more) {
            onposition(page.position);
        }
        return page;
    }

    protected async claim(condition?: { ifHeldBy: string | undefined }): ReturnType<EventLog['claim']> {
        const { log, sessionId, within } = this.settings;
        let call: ReturnType<EventLog['claim']> | undefined;
        const claim = await within(() => (call = log.claim(sessionId(), this.streamId, this.id, condition))).catch((error: unknown) => {
            // It may be carried out yet, and then nobody would read the stream.
            const leave = (): void => this.leave();
            call?.then(late => (late.granted ? leave() : undefined), leave);
            throw error;
        });
        this.hasClaimed ||= claim.granted;
        if (claim.granted && !this.isOpen) {
            await this.letGo();
        }
        return claim;
    }

    /** Begins the answer, and passes on what is behind the position from now on. */
    protected passOn(exchange: Exchange, position: string): void {
        const { open, onerror } = this.settings;
        const stream = open.create(
            exchange,
            () => undefined,
            () => this.close()
        );
        this.stream = stream;
        this.tail = new LogTail({
            stream,
            reader: this.id,
            position,
            read: cursor => this.read(cursor),
            eventIdAt: position => eventIdAt(this.streamId, position),
            onpassed: () => this.onpassed(),
            onresponse: response => this.onresponse(response),
            onlost: to => this.lose(to),
            onerror
        });
        if (this.isPrimed && this.settings.understandsPriming(exchange)) {
            // One that breaks before its first message can be gone on with where it began.
            stream.prime(primingIdAt(this.streamId, position), this.settings.retryMs);
        }
        stream.release();
        this.tail.wake();
    }

    /** How far the client has been given the stream. */
    protected get delivered(): string {
        return this.tail?.delivered ?? '';
    }

    protected ringForAll(): void {
        this.settings.node.doorbells.ringAll(this.settings.session(), this.streamId);
    }

    private lose(to: string | undefined): void {
        this.giveUp(to);
        // Who has it now may be elsewhere, and what was new may have rung here alone.
        this.ringForAll();
    }

    private leave(): void {
        this.settings.onleaving(this.letGo().catch((error: unknown) => this.settings.onerror(toError(error))));
    }

    /** Says how far the client has been given the stream, for whoever reads it next. */
    private async letGo(): Promise<void> {
        const { log, node, session, sessionId, within } = this.settings;
        await within(() => log.release(sessionId(), this.streamId, this.id, this.delivered));
        await node.doorbells.release(session(), this.streamId, this.id);
    }
}
