import { toError } from '../errors.js';
import { isRequest, isResponse, type JSONRPCMessage, type JSONRPCRequest, type JSONRPCResponse, type RequestId } from '../jsonrpc/types.js';
import type { ResponseHook } from '../session/sessionGate.js';
import type { Operation } from '../telemetry/instrumentation.js';
import { tellOfEnd, tellOfStart } from './callEvents.js';
import type { Exchange } from './exchange.js';
import type { OpenStreams } from './openStreams.js';
import { PendingRequests } from './pendingRequests.js';
import { jsonReply, replies, type Reply } from './replies.js';
import { RequestGroup, type PendingRequest } from './requestGroup.js';
import type { Kept, StreamHistory } from './streamHistory.js';

export interface StreamRouterSettings {
    readonly open: OpenStreams;
    readonly history: StreamHistory;
    /** The `retry` field of priming events, in milliseconds. */
    readonly retryMs: number | undefined;
    /** Reject a request to the client that no stream can carry, in place of letting it run into its timeout. */
    readonly mustDeliverRequests: boolean;
    sessionId(): string | undefined;
    /** Empty where the session has none. */
    sessionName(): string;
    /** Called with each message that is sent, or kept for a client that comes for it; undefined where nobody keeps them. */
    readonly note: ((message: JSONRPCMessage) => void) | undefined;
    /** Called when a call began or ended. */
    onchange(): void;
    /** Resolves when other nodes can hear what was said to them; undefined when there is nothing to wait for. */
    told(): Promise<void> | undefined;
    onerror(error: Error): void;
}

/**
 * Which message goes on which stream.
 *
 * A message for a request goes on the stream of the POST that brought the request; everything else on the session's one
 * standalone stream. What can be kept is kept first, so that a client can resume a stream that broke.
 */
export class StreamRouter {
    /** The requests that have no response yet. */
    readonly pending: PendingRequests;
    private closedReply: Reply | undefined;

    constructor(private readonly settings: StreamRouterSettings) {
        this.pending = new PendingRequests(() => settings.onchange());
    }

    /** Whether a stream is open or a call runs. */
    get isBusy(): boolean {
        return this.settings.open.size > 0 || this.settings.history.readers > 0 || this.pending.size > 0;
    }

    get isResumable(): boolean {
        return this.settings.history.isResumable;
    }

    /** Begins the answer to a POST with requests. */
    begin(exchange: Exchange, asJson: boolean, clientIds: readonly RequestId[]): RequestGroup {
        const { open, history } = this.settings;
        const streamId = history.newStreamId(clientIds);
        const group = new RequestGroup(streamId, asJson ? reply => exchange.reply(reply) : undefined);
        // Its calls may go on when its stream has ended or its client has gone.
        exchange.waitUntil?.(new Promise(resolve => (group.onover = resolve)));
        if (asJson) {
            exchange.onAbort(() => this.pending.abandon(group));
            return group;
        }
        open.add(
            streamId,
            open.create(
                exchange,
                () => streamId,
                () => this.pending.abandon(group)
            )
        );
        return group;
    }

    /** Notes a request as under way; the server is to get it under the returned one's id. */
    track(message: JSONRPCRequest, group: RequestGroup, hook: ResponseHook | undefined, operation?: Operation): PendingRequest {
        const request = this.pending.add(message.id, group, hook, operation);
        tellOfStart(request, message, this.settings.sessionName());
        return request;
    }

    /** Gives the client of a new stream its first event id, if the stream can be resumed. */
    async prime(group: RequestGroup): Promise<void> {
        const { history, open, retryMs } = this.settings;
        const primed = group.replyJson ? undefined : history.prime(group.streamId);
        const eventId = typeof primed === 'object' ? await primed : primed;
        if (eventId !== undefined) {
            open.get(group.streamId)?.prime(eventId, retryMs);
            group.resumable = true;
        }
    }

    /** Lets the answer begin to leave, unless something has to happen first. */
    release(group: RequestGroup): void {
        if (group.hooksToRun === 0) {
            this.settings.open.get(group.streamId)?.releaseSoon();
        }
    }

    /** Answers a POST otherwise, and forgets its requests. */
    fail(group: RequestGroup, reply: Reply): void {
        this.pending.forget(group);
        failAll(group, String(reply.status));
        if (group.replyJson) {
            group.replyJson(reply);
        } else {
            this.settings.open.get(group.streamId)?.discard(reply);
        }
    }

    /** Sends a message of the server. Rejects when a response has nowhere to go. */
    async send(message: JSONRPCMessage, relatedRequestId: RequestId | undefined): Promise<void> {
        const requestId = isResponse(message) ? message.id : relatedRequestId;
        if (requestId === undefined) {
            if (isResponse(message)) {
                throw new Error('Cannot send a response on a standalone SSE stream unless resuming a previous client request');
            }
            return this.write(this.settings.history.standalone, message);
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
            this.settings.history.hangUp(request.group.streamId);
        }
    }

    closeStandaloneStream(): void {
        this.settings.history.hangUp(this.settings.history.standalone);
    }

