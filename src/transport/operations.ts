import { isResponse, isRequest, type JSONRPCMessage } from '../jsonrpc/types.js';
import type { Arrival, Instrumentation, Operation } from '../telemetry/instrumentation.js';
import type { Reply } from './replies.js';

/** What is measured of the messages of one POST. */
export class Operations {
    private constructor(
        private readonly byMessage: ReadonlyMap<JSONRPCMessage, Operation>,
        private readonly first: Operation
    ) {}

    /** Undefined when there is nothing to measure. Answers of the client are a part of what they answer. */
    static begin(instrumentation: Instrumentation, messages: readonly JSONRPCMessage[], arrival: Arrival): Operations | undefined {
        let byMessage: Map<JSONRPCMessage, Operation> | undefined;
        let first: Operation | undefined;
        for (const message of messages) {
            const operation = isResponse(message) ? undefined : instrumentation.arrived(message, arrival);
            if (operation) {
                first ??= operation;
                (byMessage ??= new Map()).set(message, operation);
            }
        }
        return byMessage && first && new Operations(byMessage, first);
    }

    of(message: JSONRPCMessage): Operation | undefined {
        return this.byMessage.get(message);
    }

    /**
     * Does what has to be done for all of them, such as finding their session: a part of the first. What is answered at once
     * is over then; requests that the server has end with their responses.
     */
    async run(step: () => Promise<Reply | undefined>): Promise<Reply | undefined> {
        try {
            const reply = await this.first.run(step);
            for (const [message, operation] of this.byMessage) {
                if (reply && reply.status >= 400) {
                    operation.fail(String(reply.status));
                } else if (reply || !isRequest(message)) {
                    operation.end();
                }
            }
            return reply;
        } catch (error) {
            this.byMessage.forEach(operation => operation.fail('500'));
            throw error;
        }
    }
}
