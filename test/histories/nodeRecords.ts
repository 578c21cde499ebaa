import { closeSync, openSync, readSync } from 'node:fs';
import type { NodeRecord } from '../cluster/support/sentRecorder.js';
import type { QuestionEnd, Sent } from './history.js';

/** Reads what the nodes of a cluster wrote down, piece by piece. */
export class NodeRecords {
    #position = 0;

    constructor(readonly path: string) {}

    /** What was written since the last call. Only whole lines are taken. */
    read(): NodeRecord[] {
        const file = openSync(this.path, 'r');
        try {
            const chunks: Buffer[] = [];
            for (let position = this.#position; ; ) {
                const chunk = Buffer.alloc(64 * 1024);
                const length = readSync(file, chunk, 0, chunk.length, position);
                if (length === 0) break;
                chunks.push(chunk.subarray(0, length));
                position += length;
            }
            const text = Buffer.concat(chunks);
            const whole = text.subarray(0, text.lastIndexOf('\n') + 1);
            this.#position += whole.length;
            return whole
                .toString()
                .split('\n')
                .filter(line => line !== '')
                .map(line => JSON.parse(line) as NodeRecord);
        } finally {
            closeSync(file);
        }
    }
}

/** What servers sent, and how their questions ended. */
export function readRecords(records: readonly NodeRecord[]): { sent: Sent[]; questionEnds: QuestionEnd[] } {
    const sent = new Map<string, Sent>();
    const questionEnds: QuestionEnd[] = [];
    for (const record of records) {
        const { node, pid: life, at } = record;
        switch (record.what) {
            case 'begun': {
                const { token, kind, order } = record;
                const [, session = '', stream = ''] = /^tok:(.+)\/(.+)\/.+$/.exec(token) ?? [];
                sent.set(`${life} ${order}`, { token, session, stream, kind, node, life, order, begun: at });
                break;
            }
            case 'done':
                Object.assign(sent.get(`${life} ${record.order}`) ?? {}, { done: at });
                break;
            case 'failed':
                Object.assign(sent.get(`${life} ${record.order}`) ?? {}, { failure: record.error });
                break;
            case 'answered':
                questionEnds.push({ question: record.question, at, value: record.value });
                break;
            case 'unanswered':
                questionEnds.push({ question: record.question, at, failure: record.error });
        }
    }
    return { sent: [...sent.values()], questionEnds };
}
