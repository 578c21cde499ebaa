import { SessionError } from '../errors.js';
import type { BusListener, BusSubscription, MessageBus } from '../ports/messageBus.js';

export interface InMemoryMessageBusOptions {
    /** The bus of another node of the same cluster, when several nodes live in one process. */
    shareWith?: InMemoryMessageBus;
}

interface Subscriber {
    readonly address: string;
    readonly listener: BusListener;
    isOpen: boolean;
}

/** Listeners by address, of all nodes. */
type Exchange = Map<string, Set<Subscriber>>;

/**
 * Messages between nodes that live in one process: for development, for tests, and as the reference for what a bus does.
 * Each node has a bus of its own. Messages are delivered after {@link publish} has returned, and none is ever missed.
 */
export class InMemoryMessageBus implements MessageBus {
    private readonly exchange: Exchange;
    private readonly subscribers = new Set<Subscriber>();
    private isClosed = false;

    constructor({ shareWith }: InMemoryMessageBusOptions = {}) {
        this.exchange = shareWith?.exchange ?? new Map<string, Set<Subscriber>>();
    }

    /** Addresses at which somebody listens, on any node. */
    get size(): number {
        return this.exchange.size;
    }

    async publish(address: string, message: string): Promise<number> {
        this.checkOpen();
        const reached = [...(this.exchange.get(address) ?? [])];
        for (const subscriber of reached) {
            queueMicrotask(() => {
                if (subscriber.isOpen) {
                    subscriber.listener.onMessage(message);
                }
            });
        }
        return reached.length;
    }

    async subscribe(address: string, listener: BusListener): Promise<BusSubscription> {
        this.checkOpen();
        const subscriber = { address, listener, isOpen: true };
        this.exchange.set(address, (this.exchange.get(address) ?? new Set()).add(subscriber));
        this.subscribers.add(subscriber);
        return { close: async () => this.end(subscriber) };
    }

    async close(): Promise<void> {
        this.isClosed = true;
        this.subscribers.forEach(subscriber => this.end(subscriber));
    }

    private end(subscriber: Subscriber): void {
        subscriber.isOpen = false;
        this.subscribers.delete(subscriber);
        const listening = this.exchange.get(subscriber.address);
        listening?.delete(subscriber);
        if (listening?.size === 0) {
            this.exchange.delete(subscriber.address);
        }
    }

    private checkOpen(): void {
        if (this.isClosed) {
            throw new SessionError('STORE_UNAVAILABLE', 'The message bus is closed');
        }
    }
}
