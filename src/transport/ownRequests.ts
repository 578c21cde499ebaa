import { SessionError } from '../errors.js';
import { isResponse, type JSONRPCMessage, type JSONRPCResponse, type RequestId } from '../jsonrpc/types.js';
import { later } from '../timers.js';

/** How long a server may take over a request of ours; they all are answered from memory. */
const answerTimeoutMs = 10_000;

interface Waiting {
    resolve(response: JSONRPCResponse): void;
    reject(error: Error): void;
}

/** Requests that the transport itself makes of its server, for example to restore a session. No client sees any of it. */
export class OwnRequests {
    private waiting: Map<RequestId, Waiting> | undefined;
    private count = 0;

    /** Makes an id, has the request delivered under it, and resolves with the server's response. */
    ask(deliver: (id: RequestId) => void): Promise<JSONRPCResponse> {
        const waiting = (this.waiting ??= new Map());
        const id = `transport:${++this.count}`;
        let timer: ReturnType<typeof setTimeout> | undefined;
        return new Promise<JSONRPCResponse>((resolve, reject) => {
            waiting.set(id, { resolve, reject });
            timer = later(() => {
                reject(new SessionError('RESTORE_FAILED', `The server did not answer within ${answerTimeoutMs} ms`));
            }, answerTimeoutMs);
            deliver(id);
        }).finally(() => {
            clearTimeout(timer);
            waiting.delete(id);
        });
    }

    /** Whether a message of the server belongs to a request of ours. Then it is dealt with. */
    take(message: JSONRPCMessage, relatedRequestId: RequestId | undefined): boolean {
        if (!this.waiting?.size) {
            return false;
        }
        const id = isResponse(message) ? message.id : relatedRequestId;
        const asked = id === undefined ? undefined : this.waiting.get(id);
        if (asked && isResponse(message)) {
            asked.resolve(message);
        }
        return asked !== undefined;
    }

    close(): void {
        for (const { reject } of this.waiting?.values() ?? []) {
            reject(new SessionError('RESTORE_FAILED', 'The transport was closed'));
        }
    }
}
