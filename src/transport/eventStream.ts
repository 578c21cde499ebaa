import { SessionError, toError } from '../errors.js';
import type { JSONRPCMessage } from '../jsonrpc/types.js';
import { installed } from '../telemetry/installed.js';
import { every, longestTimerMs } from '../timers.js';
import { afterThisTurn } from './afterThisTurn.js';
import type { EventSink, Exchange } from './exchange.js';
import { eventStreamHeaders, type Reply } from './replies.js';
import { isEventId, keepAliveFrame, messageFrame, primingFrame, retryFrame } from './sse.js';

/** What all streams of one transport have in common. */
export interface StreamSettings {
    readonly keepAliveMs: number;
    readonly maxBufferedBytes: number;
    /** What a client is told to wait, in milliseconds, before a connection is closed under it; undefined: nothing. */
    readonly hangUpRetryMs: number | undefined;
    onerror(error: Error): void;
}

/** One event stream that is open to a client: frames, keep-alive and the bound on a slow reader. */
export class EventStream {
    /** Events that a replay has sent on this stream, so that a write which was under way meanwhile does not repeat one. */
    private replayed: Set<string> | undefined;
    private readonly sink: EventSink;
    private readonly method: 'GET' | 'POST';
    private keepAlive: ReturnType<typeof setInterval> | undefined;
    private closed = false;
    private released = false;

    /** @param onclose called once, whoever ends the stream. */
    constructor(
        exchange: Exchange,
        sessionId: () => string | undefined,
        private readonly settings: StreamSettings,
        private readonly onclose: (stream: EventStream) => void
    ) {
        this.sink = exchange.openStream(() => eventStreamHeaders(sessionId()));
        this.method = exchange.method === 'GET' ? 'GET' : 'POST';
        installed.streams[this.method]++;
        exchange.onAbort(() => this.markClosed());
    }

    get isClosed(): boolean {
        return this.closed;
    }

    /** Whether the head of the answer has left, so that its status can be changed no more. */
    get isReleased(): boolean {
        return this.released;
    }

    /** Sends a message, unless a replay has sent it before. False when it cannot be sent. */
    send(message: JSONRPCMessage, eventId?: string): boolean {
        if (this.closed || (eventId !== undefined && this.replayed?.has(eventId))) {
            return false;
        }
        if (this.released && this.sink.bufferedBytes > this.settings.maxBufferedBytes) {
            this.cut(bufferFull());
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

    /**
     * Sends an event of a replay, and remembers it. Goes as fast as the client reads. False when it cannot be sent.
     * @param certain whether the stream is known to be the client's, so that a long replay may begin to leave.
     */
    async replay(message: JSONRPCMessage, eventId: string, certain: boolean): Promise<boolean> {
        if (certain && this.sink.bufferedBytes > this.settings.maxBufferedBytes / 2) {
            this.release();
            await this.sink.drained();
        }
        const sent = this.send(message, eventId);
        if (sent) {
            (this.replayed ??= new Set()).add(eventId);
        }
        return sent;
    }

    /** Resolves when the client has read so much that more of what was read from a log may be sent. */
    async room(): Promise<void> {
        if (this.sink.bufferedBytes > this.settings.maxBufferedBytes / 2) {
            await this.sink.drained();
        }
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
        if (this.closed || this.released) {
            return;
        }
        this.released = true;
        try {
            this.sink.release();
        } catch (error) {
            // Other streams are released in the same turn.
            this.cut(toError(error));
            return;
        }
        const { keepAliveMs } = this.settings;
        if (Number.isFinite(keepAliveMs) && keepAliveMs >= 1) {
            this.keepAlive = every(() => this.beat(), Math.min(keepAliveMs, longestTimerMs));
        }
    }

    /** Ends the stream after what was sent. */
    end(): void {
        if (!this.closed) {
            this.markClosed();
            this.sink.end();
        }
    }

    /** Ends the stream before its time, so that the client comes back: at once, or as told. */
    hangUp(retryMs = this.settings.hangUpRetryMs): void {
        if (!this.closed && retryMs !== undefined) {
            this.sink.write(retryFrame(retryMs));
        }
        this.end();
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
            this.cut(bufferFull());
        } else {
            this.sink.write(keepAliveFrame);
        }
    }

    private cut(reason: Error): void {
        this.markClosed();
        this.sink.abort();
        this.settings.onerror(reason);
    }

    private markClosed(): void {
        if (!this.closed) {
            this.closed = true;
            installed.streams[this.method]--;
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

function bufferFull(): SessionError {
    return new SessionError(
        'BUFFER_FULL',
        'A client does not read its stream: its connection was closed with more than maxBufferedBytes waiting'
    );
}
