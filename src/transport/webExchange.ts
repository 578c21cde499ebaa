import type { AuthInfo, RequestInfo } from '../jsonrpc/types.js';
import { noteReply } from '../telemetry/installed.js';
import type { EventSink, Exchange } from './exchange.js';
import type { HandleRequestOptions } from './options.js';
import type { Reply } from './replies.js';

/** A request of the fetch API. */
export class WebExchange implements Exchange {
    authInfo: AuthInfo | undefined;
    parsedBody: unknown;
    readonly address: string | undefined;
    readonly waitUntil: ((work: Promise<void>) => void) | undefined;
    readonly response: Promise<Response>;
    respond!: (response: Response) => void;

    private info: RequestInfo | undefined;
    private abortListener: (() => void) | undefined;

    constructor(
        private readonly request: Request,
        options: HandleRequestOptions & Partial<Pick<Exchange, 'address' | 'waitUntil'>>
    ) {
        this.authInfo = options.authInfo;
        this.parsedBody = options.parsedBody;
        this.address = options.address;
        this.waitUntil = options.waitUntil;
        this.response = new Promise(resolve => (this.respond = resolve));
    }

    get method(): string {
        return this.request.method;
    }

    get requestInfo(): RequestInfo {
        return (this.info ??= { headers: Object.fromEntries(this.request.headers.entries()), url: new URL(this.request.url) });
    }

    header(name: string): string | undefined {
        return this.request.headers.get(name) ?? undefined;
    }

    async readBody(maxBytes: number): Promise<string | null> {
        if (Number(this.header('content-length')) > maxBytes) {
            return null;
        }
        const reader = this.request.body?.getReader() as ReadableStreamDefaultReader<Uint8Array> | undefined;
        if (!reader) {
            return '';
        }
        const decoder = new TextDecoder();
        let received = 0;
        let text = '';
        try {
            for (;;) {
                const { done, value } = await reader.read();
                if (done) {
                    return text + decoder.decode();
                }
                received += value.byteLength;
                if (received > maxBytes) {
                    return null;
                }
                text += decoder.decode(value, { stream: true });
            }
        } finally {
            reader.releaseLock();
        }
    }

    reply({ status, headers, body }: Reply): void {
        noteReply(this.method, status);
        this.respond(new Response(body, { status, headers }));
    }

    onAbort(listener: () => void): void {
        this.abortListener = () => {
            listener();
            // Whoever called waits for a response all the same, even if there is nobody to give it to.
            this.respond(new Response(null, { status: clientClosedRequest }));
        };
        const signal = this.request.signal as AbortSignal | undefined;
        if (signal?.aborted) {
            this.abortListener();
        } else {
            signal?.addEventListener('abort', this.abortListener, { once: true });
        }
    }

    openStream(headers: () => Record<string, string>): EventSink {
        return new WebSink(this, headers, () => this.abortListener?.());
    }
}

const encoder = new TextEncoder();

/** Not a registered status: servers log it for a client that did not wait. It never goes out. */
const clientClosedRequest = 499;

class WebSink implements EventSink {
    private waiting = '';
    private released = false;
    private ended = false;
    private controller!: ReadableStreamDefaultController<Uint8Array>;
    private onPull: (() => void) | undefined;

    constructor(
        private readonly exchange: WebExchange,
        private readonly headers: () => Record<string, string>,
        private readonly onCancel: () => void
    ) {}

    get bufferedBytes(): number {
        if (!this.released) {
            return this.waiting.length;
        }
        return this.ended ? 0 : -(this.controller.desiredSize ?? 0);
    }

    write(text: string): boolean {
        if (this.ended) {
            return false;
        }
        if (this.released) {
            this.controller.enqueue(encoder.encode(text));
        } else {
            this.waiting += text;
        }
        return true;
    }

    release(): void {
        if (this.released || this.ended) {
            return;
        }
        this.released = true;
        const body = new ReadableStream<Uint8Array>(
            {
                start: controller => {
                    this.controller = controller;
                },
                pull: () => this.onPull?.(),
                cancel: () => {
                    this.ended = true;
                    this.onPull?.();
                    this.onCancel();
                }
            },
            // So that `desiredSize` counts the bytes that nobody has read.
            { highWaterMark: 0, size: chunk => chunk.byteLength }
        );
        this.exchange.respond(new Response(body, { status: 200, headers: this.headers() }));
        if (this.waiting !== '') {
            this.write(this.waiting);
        }
    }

    end(): void {
        if (this.ended) {
            return;
        }
        if (!this.released) {
            this.release();
        }
        this.ended = true;
        this.controller.close();
    }

    drained(): Promise<void> {
        return new Promise(resolve => {
            if (this.bufferedBytes === 0) {
                resolve();
            } else {
                this.onPull = resolve;
            }
        });
    }

    abort(): void {
        if (this.released && !this.ended) {
            this.controller.error(new Error('The client does not read its stream'));
        }
        this.ended = true;
    }

    discard(reply: Reply): void {
        this.ended = true;
        this.exchange.reply(reply);
    }
}
