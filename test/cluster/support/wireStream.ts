/** One event of a stream, or a field that stands alone. */
export interface WireEvent {
    id?: string;
    retry?: string;
    data?: string;
}

/** A JSON-RPC message as it came over the wire. */
export interface WireMessage {
    id?: string | number;
    method?: string;
    params?: Record<string, unknown>;
    result?: Record<string, unknown>;
    error?: { code: number; message: string };
}

const PATIENCE_MS = 20_000;

/** An HTTP answer that is read event by event, as a client does. No wait is longer than the patience that is given. */
export class WireStream {
    /** Everything that came so far. */
    readonly seen: WireEvent[] = [];
    readonly #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
    readonly #decoder = new TextDecoder();
    #reading: Promise<Awaited<ReturnType<ReadableStreamDefaultReader<Uint8Array>['read']>>> | undefined;
    #text = '';
    #ended = false;

    private constructor(
        readonly response: Response,
        readonly sentLastEventId: string | undefined,
        readonly abort: () => void
    ) {
        this.#reader = this.isStream ? response.body?.getReader() : undefined;
    }

    static async open(url: string, init: Omit<RequestInit, 'signal'>, lastEventId?: string): Promise<WireStream> {
        const aborter = new AbortController();
        return new WireStream(await fetch(url, { ...init, signal: aborter.signal }), lastEventId, () => aborter.abort());
    }

    get status(): number {
        return this.response.status;
    }

    get isStream(): boolean {
        return this.response.headers.get('content-type')?.includes('text/event-stream') ?? false;
    }

    /** Whether the server has ended it. */
    get hasEnded(): boolean {
        return this.#ended;
    }

    /** What a client would send as `Last-Event-ID` now. */
    get lastEventId(): string | undefined {
        return this.seen.filter(event => event.id !== undefined).at(-1)?.id ?? this.sentLastEventId;
    }

    /** The whole body of an answer that is no stream. */
    body(): Promise<string> {
        return this.response.text();
    }

    /** The next event; undefined when the server has ended the stream. Rejects when neither comes about, or the connection breaks. */
    async event(patienceMs = PATIENCE_MS): Promise<WireEvent | undefined> {
        for (;;) {
            const end = this.#text.indexOf('\n\n');
            if (end >= 0) {
                const event = parseEvent(this.#text.slice(0, end));
                this.#text = this.#text.slice(end + 2);
                // Keep-alive comments are no events.
                if (!event) continue;
                this.seen.push(event);
                return event;
            }
            if (this.#ended) return undefined;
            await this.#read(patienceMs);
        }
    }

    /** The next message. Rejects when the stream ends before there is one. */
    async next(patienceMs?: number): Promise<WireMessage> {
        for (let event = await this.event(patienceMs); event; event = await this.event(patienceMs)) {
            if (event.data) return JSON.parse(event.data) as WireMessage;
        }
        throw new Error('The stream has ended');
    }

    /** All messages that are still to come, until the server ends the stream. */
    async rest(patienceMs?: number): Promise<WireMessage[]> {
        const messages: WireMessage[] = [];
        for (let event = await this.event(patienceMs); event; event = await this.event(patienceMs)) {
            if (event.data) messages.push(JSON.parse(event.data) as WireMessage);
        }
        return messages;
    }

    /** The connection breaks. */
    async cut(): Promise<void> {
        this.abort();
        // What was being read fails with it.
        await this.#reading?.catch(() => undefined);
    }

    async #read(patienceMs: number): Promise<void> {
        if (!this.#reader) throw new Error(`No stream: ${this.status}`);
        this.#reading ??= this.#reader.read();
        let timer: ReturnType<typeof setTimeout> | undefined;
        const late = new Promise<never>((_, reject) => {
            timer = setTimeout(() => reject(new Error(`Nothing came within ${patienceMs} ms`)), patienceMs);
        });
        try {
            const { done, value } = await Promise.race([this.#reading, late]);
            this.#reading = undefined;
            this.#ended = done;
            this.#text += this.#decoder.decode(value, { stream: !done });
        } finally {
            clearTimeout(timer);
        }
    }
}

function parseEvent(block: string): WireEvent | undefined {
    const event: WireEvent = {};
    for (const line of block.split('\n')) {
        const [, field, value = ''] = /^(id|retry|data): ?(.*)$/.exec(line) ?? [];
        if (field) event[field as keyof WireEvent] = value;
    }
    return Object.keys(event).length > 0 ? event : undefined;
}

/** The text of a tool's result. */
export const resultText = (message: WireMessage | undefined): string | undefined =>
    (message?.result?.['content'] as { text: string }[] | undefined)?.[0]?.text;

/** What a log message says. */
export const logged = (message: WireMessage): unknown => message.params?.['data'];
