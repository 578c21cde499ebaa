/** One event of a stream, or a field that stands alone. */
export interface Event {
    id?: string;
    retry?: string;
    data?: string;
}

/** Reads an event stream piece by piece, as a client does. */
export class EventReader {
    readonly seen: Event[] = [];
    private text = '';
    private readonly reader: ReadableStreamDefaultReader<Uint8Array>;
    private readonly decoder = new TextDecoder();
    private ended = false;

    constructor(readonly response: Response) {
        if (!response.body) throw new Error(`No stream: ${response.status}`);
        this.reader = response.body.getReader();
    }

    /** The next message. Rejects when the stream ends before there is one. */
    async next(): Promise<Record<string, unknown>> {
        for (;;) {
            const event = await this.event();
            if (!event) throw new Error('The stream has ended');
            if (event.data) return JSON.parse(event.data) as Record<string, unknown>;
        }
    }

    /** All messages that are still to come, until the stream ends. */
    async rest(): Promise<Record<string, unknown>[]> {
        const messages: Record<string, unknown>[] = [];
        for (let event = await this.event(); event; event = await this.event()) {
            if (event.data) messages.push(JSON.parse(event.data) as Record<string, unknown>);
        }
        return messages;
    }

    /** What a client would send as `Last-Event-ID`. */
    get lastEventId(): string {
        return this.seen.filter(event => event.id !== undefined).at(-1)?.id ?? '';
    }

    /** The connection breaks. */
    async cut(): Promise<void> {
        await this.reader.cancel();
    }

    async event(): Promise<Event | undefined> {
        for (;;) {
            const end = this.text.indexOf('\n\n');
            if (end >= 0) {
                const block = this.text.slice(0, end);
                this.text = this.text.slice(end + 2);
                const event: Event = {};
                for (const line of block.split('\n')) {
                    const [, field, value = ''] = /^(id|retry|data): ?(.*)$/.exec(line) ?? [];
                    if (field) event[field as keyof Event] = value;
                }
                this.seen.push(event);
                return event;
            }
            if (this.ended) return undefined;
            const { done, value } = await this.reader.read();
            this.ended = done;
            this.text += this.decoder.decode(value, { stream: !done });
        }
    }
}
