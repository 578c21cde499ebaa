import type { Answer } from './answer.js';
import type { Shell } from './implementations.js';
import { refusal } from './messages.js';

/** A whole answer, for comparison with a literal. */
export interface Whole {
    status: number;
    headers: readonly string[];
    body: string;
}

export async function whole(answer: Answer): Promise<Whole> {
    return { status: answer.status, headers: answer.headers, body: await answer.end() };
}

/** A refusal with the full set of headers that it has on this shell. */
export function refused(shell: Shell, status: number, code: number, message: string): Whole {
    return json(shell, status, refusal(code, message));
}

/** A JSON answer with the full set of headers that it has on this shell. */
export function json(shell: Shell, status: number, body: string, extra: readonly string[] = []): Whole {
    const length = Buffer.byteLength(body);
    const headers =
        shell === 'fetch'
            ? ['content-type: application/json', ...extra]
            : ['Connection: keep-alive', `content-length: ${length}`, 'content-type: application/json', 'Keep-Alive: timeout=5', ...extra];
    return { status, headers: headers.sort((a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1)), body };
}

/** An answer without a body. */
export function empty(shell: Shell, status: number): Whole {
    const headers = shell === 'fetch' ? [] : ['Connection: keep-alive', 'Keep-Alive: timeout=5', 'Transfer-Encoding: chunked'];
    return { status, headers, body: '' };
}

/**
 * A complete event stream. How its end is marked on a socket (length or chunks) depends on how much of it was there when
 * the head left, and is left out.
 */
export function streamed(body: string, extra: readonly string[] = []): Whole {
    return { status: 200, headers: streamHeaders(extra), body };
}

/** The headers of an event stream, but for what marks its end on a socket. */
export function streamHeaders(extra: readonly string[] = []): string[] {
    const known = ['cache-control: no-cache, no-transform', 'connection: keep-alive', 'content-type: text/event-stream'];
    return [...known, ...extra, 'x-accel-buffering: no'];
}

/** {@link whole}, without what marks the end of an event stream on a socket. */
export async function wholeStream(answer: Answer): Promise<Whole> {
    return { ...(await whole(answer)), headers: answer.headers.filter(line => !/^(content-length|transfer-encoding):/i.test(line)) };
}
