import { SessionError } from '../errors.js';
import type { JSONRPCMessage } from '../jsonrpc/types.js';
import { afterThisTurn } from './afterThisTurn.js';
import type { EventSink, Exchange } from './exchange.js';
import { eventStreamHeaders, type Reply } from './replies.js';
import { isEventId, keepAliveFrame, messageFrame, primingFrame } from './sse.js';

/** Longest delay that a timer takes; a longer one would fire at once. */
const maxTimerMs = 2 ** 31 - 1;

/** What all streams of one transport have in common. */
export interface StreamSettings {
    readonly keepAliveMs: number;
    readonly maxBufferedBytes: number;
    onerror(error: Error): void;
}

/** One event stream that is open to a client: frames, keep-alive and the bound on a slow reader. */
export class EventStream {
    /** Events that a replay has sent on this stream, so that a write which was under way meanwhile does not repeat one. */
    private replayed: Set<string> | undefined;
    private readonly sink: EventSink;
    private keepAlive: ReturnType<typeof setInterval> | undefined;
    private closed = false;

    /** @param onclose called once, whoever ends the stream. */
    constructor(
        exchange: Exchange,
        sessionId: () => string | undefined,
        private readonly settings: StreamSettings,
        private readonly onclose: (stream: EventStream) => void
    ) {
        this.sink = exchange.openStream(() => eventStreamHeaders(sessionId()));
        exchange.onAbort(() => this.markClosed());
    }

    get isClosed(): boolean {
        return this.closed;
    }

    /** Sends a message, unless a replay has sent it before. False when it cannot be sent. */
    send(message: JSONRPCMessage, eventId?: string): boolean {
        if (this.closed || (eventId !== undefined && this.replayed?.has(eventId))) {
            return false;
        }
        if (this.sink.bufferedBytes > this.settings.maxBufferedBytes) {
            this.cut();
            return false;
        }
        let frame: string;
        try {
            frame = messageFrame(message, this.checked(eventId));
        } catch (error) {
            this.settings.onerror(error as Error);
            return false;
        }
        return this.sink.write(frame);
    }

    /** Sends an event of a replay, and remembers it. False when it cannot be sent. */
    replay(message: JSONRPCMessage, eventId: string): boolean {
        const sent = this.send(message, eventId);
        if (sent) {
            (this.replayed ??= new Set()).add(eventId);
        }
        return sent;
    }

    /** Sends the priming event that gives the client its first `Last-Event-ID`. */
    prime(eventId: string, retryMs: number | undefined): void {
        const id = this.checked(eventId);
        if (id !== undefined) {
            this.sink.write(primingFrame(id, retryMs));
        }
    }

    /** Lets the answer go out when this turn of the event loop is done: most answers are complete by then and leave in one piece. */
    releaseSoon(): void {
        afterThisTurn(this);
    }

    /** Lets the answer go out, and keeps the connection alive from here on. */
    release(): void {
        if (this.closed) {
            return;
        }
        this.sink.release();
        const { keepAliveMs } = this.settings;
        if (this.keepAlive === undefined && Number.isFinite(keepAliveMs) && keepAliveMs >= 1) {
            this.keepAlive = setInterval(() => this.beat(), Math.min(keepAliveMs, maxTimerMs));
            (this.keepAlive as { unref?: () => void }).unref?.();
        }
    }

    /** Ends the stream after what was sent. */
    end(): void {
        if (!this.closed) {
            this.markClosed();
            this.sink.end();
        }
    }

    /** Answers with a status instead of a stream. Only before {@link release}. */
    discard(reply: Reply): void {
        if (!this.closed) {
            this.markClosed();
            this.sink.discard(reply);
        }
    }

    private beat(): void {
        if (this.sink.bufferedBytes > this.settings.maxBufferedBytes) {
            this.cut();
        } else {
            this.sink.write(keepAliveFrame);
        }
    }

    private cut(): void {
        this.markClosed();
        this.sink.abort();
        this.settings.onerror(
            new SessionError(
                'BUFFER_FULL',
                'A client does not read its stream: its connection was closed with more than maxBufferedBytes waiting'
            )
        );
    }

    private markClosed(): void {
        if (!this.closed) {
            this.closed = true;
            clearInterval(this.keepAlive);
            this.onclose(this);
        }
    }

    /** A store's event id as far as it may be written: one with a line break could forge other fields. */
    private checked(eventId: string | undefined): string | undefined {
        if (eventId === undefined || isEventId(eventId)) {
            return eventId;
        }
        this.settings.onerror(new Error('The event store returned an event id with a line break; the event was sent without its id'));
        return undefined;
    }
}
