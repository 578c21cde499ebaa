import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { AuthInfo, RequestInfo } from '../jsonrpc/types.js';
import { noteReply } from '../telemetry/installed.js';
import type { EventSink, Exchange } from './exchange.js';
import { drain, readNodeBody } from './nodeBody.js';
import { requestUrl } from './nodeUrl.js';
import type { Reply } from './replies.js';

/** Node keeps the first of these where the standard joins them; a second one must be seen, not overlooked. */
const keptOnce = new Set(['content-type', 'host']);

/** A request of `node:http` (or of its HTTP/2 counterpart), answered without a detour over fetch objects. */
export class NodeExchange implements Exchange {
    readonly method: string;
    authInfo: AuthInfo | undefined;
    readonly requestInfo: RequestInfo;
    /** Resolves when the answer has been handed over, or the client has gone. */
    readonly finished: Promise<void>;
    private finish!: () => void;
    /** Whether the connection is closed after the answer: this node is about to go. Not for HTTP/2. */
    isLast = false;
    /** The last byte of the answer has been handed over, or nobody waits for it. */
    private answered = false;

    constructor(
        private readonly request: IncomingMessage & { auth?: AuthInfo },
        private readonly response: ServerResponse,
        public parsedBody: unknown
    ) {
        this.method = request.method ?? 'GET';
        this.authInfo = request.auth;
        this.requestInfo = requestInfoOf(request);
        this.finished = new Promise(resolve => (this.finish = resolve));
    }

    get address(): string | undefined {
        return this.request.socket?.remoteAddress;
    }

    header(name: string): string | undefined {
        const value = this.request.headers[name];
        if (keptOnce.has(name) && value !== undefined) {
            return joined(this.request.rawHeaders, name);
        }
        return typeof value === 'string' ? value : value?.join(', ');
    }

    readBody(maxBytes: number): Promise<string | null> {
        return readNodeBody(this.request, maxBytes);
    }

    reply({ status, headers, body }: Reply): void {
        if (!this.response.headersSent && !this.response.destroyed) {
            this.answered = true;
            noteReply(this.method, status);
            if (body === null) {
                this.response.writeHead(status, headers).end();
            } else {
                const length = Buffer.byteLength(body);
                this.response.writeHead(status, withLength(headers, length));
                // All of it ASCII, as most answers are: the same bytes in either encoding, and this one is only copied.
                this.response.end(body, length === body.length ? 'latin1' : 'utf8');
            }
        }
        this.done();
    }

    onAbort(listener: () => void): void {
        const aborted = (): void => {
            // Somebody else may have ended the response; then too there is nobody to write to.
            if (!this.answered) {
                this.answered = true;
                listener();
                this.done();
            }
        };
        if (this.response.destroyed || this.response.writableEnded) {
            aborted();
        } else {
            this.response.on('close', aborted);
        }
    }

    openStream(headers: () => Record<string, string>): EventSink {
        return new NodeSink(this, this.response, headers);
    }

    /** The answer is complete as far as this process is concerned. */
    done(): void {
        this.answered = true;
        drain(this.request);
        this.finish();
    }
}

class NodeSink implements EventSink {
    private waiting = '';
    private released = false;
    private ended = false;

    constructor(
        private readonly exchange: NodeExchange,
        private readonly response: ServerResponse,
        private readonly headers: () => Record<string, string>
    ) {}

    get bufferedBytes(): number {
        return this.released ? this.response.writableLength : this.waiting.length;
    }

    write(text: string): boolean {
        if (this.ended || this.response.destroyed) {
            return false;
        }
        if (this.released) {
            this.response.write(text);
        } else {
            this.waiting += text;
        }
        return true;
    }

    release(): void {
        if (this.released || this.ended || this.response.destroyed || this.response.headersSent) {
            return;
        }
        this.released = true;
        this.response.writeHead(200, headOf(this.exchange, this.headers()));
        if (this.waiting === '') {
            this.response.flushHeaders();
        } else {
            this.response.write(this.waiting);
            this.waiting = '';
        }
    }

    end(): void {
        if (this.ended) {
            return;
        }
        this.ended = true;
        if (this.released) {
            this.response.end();
            this.exchange.done();
        } else {
            this.exchange.reply({ status: 200, headers: headOf(this.exchange, this.headers()), body: this.waiting });
        }
    }

    drained(): Promise<void> {
        return new Promise(resolve => {
            if (!this.response.writableNeedDrain || this.response.destroyed) {
                resolve();
            } else {
                this.response.once('drain', resolve).once('close', resolve);
            }
        });
    }

    abort(): void {
        this.ended = true;
        this.response.destroy();
        this.exchange.done();
    }

    discard(reply: Reply): void {
        this.ended = true;
        this.exchange.reply(reply);
    }
}

/**
 * What message handlers learn of the request. A plain object, since applications log and spread it; its URL is parsed
 * when somebody looks.
 */
function requestInfoOf(request: IncomingMessage): RequestInfo {
    let parsed: URL | undefined;
    return {
        headers: request.httpVersionMajor < 2 ? request.headers : withoutPseudoHeaders(request.headers),
        get url(): URL | undefined {
            return (parsed ??= requestUrl(request));
        }
    };
}

/** HTTP/2 has its method and path among the headers. */
function withoutPseudoHeaders(headers: IncomingMessage['headers']): RequestInfo['headers'] {
    return Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith(':')));
}

/** A stream says of itself that its connection is kept. */
function headOf({ isLast }: NodeExchange, headers: Record<string, string>): Record<string, string> {
    return isLast ? { ...headers, connection: 'close' } : headers;
}

/** Written out, since a copy by spreading is a good part of what an answer costs. */
function withLength(headers: Reply['headers'], length: number): OutgoingHttpHeaders {
    const all: OutgoingHttpHeaders = {};
    for (const name in headers) {
        all[name] = headers[name];
    }
    all['content-length'] = length;
    return all;
}

function joined(rawHeaders: readonly string[], name: string): string {
    const values: string[] = [];
    for (let index = 0; index < rawHeaders.length; index += 2) {
        const rawName = rawHeaders[index] as string;
        if (rawName.length === name.length && rawName.toLowerCase() === name) {
            values.push(rawHeaders[index + 1] as string);
        }
    }
    return values.join(', ');
}
