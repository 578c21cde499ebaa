import type { ClusterNode } from '../cluster/clusterNode.js';
import { unavailable, withinDeadline } from '../deadline.js';
import { isSessionError, toError } from '../errors.js';
import { isRequest, isResponse, type JSONRPCMessage, type RequestId } from '../jsonrpc/types.js';
import type { EventLog, LogCursor, LogPage } from '../ports/eventLog.js';
import { later, settled } from '../timers.js';
import { AppendQueue } from './appendQueue.js';
import { eventIdAt, originOf, parseEventId, primingIdAt, standaloneStream, streamIdOf } from './eventIds.js';
import { bytesOver, standIn, tooLarge } from './eventSize.js';
import type { Exchange } from './exchange.js';
import { pageSize, type LoggedReader } from './loggedReader.js';
import type { OpenStreams } from './openStreams.js';
import { replies, type Reply } from './replies.js';
import { isOfLostProducer, RequestReader } from './requestReader.js';
import { StandaloneReader } from './standaloneReader.js';
import type { FinalOf, Kept, StreamHistory } from './streamHistory.js';

/** How long a result that could not be kept is tried again while its client is away, and how often. */
const keepTryingMs = 30_000;
const tryAgainMs = 500;
/** How long an append that was given up is waited for: drivers hold commands back that long, and then reject them. */
const lateAppendMs = 15_000;

/** A reader that ends tells the log, and then the others. */
const leaveTimeouts = 2;

/** What the names of streams begin with that cannot be resumed. */
const unlogged = '~';

function isLogged(streamId: string): boolean {
    return !streamId.startsWith(unlogged);
}

/** What a newer GET for the standalone stream does to the one that is open. */
export type StandaloneStreamPolicy = 'takeover' | 'reject';

export interface LoggedHistorySettings {
    readonly log: EventLog;
    readonly node: ClusterNode;
    readonly open: OpenStreams;
    readonly standaloneStream: StandaloneStreamPolicy;
    readonly timeoutMs: number;
    /** Largest message that is kept, in bytes of JSON. */
    readonly maxEventBytes: number;
    /** How often the log's life is extended while the session is in use, in milliseconds. */
    readonly touchMs: number;
    /** The `retry` field of priming events, in milliseconds. */
    readonly retryMs: number | undefined;
    /** Whether the client of this request understands an event without data. */
    understandsPriming(exchange: Exchange): boolean;
    sessionId(): string | undefined;
    /** The session's name towards other nodes. */
    session(): string;
    /** Called with each error that a reader has put in place of a response; undefined where nobody keeps messages. */
    readonly note: ((message: JSONRPCMessage) => void) | undefined;
    /** Called when a reader began or ended. */
    onchange(): void;
    /** Called when the standalone stream has been opened here. */
    onstandalone(): void;
    onerror(error: Error): void;
}

/** Streams that any node can go on with, because all that they carry is in one log. */
export class LoggedHistory implements StreamHistory {
    readonly isResumable = true;
    readonly standalone = standaloneStream;
    private readonly readersHere = new Set<LoggedReader>();
    private readonly appends: AppendQueue;
    /** The last position that this node has heard of: what begins now is behind it. */
    private position = '';
    private touchedAt = -Infinity;
    private touched: Promise<void> | undefined;
    private closedReply: Reply | undefined;
    /** Resolves when the last append that was given up has been carried out, or will not be. */
    private late: Promise<unknown> | undefined;
    private isRetiring = false;
    /** What readers that have ended still have to say. */
    private readonly leaving = new Set<Promise<void>>();

    constructor(private readonly settings: LoggedHistorySettings) {
        this.appends = new AppendQueue(events => this.append(events));
    }

    get readers(): number {
        return this.readersHere.size;
    }

    newStreamId(clientIds: readonly RequestId[]): string {
        const { node, session } = this.settings;
        const count = node.nextStream();
        // A stream whose requests cannot be named to another node is one that cannot be resumed.
        return streamIdOf(session(), node.id, count, clientIds) ?? `${unlogged}${count}`;
    }

    prime(streamId: string): Promise<string> | string | undefined {
        if (!isLogged(streamId)) {
            return undefined;
        }
        // Where the log ends is being asked for since the session was taken over here.
        return this.position === '' && this.touched
            ? this.touched.then(() => primingIdAt(streamId, this.position))
            : primingIdAt(streamId, this.position);
    }

