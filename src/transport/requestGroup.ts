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

/**
 * Requests under way, by the id that the server knows.
 *
 * Some clients use one id for every request. Such a request gets an id of its own towards the server for as long as the
 * first one is under way, and its response goes to the POST that brought it, under the client's id.
 */
export class PendingRequests {
    private readonly byId = new Map<RequestId, PendingRequest>();
    private duplicates = 0;

    /** @param onchange called when a request was added, and when some were released. */
    constructor(private readonly onchange: () => void) {}

    get size(): number {
        return this.byId.size;
    }

    get(id: RequestId): PendingRequest | undefined {
        return this.byId.get(id);
    }

    add(clientId: RequestId, group: RequestGroup, hook: ResponseHook | undefined, operation?: Operation): PendingRequest {
        let id = clientId;
        while (this.byId.has(id)) {
            id = `${String(clientId)}~${++this.duplicates}`;
        }
        const request: PendingRequest = { id, clientId, group, hook, operation };
        this.byId.set(id, request);
        group.requests.push(request);
        if (hook) {
            group.hooksToRun++;
        }
        this.onchange();
        return request;
    }

    /** The one request under way that the client calls by this id; undefined when there is none or more than one. */
    findByClientId(clientId: RequestId): PendingRequest | undefined {
        if (this.duplicates === 0) {
            return this.byId.get(clientId);
        }
        let found: PendingRequest | undefined;
        for (const request of this.byId.values()) {
            if (isRunning(request, clientId)) {
                if (found) {
                    return undefined;
                }
                found = request;
            }
        }
        return found;
    }

    /** How many requests under way the client calls by this id. */
    countByClientId(clientId: RequestId): number {
        let count = 0;
        for (const request of this.byId.values()) {
            if (isRunning(request, clientId)) {
                count++;
            }
        }
        return count;
    }

    release(group: RequestGroup): void {
        for (const { id } of group.requests) {
            if (this.byId.get(id)?.group === group) {
                this.byId.delete(id);
            }
        }
        this.onchange();
    }

    /** All groups that still wait for something. */
    groups(): Set<RequestGroup> {
        return new Set([...this.byId.values()].map(request => request.group));
    }
}

function isRunning(request: PendingRequest, clientId: RequestId): boolean {
    return request.clientId === clientId && request.response === undefined && !request.cancelled;
}
