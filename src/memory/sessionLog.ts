import type { JSONRPCMessage } from '../jsonrpc/types.js';
import type { Claim, LogCursor, LogPage, NewEvent } from '../ports/eventLog.js';
import { EventQueue } from './eventQueue.js';
import { nextPosition, parsePosition, positionText } from './positions.js';
import { StreamTable, type StoredEvent, type Stream } from './streamTable.js';

/** What one session's log may hold. */
export interface LogCaps {
    readonly maxEvents: number;
    readonly maxBytes: number;
    readonly maxAgeMs: number;
}

/** The log of one session. */
export class SessionLog {
    private readonly streams = new StreamTable();
    /** In the order in which they are trimmed: all of the first before any of the second. */
    private readonly queues = [new EventQueue<StoredEvent>(), new EventQueue<StoredEvent>()] as const;
    private bytes = 0;
    /** The last position that was given out. */
    private end = 0;

    constructor(private readonly caps: LogCaps) {}

    /** Null when the request has its final response. @param json the event's message. */
    append({ streamId, finalOf, undelivered = false }: NewEvent, json: string): string | null {
        if (finalOf !== undefined && this.streams.get(streamId)?.finals.has(finalOf)) {
            return null;
        }
        const event: StoredEvent = {
            position: nextPosition(),
            stream: this.streams.getOrCreate(streamId),
            json,
            bytes: utf8Length(json),
            at: Date.now(),
            finalOf,
            undelivered: undelivered && finalOf !== undefined
        };
        this.streams.add(event);
        this.queueOf(event).push(event);
        this.bytes += event.bytes;
        this.end = event.position;
        this.trim();
        return positionText(event.position);
    }

    /** Where the log ends; `''` before its first event. */
    get lastPosition(): string {
        return positionText(this.end);
    }

    read(streamId: string, cursor: LogCursor, limit: number): LogPage | null {
        this.trim();
        const stream = this.streams.get(streamId);
        const from = this.positionOf(cursor, stream);
        if (from === undefined || from < this.streams.trimmedTo(streamId)) {
            return null;
        }
        const events = stream?.events.behind(from, limit) ?? [];
        const named = 'after' in cursor ? stream?.events.at(from) : undefined;
        const lookedTo = events.at(-1)?.position ?? from;
        const more = stream?.events.goesBeyond(lookedTo) ?? false;
        return {
            events: events.map(event => ({ position: positionText(event.position), message: messageOf(event) })),
            last: named && messageOf(named),
            position: positionText(more ? lookedTo : this.end),
            more,
            reader: stream?.reader
        };
    }

    claim(streamId: string, reader: string, condition?: { readonly ifHeldBy: string | undefined }): Claim {
        this.trim();
        const stream = this.streams.get(streamId);
        const previous = stream?.reader;
        const granted = !condition || condition.ifHeldBy === previous;
        const claim = {
            granted,
            previous,
            delivered: stream?.delivered ? positionText(stream.delivered) : undefined,
            kept: positionText(this.streams.trimmedTo(streamId))
        };
        if (granted) {
            this.streams.hold(this.streams.getOrCreate(streamId), reader);
        }
        return claim;
    }

    release(streamId: string, reader: string, delivered: string): void {
        const position = parsePosition(delivered) ?? 0;
        const stream = this.streams.getOrCreate(streamId);
        if (position <= this.end) {
            stream.delivered = Math.max(stream.delivered, position);
        }
        this.streams.hold(stream, stream.reader === reader ? undefined : stream.reader);
    }

    private positionOf(cursor: LogCursor, stream: Stream | undefined): number | undefined {
        if ('since' in cursor) {
            const position = parsePosition(cursor.since);
            return position !== undefined && position <= this.end ? position : undefined;
        }
        return stream?.events.at(parsePosition(cursor.after) ?? 0)?.position;
    }

    private trim(): void {
        const { maxEvents, maxBytes, maxAgeMs } = this.caps;
        const oldest = Date.now() - maxAgeMs;
        for (const queue of this.queues) {
            for (let event = queue.first; event && event.at < oldest; event = queue.first) {
                this.remove(event);
            }
        }
        while (this.queues[0].size + this.queues[1].size > maxEvents || this.bytes > maxBytes) {
            const event = this.queues[0].first ?? this.queues[1].first;
            if (!event) {
                return;
            }
            this.remove(event);
        }
    }

    private remove(event: StoredEvent): void {
        this.queueOf(event).remove(event);
        this.streams.trim(event);
        this.bytes -= event.bytes;
    }

    private queueOf({ undelivered }: StoredEvent): EventQueue<StoredEvent> {
        return this.queues[undelivered ? 1 : 0];
    }
}

function messageOf({ json }: StoredEvent): JSONRPCMessage {
    return JSON.parse(json) as JSONRPCMessage;
}

function utf8Length(text: string): number {
    let length = text.length;
    for (let i = 0; i < text.length; i++) {
        const code = text.charCodeAt(i);
        // Half of a pair that makes four bytes counts two.
        length += code < 0x80 ? 0 : code < 0x800 || (code >= 0xd800 && code < 0xe000) ? 1 : 2;
    }
    return length;
}