    async keep(streamId: string, message: JSONRPCMessage, finalOf: FinalOf | undefined, isConnected: boolean): Promise<Kept> {
        // An initialize that failed has no session, and so no log.
        if (!isLogged(streamId) || this.settings.sessionId() === undefined) {
            return {};
        }
        const { maxEventBytes, onerror, open } = this.settings;
        let bytes: number | undefined;
        try {
            bytes = bytesOver(maxEventBytes, message);
        } catch (error) {
            // What is no JSON is the fault of who sends it, and is not for the log to find out.
            if (open.has(streamId) && !finalOf) {
                onerror(toError(error));
                return {};
            }
            throw error;
        }
        if (bytes !== undefined && !finalOf) {
            return this.sendUnkept(streamId, message, bytes);
        }
        if (bytes !== undefined) {
            onerror(tooLarge(message, bytes, maxEventBytes, isConnected));
        }
        const event = {
            streamId,
            message: bytes === undefined ? message : standIn(message, bytes, maxEventBytes),
            ...(finalOf && { finalOf: String(finalOf.index) }),
            ...(!isConnected && { undelivered: true })
        };
        const deadline = performance.now() + keepTryingMs;
        const { position: before } = this;
        let wasTried = false;
        for (;;) {
            try {
                const position = (await this.appends.add(event)) ?? (wasTried ? await this.findOwn(streamId, message, before) : null);
                if (bytes !== undefined && position !== null) {
                    this.openReaderOf(streamId)?.sendLive(message, position);
                }
                return position === null ? { superseded: true } : { eventId: eventIdAt(streamId, position) };
            } catch (error) {
                wasTried = true;
                const isHere = open.has(streamId);
                if (isHere && !finalOf) {
                    // The client is here: it gets the message, though not a second time.
                    onerror(toError(error));
                    return {};
                }
                if (isHere || !finalOf || this.closedReply || !isSessionError(error) || performance.now() > deadline) {
                    throw error;
                }
                // A result is the work of the whole call, and its client will come for it.
                await new Promise<void>(resolve => {
                    later(resolve, tryAgainMs);
                });
            }
        }
    }

    /**
     * Where the log has a result that a try which was given up or failed has written all the same; null where it has none but the
     * error that another node wrote.
     */
    private async findOwn(streamId: string, message: JSONRPCMessage, before: string): Promise<string | null> {
        const { log, sessionId } = this.settings;
        for (let since: string | undefined = before; since !== undefined; ) {
            const cursor: LogCursor = { since };
            const page: LogPage | null = await this.within(() => log.read(sessionId() as string, streamId, cursor, pageSize));
            const own = page?.events.find(
                event =>
                    isResponse(event.message) && isResponse(message) && event.message.id === message.id && !isOfLostProducer(event.message)
            );
            if (own) {
                return own.position;
            }
            since = page?.more ? page.position : undefined;
        }
        return null;
    }

    /** A message that cannot be kept is for the client that is connected here. Rejects where a request cannot be sent. */
    private async sendUnkept(streamId: string, message: JSONRPCMessage, bytes: number): Promise<Kept> {
        const { open, maxEventBytes, onerror } = this.settings;
        // What was sent before is sent first.
        await this.appends.settled();
        const reader = this.openReaderOf(streamId);
        const isOpenHere = open.has(streamId) || reader !== undefined;
        const error = tooLarge(message, bytes, maxEventBytes, isOpenHere);
        if (!isOpenHere && isRequest(message)) {
            throw error;
        }
        onerror(error);
        reader?.sendLive(message);
        return { passedOn: reader !== undefined };
    }

    private openReaderOf(streamId: string): LoggedReader | undefined {
        return [...this.readersHere].find(reader => reader.streamId === streamId && reader.isPassingOn);
    }

    ring(streamId: string): void {
        this.settings.node.doorbells.ring(this.settings.session(), streamId);
    }

    async get(exchange: Exchange): Promise<Reply | undefined> {
        const reader = this.readerFor(exchange.header('last-event-id'));
        if (!reader) {
            return replies.unknownEventId;
        }
        this.readersHere.add(reader);
        this.settings.onchange();
        try {
            const refusal = await reader.open(exchange);
            if (refusal) {
                reader.close();
            } else if (this.closedReply || this.isRetiring) {
                reader.hangUp();
            } else if (reader.streamId === standaloneStream) {
                this.settings.onstandalone();
            }
            return refusal && (this.closedReply ?? refusal);
        } catch (error) {
            reader.close();
            this.settings.onerror(toError(error));
            return this.closedReply ?? replies.unavailable;
        }
    }

