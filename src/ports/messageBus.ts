export interface BusListener {
    /** A message to the address. Must not throw. */
    onMessage(message: string): void;
    /** Messages may have been missed, for example while a connection was lost. Called when they arrive again. */
    onGap(): void;
}

export interface BusSubscription {
    /** Ends it; no listener is called any more. Never rejects. May be called twice. */
    close(): Promise<void>;
}

/**
 * Short messages between the nodes of a cluster. It may lose messages and never repeats one: it is a doorbell, and what
 * must not be lost is in the log or the store.
 *
 * An address is visible ASCII: `nodes` (every node that listens), `node/<id>` (one node) or `session/<digest>` (whoever
 * has streams of a session open).
 */
export interface MessageBus {
    /** Whether a subscription costs calls while it lasts; then none is kept longer than it is needed. @default false */
    readonly polls?: boolean;

    /**
     * Sends a message to those who are subscribed to the address now. Resolves when it is on its way, with how many it
     * reached, or undefined where the bus cannot tell. Rejects when the bus is out of order.
     */
    publish(address: string, message: string): Promise<number | undefined>;

    /**
     * Resolves when messages that are published from now on reach the listener. A connection that is lost later is found
     * again by the bus itself, which then calls `onGap`. Several subscriptions to one address are served each.
     */
    subscribe(address: string, listener: BusListener): Promise<BusSubscription>;

    /** Ends all subscriptions and what the bus itself opened, a connection or a timer. May be called twice. */
    close?(): Promise<void>;
}
