import { EventStream, type StreamSettings } from './eventStream.js';
import type { Exchange } from './exchange.js';

/** The event streams of one session that are open to a client on this node, by name. */
export class OpenStreams {
    private readonly byName = new Map<string, EventStream>();

    constructor(
        private readonly settings: StreamSettings,
        private readonly sessionId: () => string | undefined,
        /** Called when a stream was added or has ended. */
        private readonly onchange: () => void
    ) {}

    get size(): number {
        return this.byName.size;
    }

    get(name: string): EventStream | undefined {
        return this.byName.get(name);
    }

    has(name: string): boolean {
        return this.byName.has(name);
    }

    /**
     * A stream that answers a request, not yet under any name.
     * @param name what it will be added under, as soon as that is known.
     * @param onclose called when it has ended, whoever ended it.
     */
    create(exchange: Exchange, name: () => string | undefined, onclose?: () => void): EventStream {
        return new EventStream(exchange, this.sessionId, this.settings, stream => {
            const known = name();
            // One that has taken its place stays.
            if (known !== undefined && this.byName.get(known) === stream) {
                this.byName.delete(known);
                this.onchange();
            }
            onclose?.();
        });
    }

    /** From now on what is sent to this name goes on this stream. */
    add(name: string, stream: EventStream): void {
        if (!stream.isClosed) {
            this.byName.set(name, stream);
            this.onchange();
        }
    }

    /** @param mayComeBack whether the clients find their session elsewhere, and so are told when to ask for it. */
    endAll(mayComeBack: boolean): void {
        for (const stream of [...this.byName.values()]) {
            if (mayComeBack) {
                stream.hangUp();
            } else {
                stream.end();
            }
        }
    }
}
