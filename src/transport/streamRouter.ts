import { toError } from '../errors.js';
import { isRequest, isResponse, type JSONRPCMessage, type JSONRPCRequest, type JSONRPCResponse, type RequestId } from '../jsonrpc/types.js';
import type { ResponseHook } from '../session/sessionGate.js';
import { EventStream, type StreamSettings } from './eventStream.js';
import type { Exchange } from './exchange.js';
import type { EventStore } from './options.js';
import { jsonReply, replies, type Reply } from './replies.js';
import { PendingRequests, RequestGroup, type PendingRequest } from './requestGroup.js';

const standaloneName = '_GET_stream';

export interface StreamRouterSettings {
    readonly eventStore: EventStore | undefined;
    /** The `retry` field of priming events, in milliseconds. */
    readonly retryMs: number | undefined;
    readonly streams: StreamSettings;
    /** Reject a request to the client that no stream can carry, in place of letting it run into its timeout. */
    readonly mustDeliverRequests: boolean;
    sessionId(): string | undefined;
    /** What the names of this session's streams begin with in the event store. */
    streamPrefix(): string;
}

/**
 * The streams of one session on this node, and which message goes on which.
 *
 * A message for a request goes on the stream of the POST that brought the request; everything else on the one standalone
 * stream. With an event store each is stored first, so that a client can resume a stream that broke.
 */
export class StreamRouter {
    /** Streams that are open to a client, by name. */
    private readonly open = new Map<string, EventStream>();
    private readonly pending = new PendingRequests();
    private closedReply: Reply | undefined;
    private streamCount = 0;

    constructor(private readonly settings: StreamRouterSettings) {}

    /** Whether a stream is open or a call runs. */
    get isBusy(): boolean {
        return this.open.size > 0 || this.pending.size > 0;
    }

    get isResumable(): boolean {
        return this.settings.eventStore !== undefined;
    }

    /** Begins the answer to a POST with requests. */
    begin(exchange: Exchange, asJson: boolean): RequestGroup {
        const streamId = this.newStreamId();
        if (asJson) {
            const group = new RequestGroup(streamId, reply => exchange.reply(reply));
            exchange.onAbort(() => this.abandon(group));
            return group;
        }
        const group = new RequestGroup(streamId, undefined);
        const opened = new EventStream(exchange, this.settings.sessionId, this.settings.streams, stream => {
            this.forget(streamId, stream);
            this.abandon(group);
        });
        this.register(streamId, opened);
        return group;
    }

    /** Notes a request as under way; the server is to get it under the returned one's id. */
    track(message: JSONRPCRequest, group: RequestGroup, hook: ResponseHook | undefined): PendingRequest {
        return this.pending.add(message.id, group, hook);
    }

    /** Gives the client of a new stream its first event id, if there is an event store. */
    async prime(group: RequestGroup): Promise<void> {
        const { eventStore, retryMs } = this.settings;
        if (eventStore && !group.replyJson) {
            const eventId = await eventStore.storeEvent(group.streamId, {} as JSONRPCMessage);
            this.open.get(group.streamId)?.prime(eventId, retryMs);
            group.resumable = true;
        }
    }

    /** Lets the answer begin to leave, unless something has to happen first. */
    release(group: RequestGroup): void {
        if (group.hooksToRun === 0) {
            this.open.get(group.streamId)?.releaseSoon();
        }
    }

    /** Answers a POST otherwise, and forgets its requests. */
    fail(group: RequestGroup, reply: Reply): void {
        this.pending.release(group);
        if (group.replyJson) {
            group.replyJson(reply);
        } else {
            this.open.get(group.streamId)?.discard(reply);
        }
    }

    /**
     * The request that a client's cancellation means, which from now on waits for no response. Undefined where several
     * under way have that id: none of them is cancelled, since it could be the wrong one.
     */
    cancel(clientId: RequestId): RequestId | undefined {
        const request = this.pending.findByClientId(clientId);
        if (request) {
            request.cancelled = true;
            this.releaseIfAbandoned(request.group);
        }
        return request?.id;
    }

