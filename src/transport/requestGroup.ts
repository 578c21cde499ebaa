import type { JSONRPCResponse, RequestId } from '../jsonrpc/types.js';
import type { ResponseHook } from '../session/sessionGate.js';
import type { Operation } from '../telemetry/instrumentation.js';
import type { ToldCall } from './callEvents.js';
import type { Reply } from './replies.js';

/** A request that was handed to the server and has no response yet. */
export interface PendingRequest {
    /** The id that the server knows. Differs from `clientId` where that one was in use already. */
    readonly id: RequestId;
    /** The id that the client sent and waits for. */
    readonly clientId: RequestId;
    readonly group: RequestGroup;
    readonly hook: ResponseHook | undefined;
    /** Present where it is measured. */
    readonly operation: Operation | undefined;
    response?: JSONRPCResponse;
    /** Present where somebody wants to know how it goes. */
    told?: ToldCall;
    /** The client gave it up; the server will not respond. */
    cancelled?: true;
}

/** The requests of one POST: they share one answer, which is complete with the last response. */
export class RequestGroup {
    readonly requests: PendingRequest[] = [];

    /** The client holds an event id of this stream, so what it misses can be replayed. */
    resumable = false;

    /** Responses that must be looked at before anything of this answer may leave. */
    hooksToRun = 0;

    /** The server has got the requests. */
    handedOver = false;

    /** Something has been sent on its stream, or is about to be. */
    hasSpoken = false;

    /** Each request has had its response; one more has nowhere to go. */
    finished = false;

    /** The client's connection is gone. */
    abandoned = false;

    /** Responses that are on their way: to be kept, and to the client. */
    answering = 0;

    /** Called when nothing more is done for this answer, at the latest. */
    onover: (() => void) | undefined;

    constructor(
        readonly streamId: string,
        /** How a POST in JSON response mode is answered; undefined for an event stream. */
        readonly replyJson: ((reply: Reply) => void) | undefined
    ) {}

    get isComplete(): boolean {
        return this.requests.every(request => request.response !== undefined);
    }

    /** Whether nothing more will come: each request has its response or was given up. */
    get isSettled(): boolean {
        return this.requests.every(request => request.response !== undefined || request.cancelled);
    }
}
