import type { Endpoint } from './endpoint.js';
import { refusal } from './messages.js';

/** What the client got: status and body; `rejected: …` where the fetch API has no answer. */
export async function outcome(answering: ReturnType<Endpoint['fetch']>): Promise<[status: number, body: string] | string> {
    try {
        const answer = await answering;
        return [answer.status, await answer.end()];
    } catch (error) {
        return `rejected: ${(error as Error).message}`;
    }
}

export const internalError = [500, refusal(-32603, 'Internal error')];

/** How the official package tells a client of an exception. */
export function parseError(data: string): [status: number, body: string] {
    return [400, `{"jsonrpc":"2.0","error":{"code":-32700,"message":"Parse error","data":${JSON.stringify(data)}},"id":null}`];
}