    /** Whether several requests under way have this id. */
    isAmbiguous(clientId: RequestId): boolean {
        return this.pending.get(clientId) !== undefined && this.pending.findByClientId(clientId) === undefined;
    }

    /** Opens the standalone stream, or goes on with a stream that broke. */
    async get(exchange: Exchange): Promise<Reply | undefined> {
        const lastEventId = exchange.header('last-event-id');
        if (lastEventId && this.settings.eventStore) {
            return this.resume(exchange, lastEventId, this.settings.eventStore);
        }
        const name = this.standaloneStreamId;
        if (this.open.has(name)) {
            return replies.streamConflict;
        }
        const stream = this.newStream(exchange, name);
        this.register(name, stream);
        stream.release();
        return undefined;
    }

    async send(message: JSONRPCMessage, relatedRequestId: RequestId | undefined): Promise<void> {
        const requestId = isResponse(message) ? message.id : relatedRequestId;
        if (requestId === undefined) {
            if (isResponse(message)) {
                throw new Error('Cannot send a response on a standalone SSE stream unless resuming a previous client request');
            }
            return this.write(this.standaloneStreamId, message);
        }
        const request = this.pending.get(requestId);
        if (!request) {
            throw noConnection(requestId);
        }
        if (isResponse(message)) {
            return this.respond(request, message);
        }
        if (!request.group.replyJson) {
            return this.write(request.group.streamId, message, request.group);
        }
        this.checkDeliverable(message, false);
    }

    closeRequestStream(requestId: RequestId): void {
        const request = this.pending.get(requestId) ?? this.pending.findByClientId(requestId);
        if (request) {
            this.open.get(request.group.streamId)?.end();
        }
    }

    closeStandaloneStream(): void {
        this.open.get(this.standaloneStreamId)?.end();
    }

    /**
     * Ends every stream. Answers that have not begun are given the reply in place of their stream. The server may still
     * respond to what is under way; it reaches nobody.
     */
    close(reply: Reply): void {
        this.closedReply = reply;
        for (const group of this.pending.groups()) {
            if (group.replyJson) {
                group.replyJson(reply);
            } else if (group.hooksToRun > 0 || !group.handedOver) {
                this.open.get(group.streamId)?.discard(reply);
            }
        }
        for (const stream of [...this.open.values()]) {
            stream.end();
        }
    }

    /** Only an event store sees it; without one it need be unique in this transport alone. */
    private newStreamId(): string {
        return this.settings.eventStore ? this.settings.streamPrefix() + crypto.randomUUID() : String(++this.streamCount);
    }

    private get standaloneStreamId(): string {
        return this.settings.streamPrefix() + standaloneName;
    }

    private async respond(request: PendingRequest, response: JSONRPCResponse): Promise<void> {
        const { group, clientId, hook } = request;
        if (hook) {
            const refusal = await hook(response);
            if (refusal) {
                return this.fail(group, replies[refusal]);
            }
            group.hooksToRun--;
            this.release(group);
        }
        const answer = response.id === clientId ? response : { ...response, id: clientId };
        let eventId: string | undefined;
        let failure: Error | undefined;
        if (!group.replyJson && this.settings.eventStore) {
            try {
                eventId = await this.settings.eventStore.storeEvent(group.streamId, answer);
            } catch (error) {
                // It still goes to the client if that is there: better not resumable than lost.
                failure = toError(error);
            }
        }
        // From here on nothing may come between: what is sent after the last response has no stream to go on.
        this.emit(group.streamId, answer, eventId, group);
        request.response = answer;
        if (group.isComplete) {
            this.finish(group, request);
        } else {
            this.releaseIfAbandoned(group);
        }
        if (failure) {
            throw failure;
        }
    }

    private finish(group: RequestGroup, last: PendingRequest): void {
        this.pending.release(group);
        if (this.closedReply) {
            return;
        }
        if (group.finished) {
            throw noConnection(last.id);
        }
        group.finished = true;
        if (group.replyJson) {
            const responses = group.requests.map(request => request.response);
            group.replyJson(this.jsonReplyOf(responses.length === 1 ? responses[0] : responses));
            return;
        }
        const stream = this.open.get(group.streamId);
        if (stream) {
            stream.end();
        } else if (!(this.isResumable && group.resumable)) {
            throw noConnection(last.id);
        }
    }

