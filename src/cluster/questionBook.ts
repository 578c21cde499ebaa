import { isResponse, isRequest, type JSONRPCMessage, type RequestId } from '../jsonrpc/types.js';
import { routedId } from './nodeId.js';

/** A question that a server here asked its client and that has no answer yet. */
interface Asked {
    readonly asker: Questions;
    readonly id: RequestId;
    readonly progressToken: unknown;
}

/** The server's side of a session, as far as its questions go. */
export interface Asker {
    readonly session: string;
    receive(message: JSONRPCMessage): void;
}

/**
 * Questions of this node's servers to their clients, under ids that name the node: each server counts its own from 0, so
 * two nodes of one session would use the same ones, and the client's answer to one question would be taken for the
 * answer to another.
 */
export class QuestionBook {
    private readonly asked = new Map<string, Asked>();
    private count = 0;

    constructor(private readonly node: { readonly id: string }) {}

    /** @param asker learns of answers that arrive at other nodes, under the ids that its server knows. */
    forSession(asker: () => Asker): Questions {
        return new Questions(asker, {
            add: asked => {
                const id = routedId(this.node.id, ++this.count);
                this.asked.set(id, asked);
                return id;
            },
            get: id => (typeof id === 'string' ? this.asked.get(id) : undefined),
            delete: id => void this.asked.delete(id)
        });
    }

    /** Gives an answer or progress to the server that asked. One that has no asker any more, or is of another session, is dropped. */
    deliver(session: string, message: JSONRPCMessage): void {
        const id = isResponse(message) ? message.id : progressTokenOf(message);
        const asked = typeof id === 'string' ? this.asked.get(id) : undefined;
        const asker = asked?.asker.asker();
        if (asker?.session === session) {
            asker.receive(message);
        }
    }
}

interface Entries {
    add(asked: Asked): string;
    get(id: unknown): Asked | undefined;
    delete(id: string): void;
}

/** The questions of one session's server. */
export class Questions {
    /** From the ids that the server counts to those that the client sees. */
    private readonly wireIds = new Map<RequestId, string>();

    constructor(
        readonly asker: () => Asker,
        private readonly entries: Entries
    ) {}

    get size(): number {
        return this.wireIds.size;
    }

    /** A message of the server as the client is to see it. */
    outgoing(message: JSONRPCMessage): JSONRPCMessage {
        if (isRequest(message)) {
            const progressToken = message.params?._meta?.['progressToken'];
            const id = this.entries.add({ asker: this, id: message.id, progressToken });
            this.wireIds.set(message.id, id);
            return progressToken === undefined
                ? { ...message, id }
                : { ...message, id, params: { ...message.params, _meta: { ...message.params?._meta, progressToken: id } } };
        }
        if ('method' in message && message.method === 'notifications/cancelled') {
            const id = this.wireIds.get(message.params?.['requestId'] as RequestId);
            if (id !== undefined) {
                this.forget(id);
                return { ...message, params: { ...message.params, requestId: id } };
            }
        }
        return message;
    }

    /** Whether an answer or progress is to a question of this server. */
    owns(message: JSONRPCMessage): boolean {
        return this.own(isResponse(message) ? message.id : progressTokenOf(message)) !== undefined;
    }

    /** An answer or progress of the client as the server that asked is to see it; all else as it is. */
    incoming(message: JSONRPCMessage): JSONRPCMessage {
        if (isResponse(message)) {
            const asked = this.own(message.id);
            if (asked) {
                this.forget(message.id as string);
                return { ...message, id: asked.id };
            }
            return message;
        }
        const asked = this.own(progressTokenOf(message));
        return asked && 'method' in message ? { ...message, params: { ...message.params, progressToken: asked.progressToken } } : message;
    }

    /** The server asks no more; answers that come late have nobody to go to. */
    close(): void {
        for (const id of [...this.wireIds.values()]) {
            this.forget(id);
        }
    }

    private own(id: unknown): Asked | undefined {
        const asked = this.entries.get(id);
        return asked?.asker === this ? asked : undefined;
    }

    /** Nobody waits for the answer to this question any more. */
    forget(id: RequestId): void {
        const asked = this.own(id);
        if (asked) {
            this.entries.delete(id as string);
            this.wireIds.delete(asked.id);
        }
    }
}

/** The token of a progress notification. */
export function progressTokenOf(message: JSONRPCMessage): unknown {
    return 'method' in message && message.method === 'notifications/progress' ? message.params?.['progressToken'] : undefined;
}
