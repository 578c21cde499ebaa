import { toError } from '../errors.js';
import { isResponse, type JSONRPCMessage, type JSONRPCResponse } from '../jsonrpc/types.js';
import type { LogCursor, LogPage } from '../ports/eventLog.js';
import { later } from '../timers.js';
import type { EventStream } from './eventStream.js';

/** How long to wait before a log that failed is read again. */
const firstPauseMs = 100;
const longestPauseMs = 2000;

export interface LogTailSettings {
    readonly stream: EventStream;
    /** Who reads, as it claimed the stream. */
    readonly reader: string;
    /** Where the reading begins. */
    readonly position: string;
    read(cursor: LogCursor): Promise<LogPage | null>;
    eventIdAt(position: string): string;
    /** Called when a page with events was passed on. */
    onpassed(): void;
    /** Called with each response that was passed on. True when with it the stream is complete. */
    onresponse(response: JSONRPCResponse): boolean;
    /** Another reader has claimed the stream; undefined: nobody holds it, for example because the log is gone. */
    onlost(to: string | undefined): void;
    onerror(error: Error): void;
}

/**
 * Passes one stream on from the log to a client: what is there, then what comes, each time that it is woken.
 *
 * Only what was read while this reader held the stream is passed on, so that no two connections get the same message.
 */
export class LogTail {
    /** How far the log has been read. */
    private position: string;
    /** How far the client has been given it. */
    private passedOn: string;
    private isReading = false;
    private wasWoken = false;
    private failures = 0;
    private timer: ReturnType<typeof setTimeout> | undefined;
    /** Messages that the log does not have. */
    private readonly unkept: JSONRPCMessage[] = [];
    /** Messages that the log has something else in place of, by its position. */
    private readonly stoodInFor = new Map<string, JSONRPCMessage>();

    constructor(private readonly settings: LogTailSettings) {
        this.position = settings.position;
        this.passedOn = settings.position;
    }

    /** How far the client has been given the stream. */
    get delivered(): string {
        return this.passedOn;
    }

    /** There may be more to read. */
    wake(): void {
        this.wasWoken = true;
        if (!this.isReading && this.timer === undefined) {
            void this.readAll();
        }
    }

    /**
     * Sends a message that the log does not have.
     * @param position where the log has what stands in for it; without one it is sent behind all that is in the log now.
     */
    sendLive(message: JSONRPCMessage, position: string | undefined): void {
        if (position === undefined) {
            this.unkept.push(message);
            this.wake();
        } else {
            this.stoodInFor.set(position, message);
        }
    }

    /** The stream has ended: nothing more is read. */
    stop(): void {
        clearTimeout(this.timer);
    }

    private async readAll(): Promise<void> {
        this.isReading = true;
        try {
            while (this.wasWoken && !this.settings.stream.isClosed) {
                this.wasWoken = false;
                const { length } = this.unkept;
                if (await this.readPage()) {
                    this.unkept.splice(0, length).forEach(message => this.settings.stream.send(message));
                }
            }
            this.failures = 0;
        } catch (error) {
            this.settings.onerror(toError(error));
            this.wakeLater();
        } finally {
            this.isReading = false;
        }
    }

    /** Whether all that is in the log was passed on. */
    private async readPage(): Promise<boolean> {
        const { stream, reader, read, eventIdAt, onpassed, onresponse, onlost } = this.settings;
        const page = await read({ since: this.position });
        if (stream.isClosed) {
            return false;
        }
        if (!page) {
            // What comes next has been trimmed: the client must learn that something is missing.
            stream.hangUp();
            return false;
        }
        if (page.reader !== reader) {
            onlost(page.reader);
            return false;
        }
        for (const { position, message } of page.events) {
            await stream.room();
            if (!stream.send(this.stoodInFor.get(position) ?? message, eventIdAt(position))) {
                return false;
            }
            // With nothing in between: who takes the stream over goes on behind this.
            this.passedOn = position;
            this.stoodInFor.delete(position);
            if (isResponse(message) && onresponse(message)) {
                stream.end();
                return false;
            }
        }
        // Behind the last event there may be many of other streams: whoever reads on need not look through them again.
        this.position = page.position;
        this.passedOn = page.position;
        this.wasWoken ||= page.more;
        if (page.events.length > 0) {
            onpassed();
        }
        return !page.more;
    }

    private wakeLater(): void {
        if (this.settings.stream.isClosed) {
            return;
        }
        const pause = Math.min(firstPauseMs * 2 ** this.failures++, longestPauseMs) * (0.5 + Math.random() / 2);
        this.timer = later(() => {
            this.timer = undefined;
            this.wake();
        }, pause);
    }
}
