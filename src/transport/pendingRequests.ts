import type { RequestId } from '../jsonrpc/types.js';
import type { ResponseHook } from '../session/sessionGate.js';
import type { Operation } from '../telemetry/instrumentation.js';
import type { PendingRequest, RequestGroup } from './requestGroup.js';

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

    /**
     * The request that a client's cancellation means, which from now on waits for no response. Undefined where several
     * under way have that id: none of them is cancelled, since it could be the wrong one.
     */
    cancel(clientId: RequestId): RequestId | undefined {
        const request = this.findByClientId(clientId);
        if (request) {
            request.cancelled = true;
            request.operation?.fail('cancelled');
            this.forgetIfAbandoned(request.group);
        }
        return request?.id;
    }

    /** Whether a request of this stream is under way. */
    isRunning(streamId: string): boolean {
        return this.groupOf(streamId)?.isSettled === false;
    }

    /** Whether such a request is under way, and nothing has been sent on its stream. */
    isSilent(streamId: string): boolean {
        const group = this.groupOf(streamId);
        return group !== undefined && !group.isSettled && !group.hasSpoken;
    }

    /** The client has the event ids of this stream. */
    noteResumed(streamId: string): void {
        const group = this.groupOf(streamId);
        if (group) {
            group.resumable = true;
        }
    }

    /** The client's connection is gone. */
    abandon(group: RequestGroup): void {
        group.abandoned = true;
        this.forgetIfAbandoned(group);
    }

    /** A cancelled request gets no response, so nothing but this would ever free what it holds. */
    forgetIfAbandoned(group: RequestGroup): void {
        if (group.abandoned && group.requests.length > 0 && group.isSettled) {
            this.forget(group);
        }
    }

    /** What still comes of these requests is of no answer. */
    forget(group: RequestGroup): void {
        this.release(group);
        group.onover?.();
    }

    /** Frees the ids of these requests, whose answer is about to be complete. */
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

    private groupOf(streamId: string): RequestGroup | undefined {
        return [...this.groups()].find(group => group.streamId === streamId);
    }
}

function isRunning(request: PendingRequest, clientId: RequestId): boolean {
    return request.clientId === clientId && request.response === undefined && !request.cancelled;
}
