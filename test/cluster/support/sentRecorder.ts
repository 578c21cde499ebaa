import { openSync, writeSync } from 'node:fs';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';

/** Names a message, and by its parts the session and the stream that it is meant for. */
export const TOKEN = /tok:[\w-]+\/[\w-]+\/[\w-]+/;

/** One line of what a node writes down. Times are milliseconds of the clock that all processes of a machine share. */
export type NodeRecord = { node: string; pid: number; at: number } & (
    | { what: 'begun'; order: number; token: string; kind: 'message' | 'question' | 'final' }
    | { what: 'done'; order: number }
    | { what: 'failed'; order: number; error: string }
    | { what: 'answered'; question: string; value: string }
    | { what: 'unanswered'; question: string; error: string }
);

type Entry = NodeRecord extends infer R ? (R extends NodeRecord ? Omit<R, 'node' | 'pid' | 'at'> : never) : never;

/** Milliseconds of the clock that all processes of this machine share. */
export const machineTime = (): number => Number(process.hrtime.bigint() / 1000n) / 1000;

/** Writes down what the servers of a node send, so that it is known also when the node is killed: line by line, at once. */
export class SentRecorder {
    readonly #file: number;
    readonly #node: string;
    #order = 0;

    constructor(path: string, node: string) {
        this.#file = openSync(path, 'a');
        this.#node = node;
    }

    /** From now on every message with a token that goes through the transport is noted, before and after it is sent. */
    watch(transport: Transport): void {
        const send = transport.send.bind(transport);
        transport.send = async (message, options) => {
            const token = TOKEN.exec(JSON.stringify(message))?.[0];
            if (token === undefined) return send(message, options);
            const order = ++this.#order;
            const kind = !('method' in message) ? 'final' : 'id' in message ? 'question' : 'message';
            this.note({ what: 'begun', order, token, kind });
            try {
                await send(message, options);
                this.note({ what: 'done', order });
            } catch (error) {
                this.note({ what: 'failed', order, error: String(error) });
                throw error;
            }
        };
    }

    note(entry: Entry): void {
        writeSync(this.#file, `${JSON.stringify({ node: this.#node, pid: process.pid, at: machineTime(), ...entry })}\n`);
    }
}
