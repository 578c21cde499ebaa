import { withinDeadline } from '../deadline.js';
import { SessionError, toError } from '../errors.js';
import type { Mail, Mailbox } from '../ports/mailbox.js';
import type { BusListener, BusSubscription, MessageBus } from '../ports/messageBus.js';
import { PollTimer } from './pollTimer.js';

export interface PollingBusOptions {
    /** Milliseconds between polls while messages come or are expected. @default 50 */
    minIntervalMs?: number;
    /** Milliseconds between polls when nothing has come for a while. @default 1000 */
    maxIntervalMs?: number;
    /** Told of polls that failed; they are repeated. */
    onerror?: (error: Error) => void;
}

/** How the address of a node begins. Its name is new and nobody else reads it, so all that is there is for this node. */
const ownAddress = 'node/';

interface Subscriber {
    readonly listener: BusListener;
    isOpen: boolean;
}

interface Address {
    readonly name: string;
    readonly subscribers: Set<Subscriber>;
    /** Undefined until the first poll: what is posted before is missed. */
    cursor: string | undefined;
}

/** Addresses of nodes whose cursors are kept after the last subscription. A bus stands for one node, so one is usual. */
const maxKnown = 16;

/** How long a poll may take. What it answers later is not looked at. */
const pollTimeoutMs = 5000;

/**
 * A bus on a backend that cannot push. While there is a subscription it asks for what has come to all addresses, in one call
 * per poll; while there is none it makes no call and has no timer.
 *
 * A subscription misses what is published before the first poll after it, and its `onGap` is called then; but at the
 * address of a node, which nobody else reads, nothing is missed. What this bus itself publishes goes out when its own
 * subscriptions have begun, so that an answer to it is not missed.
 */
export class PollingBus implements MessageBus {
    readonly polls = true;
    private readonly addresses = new Map<string, Address>();
    /** Where addresses of nodes were left, so that the next subscription goes on there. */
    private readonly known = new Map<string, string>();
    /** Those that no poll has served yet. */
    private readonly newcomers = new Set<Subscriber>();
    private readonly timer: PollTimer;
    private readonly onerror: (error: Error) => void;
    private polling: Promise<void> | undefined;
    private isClosed = false;

    /** @throws RangeError if the intervals are not positive, or the longer one is shorter. */
    constructor(
        private readonly mailbox: Mailbox,
        { minIntervalMs = 50, maxIntervalMs = 1000, onerror = () => undefined }: PollingBusOptions = {}
    ) {
        if (!(minIntervalMs > 0 && maxIntervalMs >= minIntervalMs)) {
            throw new RangeError('minIntervalMs must be positive, and maxIntervalMs must not be less');
        }
        this.onerror = onerror;
        this.timer = new PollTimer(minIntervalMs, maxIntervalMs, () => void this.poll());
    }

    /** Resolves when every later poll, of any node, finds the message. Whether anybody polls is not known. */
    async publish(address: string, message: string): Promise<undefined> {
        this.checkOpen();
        if (this.hasNewAddress()) {
            await this.begin();
        }
        await this.mailbox.post(address, message);
        if (this.addresses.size > 0) {
            this.timer.soon();
        }
        return undefined;
    }

    /** Resolves at once, without a call. */
    async subscribe(name: string, listener: BusListener): Promise<BusSubscription> {
        this.checkOpen();
        const address = this.addresses.get(name) ?? { name, subscribers: new Set(), cursor: this.cursorOf(name) };
        const subscriber = { listener, isOpen: true };
        this.addresses.set(name, address);
        address.subscribers.add(subscriber);
        this.newcomers.add(subscriber);
        if (!this.timer.isFailing) {
            this.timer.soon();
        }
        return { close: async () => this.end(address, subscriber) };
    }

    async close(): Promise<void> {
        this.isClosed = true;
        for (const address of [...this.addresses.values()]) {
            address.subscribers.forEach(subscriber => this.end(address, subscriber));
        }
    }

    private end(address: Address, subscriber: Subscriber): void {
        subscriber.isOpen = false;
        this.newcomers.delete(subscriber);
        address.subscribers.delete(subscriber);
        if (address.subscribers.size === 0 && this.addresses.get(address.name) === address) {
            this.addresses.delete(address.name);
            this.remember(address);
        }
        if (this.addresses.size === 0) {
            this.timer.stop();
        }
    }

    /** Where a subscription begins: undefined for now. */
    private cursorOf(name: string): string | undefined {
        return name.startsWith(ownAddress) ? (this.known.get(name) ?? '') : undefined;
    }

    private remember({ name, cursor }: Address): void {
        if (!name.startsWith(ownAddress) || !cursor) {
            return;
        }
        this.known.delete(name);
        this.known.set(name, cursor);
        const [oldest = name] = this.known.keys();
        if (this.known.size > maxKnown) {
            this.known.delete(oldest);
        }
    }

    /** Has the new subscriptions begin now, if the mailbox can be reached. */
    private async begin(): Promise<void> {
        // A poll that is under way may have begun before them.
        const { polling } = this;
        await polling;
        if (this.hasNewAddress() && !(polling && this.timer.isFailing)) {
            await this.poll();
        }
    }

    /** Polls now, unless a poll is under way. Never rejects. */
    private poll(): Promise<void> {
        return (this.polling ??= this.pollOnce().finally(() => (this.polling = undefined)));
    }

    private async pollOnce(): Promise<void> {
        const addresses = [...this.addresses.values()];
        const cursors = new Map(addresses.map(({ name, cursor }) => [name, cursor]));
        const newcomers = [...this.newcomers];
        this.timer.hold();
        try {
            const answer = await withinDeadline(pollTimeoutMs, () => this.mailbox.collect(cursors), 'bus');
            const wereMissed = this.timer.isFailing;
            newcomers.forEach(newcomer => this.newcomers.delete(newcomer));
            const heard = addresses.map(address => {
                const mail = answer.get(address.name);
                return mail !== undefined && this.take(address, mail, newcomers, wereMissed);
            });
            if (this.addresses.size > 0) {
                this.timer.answered(!heard.includes(true));
            }
        } catch (error) {
            if (this.addresses.size > 0) {
                this.timer.failed();
            }
            this.onerror(toError(error));
        }
    }

    /** Passes on what came to an address. True when there was something. */
    private take(address: Address, { messages, cursor, missed }: Mail, newcomers: readonly Subscriber[], wereMissed: boolean): boolean {
        address.cursor = cursor;
        for (const subscriber of address.subscribers) {
            for (const message of messages) {
                call(subscriber, listener => listener.onMessage(message));
            }
            if (wereMissed || missed || newcomers.includes(subscriber)) {
                call(subscriber, listener => listener.onGap());
            }
        }
        return messages.length > 0;
    }

    private hasNewAddress(): boolean {
        return [...this.addresses.values()].some(({ cursor }) => cursor === undefined);
    }

    private checkOpen(): void {
        if (this.isClosed) {
            throw new SessionError('STORE_UNAVAILABLE', 'The message bus is closed');
        }
    }
}

/** In a turn of its own: a listener that throws harms no other, and no poll. */
function call(subscriber: Subscriber, task: (listener: BusListener) => void): void {
    queueMicrotask(() => {
        if (subscriber.isOpen) {
            task(subscriber.listener);
        }
    });
}
