import type { Claim, EventLog, LogCursor, LogPage, NewEvent } from '../ports/eventLog.js';
import { ExpiringMap } from './expiringMap.js';
import { SessionLog, type LogCaps } from './sessionLog.js';

export interface InMemoryEventLogOptions {
    /** Time to live of a session's log in seconds, counted from its last use. @default 3600 */
    ttlSeconds?: number;
    /** Events that one session's log holds. @default 10000 */
    maxEvents?: number;
    /** Bytes of JSON that one session's log holds. @default 16777216 */
    maxBytes?: number;
    /** Seconds after which an event is trimmed. @default none: it goes with its log */
    maxAgeSeconds?: number;
}

/** How long a dropped log refuses what is still on its way. */
const refuseMs = 120_000;

/**
 * Event logs in this process: for development, for tests, and as the reference for what an event log does. Messages are
 * kept as JSON, so what is read is never the object that was written.
 *
 * Over a cap the oldest events go first, and final responses that nobody has seen go last.
 */
export class InMemoryEventLog implements EventLog {
    /** Half of what a session's log holds, so that one does not push out all others. */
    readonly maxEventBytes: number;
    private readonly caps: LogCaps;
    private readonly logs: ExpiringMap<SessionLog>;
    private readonly dropped = new ExpiringMap<true>(refuseMs);

    /** @throws RangeError if an option is not a positive number. */
    constructor(options: InMemoryEventLogOptions = {}) {
        const { ttlSeconds = 3600, maxEvents = 10_000, maxBytes = 16 * 1024 * 1024, maxAgeSeconds = Infinity } = options;
        for (const [name, value] of Object.entries({ ttlSeconds, maxEvents, maxBytes, maxAgeSeconds })) {
            if (!(value > 0)) {
                throw new RangeError(`${name} must be a positive number, got ${String(value)}`);
            }
        }
        this.logs = new ExpiringMap(ttlSeconds * 1000);
        this.caps = { maxEvents, maxBytes, maxAgeMs: maxAgeSeconds * 1000 };
        this.maxEventBytes = Math.ceil(maxBytes / 2);
    }

    /** Logs that are held, of which some may have expired. */
    get size(): number {
        return this.logs.size;
    }

    async append(sessionId: string, events: readonly NewEvent[]): Promise<readonly (string | null)[]> {
        // All of them first: what cannot be JSON must not leave half of the events behind.
        const texts = events.map(({ message }) => JSON.stringify(message));
        if (events.length === 0 || this.dropped.get(sessionId)) {
            return events.map(() => null);
        }
        const log = this.use(sessionId);
        return events.map((event, index) => log.append(event, texts[index] ?? ''));
    }

    async read(sessionId: string, streamId: string, cursor: LogCursor, limit: number): Promise<LogPage | null> {
        return (this.logs.get(sessionId) ?? new SessionLog(this.caps)).read(streamId, cursor, limit);
    }

    async claim(
        sessionId: string,
        streamId: string,
        reader: string,
        condition?: { readonly ifHeldBy: string | undefined }
    ): Promise<Claim> {
        // Of a dropped session nothing is kept, so its reader learns at once that it does not hold the stream.
        const log = this.dropped.get(sessionId) ? new SessionLog(this.caps) : this.use(sessionId);
        return log.claim(streamId, reader, condition);
    }

    async release(sessionId: string, streamId: string, reader: string, delivered: string): Promise<void> {
        this.logs.get(sessionId)?.release(streamId, reader, delivered);
    }

    async drop(sessionId: string): Promise<void> {
        this.logs.delete(sessionId);
        this.dropped.set(sessionId, true);
    }

    async touch(sessionId: string): Promise<string> {
        this.logs.touch(sessionId);
        return this.logs.get(sessionId)?.lastPosition ?? '';
    }

    /** Nothing to release: what is kept stays for the others that share it. */
    async close(): Promise<void> {}

    /** The session's log, whose time to live starts anew. */
    private use(sessionId: string): SessionLog {
        const log = this.logs.get(sessionId) ?? new SessionLog(this.caps);
        this.logs.set(sessionId, log);
        return log;
    }
}
