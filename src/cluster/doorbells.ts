import type { MessageBus } from '../ports/messageBus.js';
import { later, settled } from '../timers.js';
import { parseBusMessage, type BusMessage, type StreamMessage } from './busMessages.js';
import { OnDemandSubscription } from './onDemandSubscription.js';

/** How often a bell that could not be rung is tried again, and how many times. */
const retryMs = 500;
const maxAttempts = 60;
/** How long an answer waits for a message to be where the others look for it. */
const tellTimeoutMs = 1000;

/** Reads one stream of a session from the log. */
export interface Reader {
    readonly streamId: string;
    /** Whether it passes the stream on already; one that is being opened may yet be refused. */
    readonly isPassingOn: boolean;
    /** There may be more to read. */
    wake(): void;
    /** Another reader let the stream go. */
    onReleased(reader: string): void;
    /** The server wants the client to come back later. */
    hangUp(): void;
}

interface Session {
    readonly readers: Set<Reader>;
    readonly subscription: OnDemandSubscription | undefined;
}

/** Tells the readers of a session's streams, wherever they are, that there is something new in the log. */
export class Doorbells {
    private readonly sessions = new Map<string, Session>();
    private readonly unheard = new Map<string, { attempts: number }>();
    /** By session, what is on its way to where other nodes look for it. */
    private readonly telling = new Map<string, Set<Promise<void>>>();

    constructor(private readonly bus: MessageBus | undefined) {}

    /** From now on the reader is woken, by other nodes once `ready` has resolved. Ends with `close`. */
    listen(session: string, reader: Reader): { ready: Promise<void>; close: () => void } {
        const entry = this.sessions.get(session) ?? this.begin(session);
        entry.readers.add(reader);
        let closed = false;
        return {
            ready: entry.subscription?.acquire() ?? Promise.resolve(),
            close: () => {
                if (closed) {
                    return;
                }
                closed = true;
                entry.readers.delete(reader);
                entry.subscription?.release();
                if (entry.readers.size === 0 && this.sessions.get(session) === entry) {
                    this.sessions.delete(session);
                }
            }
        };
    }

    /** There is something new in a stream. Goes to other nodes unless its reader is here. */
    ring(session: string, streamId: string): void {
        if (!this.tell(session, { stream: streamId })) {
            this.ringOutside(session, { stream: streamId });
        }
    }

    /** The same for every reader, wherever it is. */
    ringAll(session: string, streamId: string): void {
        this.tell(session, { stream: streamId });
        this.ringOutside(session, { stream: streamId });
    }

    private ringOutside(session: string, message: StreamMessage): void {
        void this.say(session, `session/${session}`, message);
    }

    /** Publishes a message about a session, and again if that fails, until it can be heard or for long enough. */
    insist(session: string, address: string, message: BusMessage): void {
        void this.say(session, address, message);
    }

    /** Resolves when the message is on its way, or has to be tried again. */
    private say(session: string, address: string, message: BusMessage): Promise<void> {
        const text = JSON.stringify(message);
        const published = this.publish(address, text).catch(() => this.ringLater(address, text));
        this.mustLeave(session, published);
        return published;
    }

    /** Has {@link told} wait for something else of the session that must leave this process. It does not reject. */
    mustLeave(session: string, leaving: Promise<void>): void {
        if (this.bus?.polls) {
            this.noteTelling(session, leaving);
        }
    }

    /**
     * What was said of a session so far is where other nodes look for it, or did not get there in time. To be waited for before
     * an answer ends: where nodes poll, this process may be one that is frozen from then on. Undefined when nothing is under way.
     */
    told(session: string): Promise<void> | undefined {
        const telling = this.telling.get(session);
        // What is late is tried again for as long as this process runs.
        return telling && settled(Promise.all(telling), tellTimeoutMs).then(() => undefined);
    }

    /** Says that a reader let a stream go. Resolves when that is on its way, or has to be tried again. */
    release(session: string, streamId: string, reader: string): Promise<void> {
        const message: StreamMessage = { stream: streamId, released: reader };
        this.tell(session, message);
        return this.say(session, `session/${session}`, message);
    }

    /** Has every reader of a stream end its connection. */
    hangUp(session: string, streamId: string): void {
        if (!this.tell(session, { stream: streamId, hangUp: true })) {
            this.ringOutside(session, { stream: streamId, hangUp: true });
        }
    }

    /** Tells whoever reads the stream here. False when nobody passes it on. */
    private tell(session: string, { stream, released, hangUp }: StreamMessage): boolean {
        const readers = [...(this.sessions.get(session)?.readers ?? [])].filter(reader => reader.streamId === stream);
        const isHeard = readers.some(reader => reader.isPassingOn);
        for (const reader of readers) {
            if (hangUp) {
                // What is being opened is the connection that comes after.
                if (reader.isPassingOn) {
                    reader.hangUp();
                }
            } else if (released !== undefined) {
                reader.onReleased(released);
            } else {
                reader.wake();
            }
        }
        return isHeard;
    }

    private begin(session: string): Session {
        const readers = new Set<Reader>();
        const listener = {
            onMessage: (text: string) => this.onMessage(session, text),
            // What was rung meanwhile is in the log.
            onGap: () => readers.forEach(reader => reader.wake())
        };
        const { bus } = this;
        const entry = {
            readers,
            subscription: bus && new OnDemandSubscription(bus, `session/${session}`, listener, 0)
        };
        this.sessions.set(session, entry);
        return entry;
    }

    private onMessage(session: string, text: string): void {
        const message = parseBusMessage(text);
        if (message && 'stream' in message) {
            this.tell(session, message);
        }
    }

    private async publish(address: string, text: string): Promise<void> {
        await this.bus?.publish(address, text);
    }

    private noteTelling(session: string, leaving: Promise<void>): void {
        const telling = this.telling.get(session) ?? new Set();
        this.telling.set(session, telling.add(leaving));
        void leaving.then(() => {
            telling.delete(leaving);
            if (telling.size === 0 && this.telling.get(session) === telling) {
                this.telling.delete(session);
            }
        });
    }

    /** A bell that nobody heard leaves a reader waiting, so it is rung until it can be heard, or long enough. */
    private ringLater(address: string, text: string): void {
        const key = `${address} ${text}`;
        if (this.unheard.has(key)) {
            return;
        }
        const entry = { attempts: 0 };
        this.unheard.set(key, entry);
        const again = (): void => {
            later(() => {
                this.publish(address, text).then(
                    () => this.unheard.delete(key),
                    () => (++entry.attempts < maxAttempts ? again() : void this.unheard.delete(key))
                );
            }, retryMs);
        };
        again();
    }
}
