import { isDeepStrictEqual } from 'node:util';
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import { expect } from 'vitest';
import type { Answer } from './answer.js';
import { end, startEndpoint, type Endpoint, type Received, type Sent } from './endpoint.js';
import { official, ours, type Implementation, type Options, type Shell } from './implementations.js';
import { impatiently } from './patience.js';
import { result, type Json } from './messages.js';

/** Runs the same on the official package and on ours, and expects the same transcript. */
export async function expectSame(shell: Shell, options: () => Options, run: (endpoint: Endpoint) => Promise<unknown>): Promise<void> {
    const transcript = async (implementation: Implementation): Promise<unknown> => {
        const endpoint = await startEndpoint(implementation, shell, options());
        try {
            return await run(endpoint);
        } finally {
            await end(endpoint);
        }
    };
    const [reference, actual] = [await transcript(official), await transcript(ours)];
    if (!isDeepStrictEqual(actual, reference)) {
        expect(actual).toEqual(reference);
        throw new Error('The transcripts differ in a member that is undefined, or in a prototype');
    }
}

/** A request's answer as far as it does not depend on timing, or how the request failed. */
export interface Exchanged {
    readonly status: number | string;
    readonly headers: readonly string[];
    readonly answer: Answer | undefined;
}

export async function exchange(endpoint: Endpoint, sent: Sent): Promise<Exchanged> {
    try {
        const answer = await impatiently(endpoint.fetch(sent));
        const isStream = answer.header('content-type') === 'text/event-stream';
        const marksTheEnd = /^(content-length|transfer-encoding):/i;
        return { status: answer.status, headers: answer.headers.filter(line => !isStream || !marksTheEnd.test(line)), answer };
    } catch (error) {
        return { status: `failed: ${(error as Error).message}`, headers: [], answer: undefined };
    }
}

/** What `onerror` was told, but for the reuse of a stateless transport, of which the official package says nothing. */
export function reported(errors: readonly string[]): string[] {
    return errors.filter(message => !message.startsWith('Stateless transport cannot be reused'));
}

/** What a handler was told, in values that can be compared. */
export function told({ message, extra }: Received): unknown {
    return {
        message: plain(message),
        auth: extra?.authInfo,
        headers: { ...extra?.requestInfo?.headers },
        url: extra?.requestInfo?.url?.href,
        closeSSEStream: typeof extra?.closeSSEStream,
        closeStandaloneSSEStream: typeof extra?.closeStandaloneSSEStream
    };
}

/** The same value without what JSON does not have: prototypes, and members that are undefined. */
function plain(value: unknown): unknown {
    if (Array.isArray(value)) {
        return value.map(plain);
    }
    if (typeof value !== 'object' || value === null) {
        return value;
    }
    const members = Object.entries(value).filter(([, member]) => member !== undefined);
    return Object.fromEntries(members.map(([key, member]) => [key, plain(member)]));
}

/** A server that answers each request at once, with a message of its own before where it is asked to log. */
export function answerAtOnce(endpoint: Endpoint): void {
    endpoint.serve = (message: Json): JSONRPCMessage | undefined =>
        'method' in message && 'id' in message ? result(message['id'], { method: message['method'] }) : undefined;
}
