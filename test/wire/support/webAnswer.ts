import { Answer, sorted } from './answer.js';

/** A `Response`, read as it comes. */
export class WebAnswer extends Answer {
    private readonly reader: ReadableStreamDefaultReader<Uint8Array> | undefined;

    /** @param read whether to read the body; otherwise its chunks wait in the stream, as with a client that is slow. */
    constructor(response: Response, read = true) {
        super(response.status, sorted([...response.headers].map(([name, value]) => `${name}: ${value}`)));
        this.reader = response.body?.getReader();
        if (read) {
            this.start();
        }
    }

    /** Begins to read. */
    start(): void {
        this.readBody().then(
            () => this.over(true),
            () => this.over(false)
        );
    }

    async disconnect(): Promise<void> {
        await this.reader?.cancel();
    }

    private async readBody(): Promise<void> {
        const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
        for (;;) {
            const chunk = await this.reader?.read();
            if (!chunk || chunk.done) {
                return;
            }
            this.arrived(decoder.decode(chunk.value, { stream: true }));
        }
    }
}
