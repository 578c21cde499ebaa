/** An HTTP answer as its client sees it: the head at once, the body as it comes. */
export abstract class Answer {
    /** What has arrived of the body. */
    text = '';
    /** Whether the body has ended, in whichever way. */
    ended = false;
    /** Whether it ended as HTTP wants it, and not by a broken connection. */
    complete = false;
    private readonly waiting = new Set<() => void>();

    constructor(
        readonly status: number,
        /** Lines such as `content-type: application/json`, sorted by name, without `Date`. */
        readonly headers: readonly string[]
    ) {}

    /** The value of a header. */
    header(name: string): string | undefined {
        const line = this.headers.find(header => header.toLowerCase().startsWith(`${name}: `));
        return line?.slice(name.length + 2);
    }

    /** Resolves with the whole body when it has ended. */
    async end(): Promise<string> {
        while (!this.ended) {
            await this.change();
        }
        return this.text;
    }

    /** Resolves with what has arrived as soon as that meets the condition. */
    async until(condition: (text: string) => boolean): Promise<string> {
        while (!condition(this.text)) {
            if (this.ended) {
                throw new Error(`The answer ended before the condition was met. Its body: ${this.text}`);
            }
            await this.change();
        }
        return this.text;
    }

    /** Goes away as a client does that closes its connection. Resolves when the server has noticed. */
    abstract disconnect(): Promise<void>;

    protected arrived(text: string): void {
        this.text += text;
        this.wake();
    }

    protected over(complete: boolean): void {
        this.ended = true;
        this.complete = complete;
        this.wake();
    }

    private change(): Promise<void> {
        return new Promise(resolve => this.waiting.add(resolve));
    }

    private wake(): void {
        const waiting = [...this.waiting];
        this.waiting.clear();
        waiting.forEach(resolve => resolve());
    }
}

/** Header lines in an order that does not depend on who wrote them. */
export function sorted(headers: readonly string[]): string[] {
    const kept = headers.filter(header => !/^date:/i.test(header));
    return kept.sort((a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1));
}