    /** A result that is no JSON, such as one with a BigInt in it, is an error of the server's. */
    private jsonReplyOf(body: unknown): Reply {
        try {
            return jsonReply(body, this.settings.sessionId());
        } catch (error) {
            this.settings.streams.onerror(toError(error));
            return replies.internalError;
        }
    }

    /** Stores a message where there is an event store, and sends it where its stream is open. */
    private async write(streamId: string, message: JSONRPCMessage, group?: RequestGroup): Promise<void> {
        const { eventStore } = this.settings;
        const eventId = eventStore && (await eventStore.storeEvent(streamId, message));
        const open = this.emit(streamId, message, eventId, group);
        this.checkDeliverable(message, open || eventId !== undefined);
    }

    /** Sends a message if its stream is open now: a resume may have taken it over while the message was stored. */
    private emit(streamId: string, message: JSONRPCMessage, eventId: string | undefined, group?: RequestGroup): boolean {
        const stream = this.open.get(streamId);
        const sent = stream?.send(message, eventId) ?? false;
        if (sent && eventId !== undefined && group) {
            group.resumable = true;
        }
        return stream !== undefined;
    }

    private checkDeliverable(message: JSONRPCMessage, deliverable: boolean): void {
        if (!deliverable && this.settings.mustDeliverRequests && isRequest(message)) {
            throw new Error(`No stream is open to the client for ${message.method}`);
        }
    }

    private async resume(exchange: Exchange, lastEventId: string, eventStore: EventStore): Promise<Reply | undefined> {
        let name: string | undefined;
        let stream: EventStream | undefined;
        try {
            if (eventStore.getStreamIdForEventId) {
                name = await eventStore.getStreamIdForEventId(lastEventId);
                if (!name || !this.isOwn(name)) {
                    return replies.unknownEventId;
                }
                if (this.open.has(name)) {
                    return replies.resumeConflict;
                }
            }
            const certain = name !== undefined || this.isOwn('');
            const resumed = this.newStream(exchange, () => name);
            stream = resumed;
            name = await eventStore.replayEventsAfter(lastEventId, {
                send: async (eventId, message) => {
                    if (!(await resumed.replay(message, eventId, certain))) {
                        this.settings.streams.onerror(new Error('Failed replay events'));
                        resumed.end();
                    }
                }
            });
        } catch (error) {
            this.settings.streams.onerror(toError(error));
            return refuse(replies.replayFailed);
        }
        if (this.closedReply || stream.isClosed) {
            return refuse(this.closedReply ?? replies.sessionNotFound);
        }
        if (!this.isOwn(name)) {
            return refuse(replies.unknownEventId);
        }
        this.open.get(name)?.end();
        this.register(name, stream);
        for (const group of this.pending.groups()) {
            if (group.streamId === name) {
                group.resumable = true;
            }
        }
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

    private newStream(exchange: Exchange, name: string | (() => string | undefined)): EventStream {
        return new EventStream(exchange, this.settings.sessionId, this.settings.streams, stream => {
            const known = typeof name === 'string' ? name : name();
            if (known !== undefined) {
                this.forget(known, stream);
            }
        });
    }

    private isOwn(streamId: string): boolean {
        return streamId.startsWith(this.settings.streamPrefix());
    }

    private register(name: string, stream: EventStream): void {
        if (!stream.isClosed) {
            this.open.set(name, stream);
        }
    }

    /** A stream has ended. One that has taken its place stays. */
    private forget(name: string, stream: EventStream): void {
        if (this.open.get(name) === stream) {
            this.open.delete(name);
        }
    }

    private abandon(group: RequestGroup): void {
        group.abandoned = true;
        this.releaseIfAbandoned(group);
    }

    /** A cancelled request gets no response, so nothing but this would ever free what it holds. */
    private releaseIfAbandoned(group: RequestGroup): void {
        if (group.abandoned && group.requests.length > 0 && group.isSettled) {
            this.pending.release(group);
        }
    }
}

function noConnection(requestId: RequestId): Error {
    return new Error(`No connection established for request ID: ${String(requestId)}`);
}