    /**
     * Ends every stream. Answers that have not begun are given the reply in place of their stream. The server may still
     * respond to what is under way; it reaches nobody here.
     * @param mayComeBack whether the session goes on elsewhere.
     */
    close(reply: Reply, mayComeBack: boolean): void {
        this.closedReply = reply;
        const { open, history } = this.settings;
        for (const group of this.pending.groups()) {
            failAll(group, 'closed');
            if (group.answering === 0) {
                group.onover?.();
            }
            if (group.replyJson) {
                group.replyJson(reply);
            } else if (group.hooksToRun > 0 || !group.handedOver) {
                open.get(group.streamId)?.discard(reply);
            }
        }
        open.endAll(mayComeBack);
        history.close(reply, mayComeBack);
    }

    private async respond(request: PendingRequest, response: JSONRPCResponse): Promise<void> {
        const { group } = request;
        group.answering++;
        try {
            await this.answer(request, response);
        } finally {
            group.answering--;
            if (this.closedReply && group.answering === 0) {
                group.onover?.();
            }
        }
    }

    private async answer(request: PendingRequest, response: JSONRPCResponse): Promise<void> {
        const { open, history } = this.settings;
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
        group.hasSpoken = true;
        let kept: Kept = {};
        let failure: Error | undefined;
        if (!group.replyJson) {
            try {
                const keeping = history.keep(group.streamId, answer, { index: group.requests.indexOf(request) }, open.has(group.streamId));
                kept = keeping instanceof Promise ? await keeping : keeping;
            } catch (error) {
                // It still goes to the client if that is there: better not resumable than lost.
                failure = toError(error);
            }
        }
        if (kept.superseded) {
            // The client has been told that this node is gone; whoever is still connected here asks for the rest there.
            open.get(group.streamId)?.end();
            this.pending.forget(group);
            failAll(group, 'lost');
            return;
        }
        if (!this.closedReply || kept.eventId !== undefined) {
            this.settings.note?.(answer);
        }
        // From here on nothing may come between: what is sent after the last response has no stream to go on.
        this.emit(group.streamId, answer, kept.eventId, group);
        request.response = answer;
        request.operation?.end(answer);
        tellOfEnd(request, answer, this.settings.sessionName());
        if (group.isComplete) {
            await this.finish(group, request).finally(group.onover);
        } else {
            this.pending.forgetIfAbandoned(group);
        }
        if (failure) {
            if (!open.has(group.streamId)) {
                // Nobody will ever have this result.
                this.settings.onerror(failure);
            }
            throw failure;
        }
    }

    private async finish(group: RequestGroup, last: PendingRequest): Promise<void> {
        this.pending.release(group);
        if (this.closedReply) {
            return;
        }
        if (group.finished) {
            throw noConnection(last.id);
        }
        group.finished = true;
        const stream = this.settings.open.get(group.streamId);
        if (!group.replyJson && !stream && !(this.isResumable && group.resumable)) {
            throw noConnection(last.id);
        }
        // The process may live for this answer alone: what it has to tell others is told before it ends.
        const telling = this.settings.told();
        if (telling) {
            await telling;
        }
        if (group.replyJson) {
            const responses = group.requests.map(request => request.response);
            group.replyJson(this.jsonReplyOf(responses.length === 1 ? responses[0] : responses));
            return;
        }
        stream?.end();
    }

    /** A result that is no JSON, such as one with a BigInt in it, is an error of the server's. */
    private jsonReplyOf(body: unknown): Reply {
        try {
            return jsonReply(body, this.settings.sessionId());
        } catch (error) {
            this.settings.onerror(toError(error));
            return replies.internalError;
        }
    }

    /** Keeps a message where it can be kept, and sends it where its stream is open. */
    private async write(streamId: string, message: JSONRPCMessage, group?: RequestGroup): Promise<void> {
        const { open, history } = this.settings;
        if (group) {
            group.hasSpoken = true;
        }
        const keeping = history.keep(streamId, message, undefined, open.has(streamId));
        const { eventId, passedOn = false } = keeping instanceof Promise ? await keeping : keeping;
        const isOpen = this.emit(streamId, message, eventId, group);
        const isSent = isOpen || passedOn || eventId !== undefined;
        if (isSent) {
            this.settings.note?.(message);
        }
        this.checkDeliverable(message, isSent);
    }

    /** Sends a message if its stream is open now: a resume may have taken it over while the message was kept. */
    private emit(streamId: string, message: JSONRPCMessage, eventId: string | undefined, group?: RequestGroup): boolean {
        const { open, history } = this.settings;
        const stream = open.get(streamId);
        const sent = stream?.send(message, eventId) ?? false;
        if (sent && eventId !== undefined && group) {
            group.resumable = true;
        }
        if (!stream && eventId !== undefined) {
            history.ring(streamId);
        }
        return stream !== undefined;
    }

    private checkDeliverable(message: JSONRPCMessage, deliverable: boolean): void {
        if (!deliverable && this.settings.mustDeliverRequests && isRequest(message)) {
            throw new Error(`No stream is open to the client for ${message.method}`);
        }
    }
}

function failAll(group: RequestGroup, reason: string): void {
    group.requests.forEach(({ operation }) => operation?.fail(reason));
}

function noConnection(requestId: RequestId): Error {
    return new Error(`No connection established for request ID: ${String(requestId)}`);
}