    hangUp(streamId: string): void {
        const { open, node, session } = this.settings;
        open.get(streamId)?.hangUp();
        node.doorbells.hangUp(session(), streamId);
    }

    get isStandaloneOpen(): boolean {
        return this.openReaderOf(standaloneStream) !== undefined;
    }

    retire(): void {
        this.isRetiring = true;
        for (const reader of [...this.readersHere].filter(reader => reader.isPassingOn)) {
            reader.hangUp();
        }
    }

    close(reply: Reply, mayComeBack: boolean): void {
        this.closedReply = reply;
        for (const reader of [...this.readersHere]) {
            if (mayComeBack) {
                reader.hangUp();
            } else {
                reader.end();
            }
        }
    }

    left(): Promise<unknown> | undefined {
        return this.leaving.size === 0 ? undefined : settled(Promise.all(this.leaving), leaveTimeouts * this.settings.timeoutMs);
    }

    private noteLeaving(leaving: Promise<void>): void {
        this.leaving.add(leaving);
        void leaving.then(() => this.leaving.delete(leaving));
    }

    /** Whether this reader holds its stream open here. */
    isReading(reader: string): boolean {
        return this.find(reader)?.isOpen ?? false;
    }

    yieldReader(reader: string): boolean {
        const found = this.find(reader);
        found?.yield();
        return found !== undefined;
    }

    private find(reader: string): LoggedReader | undefined {
        return [...this.readersHere].find(({ id }) => id === reader);
    }

    /** The session is used: its log must not expire before it. */
    touch(): Promise<void> | undefined {
        const { log, touchMs, onerror } = this.settings;
        const sessionId = this.settings.sessionId();
        if (sessionId === undefined || performance.now() - this.touchedAt < touchMs) {
            return undefined;
        }
        this.touchedAt = performance.now();
        this.touched = this.within(() => log.touch(sessionId)).then(
            position => {
                // A stream that begins here begins behind what there is already.
                this.position ||= position;
            },
            (error: unknown) => onerror(toError(error))
        );
        return this.touched;
    }

    private readerFor(lastEventId: string | undefined): LoggedReader | undefined {
        const settings = {
            ...this.settings,
            id: `${this.settings.node.id}.${this.settings.node.nextStream()}`,
            sessionId: () => this.settings.sessionId() as string,
            within: <T>(start: () => Promise<T>) => this.within(start),
            onposition: (position: string) => (this.position = position),
            onclose: (reader: LoggedReader) => {
                this.readersHere.delete(reader);
                this.settings.onchange();
            },
            onleaving: (leaving: Promise<void>) => this.noteLeaving(leaving)
        };
        if (lastEventId === undefined || lastEventId === '') {
            return new StandaloneReader(settings, undefined);
        }
        const { streamId, cursor } = parseEventId(lastEventId) ?? {};
        if (streamId === undefined || cursor === undefined) {
            return undefined;
        }
        if (streamId === standaloneStream) {
            return new StandaloneReader(settings, cursor);
        }
        const origin = originOf(this.settings.session(), streamId);
        return origin && new RequestReader(settings, streamId, cursor, origin);
    }

    private async append(events: Parameters<EventLog['append']>[1]): Promise<readonly (string | null)[]> {
        const { log, sessionId } = this.settings;
        const positions = await this.inOrder(() => log.append(sessionId() as string, events));
        this.position = positions.filter(position => position !== null).at(-1) ?? this.position;
        this.touchedAt = performance.now();
        return positions;
    }

    /**
     * An append that was given up may be carried out yet, when its driver finds its server again. What comes after it waits for
     * that, or a client that comes back would be given the late one behind what it has had.
     */
    private async inOrder<T>(append: () => Promise<T>): Promise<T> {
        const { late } = this;
        if (late && !(await settled(late, this.settings.timeoutMs))) {
            throw unavailable(new Error('An earlier append is still under way'));
        }
        let call: Promise<T> | undefined;
        try {
            return await this.within(() => (call = append()));
        } catch (error) {
            this.late = call && settled(call, lateAppendMs);
            throw error;
        }
    }

    private within<T>(start: () => Promise<T>): Promise<T> {
        return withinDeadline(this.settings.timeoutMs, start, 'log');
    }
}
