import { EventQueue } from './eventQueue.js';

/** A message in the log. */
export interface StoredEvent {
    readonly position: number;
    readonly stream: Stream;
    readonly json: string;
    readonly bytes: number;
    /** Milliseconds since the Unix epoch. */
    readonly at: number;
    readonly finalOf: string | undefined;
    readonly undelivered: boolean;
}

/** What is known of one stream. Positions are 0 where there is none. */
export interface Stream {
    readonly id: string;
    readonly events: EventQueue<StoredEvent>;
    /** The requests that have their final response in the log. */
    readonly finals: Set<string>;
    /** Who holds it; set by {@link StreamTable.hold}. */
    reader: string | undefined;
    /** How far readers have passed it on. */
    delivered: number;
    /** Nothing of it behind this position has been trimmed. */
    trimmedTo: number;
}

/** How many streams without an event are remembered. */
const maxEmptyStreams = 1000;

/** The streams of one session. Those that have nothing in the log are forgotten in time, the longest empty ones first. */
export class StreamTable {
    private readonly streams = new Map<string, Stream>();
    private readonly empty = new Set<Stream>();
    /** Of a stream that is not known, something up to here may have been trimmed. */
    private forgottenTo = 0;

    get(id: string): Stream | undefined {
        return this.streams.get(id);
    }

    /** {@link Stream.trimmedTo}, of any stream. */
    trimmedTo(id: string): number {
        return this.streams.get(id)?.trimmedTo ?? this.forgottenTo;
    }

    getOrCreate(id: string): Stream {
        let stream = this.streams.get(id);
        if (!stream) {
            stream = {
                id,
                events: new EventQueue(),
                finals: new Set(),
                reader: undefined,
                delivered: 0,
                trimmedTo: this.forgottenTo
            };
            this.streams.set(id, stream);
        }
        return stream;
    }

    /** Gives a stream to a reader, or to nobody. */
    hold(stream: Stream, reader: string | undefined): void {
        stream.reader = reader;
        if (stream.events.size === 0) {
            this.noteEmpty(stream);
        }
    }

    add(event: StoredEvent): void {
        const { stream, finalOf } = event;
        stream.events.push(event);
        this.empty.delete(stream);
        if (finalOf !== undefined) {
            stream.finals.add(finalOf);
        }
    }

    trim(event: StoredEvent): void {
        const { stream, position, finalOf } = event;
        stream.events.remove(event);
        stream.trimmedTo = Math.max(stream.trimmedTo, position);
        if (finalOf !== undefined) {
            stream.finals.delete(finalOf);
        }
        if (stream.events.size === 0) {
            this.noteEmpty(stream);
        }
    }

    private noteEmpty(stream: Stream): void {
        this.empty.delete(stream);
        this.empty.add(stream);
        if (this.empty.size > maxEmptyStreams) {
            this.forget(this.leastNeeded(stream));
        }
    }

    private leastNeeded(newest: Stream): Stream {
        for (const stream of this.empty) {
            // One that is held may be a connection that is open, and would be closed.
            if (stream.reader === undefined && stream !== newest) {
                return stream;
            }
        }
        const [oldest = newest] = this.empty;
        return oldest;
    }

    private forget(stream: Stream): void {
        this.empty.delete(stream);
        this.streams.delete(stream.id);
        this.forgottenTo = Math.max(this.forgottenTo, stream.trimmedTo);
    }
}
