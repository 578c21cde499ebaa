import { toError } from '../errors.js';
import type { JSONRPCMessage } from '../jsonrpc/types.js';
import type { EventStream } from './eventStream.js';
import type { Exchange } from './exchange.js';
import type { OpenStreams } from './openStreams.js';
import type { EventStore } from './options.js';
import { replies, type Reply } from './replies.js';
import type { Kept, StreamHistory } from './streamHistory.js';

const standaloneName = '_GET_stream';

export interface LocalHistorySettings {
    readonly eventStore: EventStore | undefined;
    readonly open: OpenStreams;
    /** What the names of this session's streams begin with in the event store. */
    streamPrefix(): string;
    /** A client that resumed has the event ids of this stream. */
    onresumed(streamId: string): void;
    onerror(error: Error): void;
}

/** Streams that are known to this node alone, and can be resumed here if the application gave an event store. */
export class LocalHistory implements StreamHistory {
    readonly readers = 0;
    private closedReply: Reply | undefined;
    private isRetiring = false;
    private streamCount = 0;

    constructor(private readonly settings: LocalHistorySettings) {}

    get isResumable(): boolean {
        return this.settings.eventStore !== undefined;
    }

    get standalone(): string {
        return this.settings.streamPrefix() + standaloneName;
    }

    /** Only an event store sees it; without one it need be unique in this transport alone. */
    newStreamId(): string {
        return this.isResumable ? this.settings.streamPrefix() + crypto.randomUUID() : String(++this.streamCount);
    }

    prime(streamId: string): Promise<string> | undefined {
        return this.settings.eventStore?.storeEvent(streamId, {} as JSONRPCMessage);
    }

    keep(streamId: string, message: JSONRPCMessage): Promise<Kept> | Kept {
        const { eventStore } = this.settings;
        return eventStore ? eventStore.storeEvent(streamId, message).then(eventId => ({ eventId })) : {};
    }

    ring(): void {
        // What is in the event store waits there until the client asks.
    }

    async get(exchange: Exchange): Promise<Reply | undefined> {
        const { eventStore, open } = this.settings;
        const lastEventId = exchange.header('last-event-id');
        if (lastEventId && eventStore) {
            return this.resume(exchange, lastEventId, eventStore);
        }
        const name = this.standalone;
        if (open.has(name)) {
            return replies.streamConflict;
        }
        const stream = open.create(exchange, () => name);
        open.add(name, stream);
        stream.release();
        if (this.isRetiring) {
            stream.hangUp();
        }
        return undefined;
    }

    get isStandaloneOpen(): boolean {
        return this.settings.open.has(this.standalone);
    }

    retire(): void {
        this.isRetiring = true;
        this.hangUp(this.standalone);
    }

    isReading(): boolean {
        return false;
    }

    yieldReader(): boolean {
        return false;
    }

    /** How long an event store keeps its events is the application's business. */
    touch(): undefined {
        return undefined;
    }

    hangUp(streamId: string): void {
        this.settings.open.get(streamId)?.hangUp();
    }

    close(reply: Reply): void {
        this.closedReply = reply;
    }

    left(): undefined {
        return undefined;
    }

    private async resume(exchange: Exchange, lastEventId: string, eventStore: EventStore): Promise<Reply | undefined> {
        const { open, onresumed, onerror } = this.settings;
        let name: string | undefined;
        let stream: EventStream | undefined;
        try {
            if (eventStore.getStreamIdForEventId) {
                name = await eventStore.getStreamIdForEventId(lastEventId);
                if (!name || !this.isOwn(name)) {
                    return replies.unknownEventId;
                }
                if (open.has(name)) {
                    return replies.resumeConflict;
                }
            }
            const certain = name !== undefined || this.isOwn('');
            const resumed = open.create(exchange, () => name);
            stream = resumed;
            name = await eventStore.replayEventsAfter(lastEventId, {
                send: async (eventId, message) => {
                    if (!(await resumed.replay(message, eventId, certain))) {
                        onerror(new Error('Failed replay events'));
                        resumed.end();
                    }
                }
            });
        } catch (error) {
            onerror(toError(error));
            return refuse(replies.replayFailed);
        }
        if (this.closedReply || stream.isClosed) {
            return refuse(this.closedReply ?? replies.sessionNotFound);
        }
        if (!this.isOwn(name)) {
            return refuse(replies.unknownEventId);
        }
        open.get(name)?.end();
        open.add(name, stream);
        onresumed(name);
        stream.release();
        return undefined;

        function refuse(reply: Reply): Reply | undefined {
            if (!stream || stream.isClosed) {
                return reply;
            }
            if (stream.isReleased) {
                stream.end();
            } else {
                stream.discard(reply);
            }
            return undefined;
        }
    }

    private isOwn(streamId: string): boolean {
        return streamId.startsWith(this.settings.streamPrefix());
    }
}
