import type { IncomingMessage } from 'node:http';

/** How much of an unwanted body is read, and for how long, so that the connection can be used again. */
const drainMs = 500;

/** Bytes that a serverless platform has read before us, as Google Cloud Functions and Firebase do. */
type WithRawBody = IncomingMessage & { rawBody?: unknown };

/** The body of a request as text, or null when it is over the limit. Rejects when the connection breaks. */
export function readNodeBody(request: IncomingMessage, maxBytes: number): Promise<string | null> {
    if (Number(request.headers['content-length']) > maxBytes) {
        return Promise.resolve(null);
    }
    const { rawBody } = request as WithRawBody;
    if (Buffer.isBuffer(rawBody)) {
        return Promise.resolve(rawBody.length > maxBytes ? null : decode(rawBody));
    }
    if (request.readableEnded) {
        return Promise.resolve('');
    }
    if (request.destroyed) {
        return Promise.reject(broken());
    }
    return new Promise((resolve, reject) => {
        const chunks: Buffer[] = [];
        let received = 0;
        request.on('data', (chunk: Buffer | string) => {
            const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
            received += bytes.length;
            if (received > maxBytes) {
                chunks.length = 0;
                resolve(null);
            } else {
                chunks.push(bytes);
            }
        });
        request.on('end', () => resolve(decode(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks))));
        // After the end, or after the limit, these come too late to change anything.
        request.on('error', reject);
        request.on('close', () => {
            if (!request.readableEnded) {
                reject(broken());
            }
        });
    });
}

/** Reads away what is left of a body that nobody wants, and closes the connection if that does not end soon. */
export function drain(request: IncomingMessage): void {
    // A stream of HTTP/2 ends by itself, and its connection carries others.
    if (request.complete || request.destroyed || request.httpVersionMajor >= 2) {
        return;
    }
    const timer = setTimeout(() => request.socket?.destroySoon(), drainMs);
    timer.unref();
    request.once('close', () => clearTimeout(timer)).once('end', () => clearTimeout(timer));
    request.on('error', () => clearTimeout(timer));
    request.resume();
}

function broken(): Error {
    return new Error('The client closed the connection before its request was complete');
}

function decode(bytes: Buffer): string {
    const text = bytes.toString('utf8');
    return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}
