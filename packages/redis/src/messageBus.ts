import { type BusListener, type BusSubscription, type MessageBus, requirePositive, SessionError } from '@mcp-sessions/core';
import { CallNames } from './callNames.js';
import { commandsOf, type RedisClient } from './client.js';
import type { RedisChannels } from './commands.js';
import { RecentNames } from './recentNames.js';
import type { SessionLogger } from './sessionStore.js';
import { Subscriber } from './subscriber.js';

export interface RedisMessageBusOptions {
    /** It stays yours: the bus never closes it. */
    redis: RedisClient;
    /** Stands before every channel. @default 'mcp:session:' */
    keyPrefix?: string;
    /** How often the connection that listens is asked whether it still lives. @default 5000 */
    heartbeatMs?: number;
    /**
     * In a cluster, whether each message goes only to the server that has its channel, and not to all. Takes a client and
     * servers (Redis 7) that know sharded channels; where they do not, it is false. All nodes must agree: set it to false
     * while clients or servers of both kinds are in use. @default true
     */
    sharded?: boolean;
    /** Told when that connection is lost, and when it is there again. @default none */
    logger?: SessionLogger;
}

interface Subscription {
    readonly listener: BusListener;
    /** Whether it has been told that messages reach it. */
    isActive: boolean;
}

/**
 * Messages between nodes by Redis pub/sub. It publishes on your client, and listens on one more connection that is made like
 * yours with the first subscription and ended half a minute after the last. When that connection is lost or no longer
 * answers, it is made anew until it succeeds; a first subscription waits for that.
 *
 * While something is subscribed the connection keeps the process alive: call {@link close} to let it end.
 */
export class RedisMessageBus implements MessageBus {
    private readonly channels: RedisChannels;
    private readonly logger: SessionLogger | undefined;
    private readonly subscriber: Subscriber;
    private readonly subscriptions = new Map<string, Set<Subscription>>();
    private readonly names = new CallNames();
    private readonly recent = new RecentNames();
    private isLost = false;
    private isClosed = false;

    /** @throws RangeError if `heartbeatMs` is not a positive number; TypeError without a client that knows pub/sub. */
    constructor({ redis, keyPrefix = 'mcp:session:', heartbeatMs = 5000, sharded = true, logger }: RedisMessageBusOptions) {
        const channels = commandsOf(redis, 'RedisMessageBus').channels?.({ keyPrefix, sharded });
        if (!channels) {
            throw new TypeError('RedisMessageBus needs a client with pub/sub. With this one, let the nodes poll: push: false');
        }
        this.channels = channels;
        this.logger = logger;
        this.subscriber = new Subscriber({
            channels,
            heartbeatMs: requirePositive(heartbeatMs, 'heartbeatMs'),
            onMessage: (channel, text) => this.receive(channel, text),
            onRestored: channels => this.restored(channels),
            onLost: error => this.lost(error)
        });
    }

    async publish(address: string, message: string): Promise<number | undefined> {
        this.checkOpen();
        return this.channels.publish(this.channels.prefix + address, `${this.names.unique()} ${message}`);
    }

    async subscribe(address: string, listener: BusListener): Promise<BusSubscription> {
        this.checkOpen();
        const channel = this.channels.prefix + address;
        const subscription = { listener, isActive: false };
        const subscriptions = this.subscriptions.get(channel) ?? new Set();
        this.subscriptions.set(channel, subscriptions.add(subscription));
        try {
            await this.subscriber.add(channel);
        } catch (error) {
            await this.end(channel, subscription);
            throw error;
        }
        subscription.isActive = true;
        return { close: () => this.end(channel, subscription) };
    }

    async close(): Promise<void> {
        this.isClosed = true;
        this.subscriptions.clear();
        await this.subscriber.close();
    }

    private async end(channel: string, subscription: Subscription): Promise<void> {
        subscription.isActive = false;
        const subscriptions = this.subscriptions.get(channel);
        if (subscriptions?.delete(subscription) && subscriptions.size === 0) {
            this.subscriptions.delete(channel);
            await this.subscriber.remove(channel);
        }
    }

    private receive(channel: string, text: string): void {
        const subscriptions = this.subscriptions.get(channel);
        const end = text.indexOf(' ');
        // The client that publishes sends again what was not answered when its connection broke.
        if (!subscriptions || end < 1 || !this.recent.add(text.slice(0, end))) {
            return;
        }
        for (const subscription of [...subscriptions]) {
            if (subscriptions.has(subscription)) {
                subscription.listener.onMessage(text.slice(end + 1));
            }
        }
    }

    private restored(channels: readonly string[]): void {
        if (this.isLost) {
            this.isLost = false;
            this.logger?.warn('mcp-sessions: the message bus listens to Redis again');
        }
        for (const channel of channels) {
            for (const { listener, isActive } of [...(this.subscriptions.get(channel) ?? [])]) {
                if (isActive) {
                    listener.onGap();
                }
            }
        }
    }

    private lost(error: Error): void {
        if (!this.isLost && !this.isClosed) {
            this.isLost = true;
            this.logger?.warn(`mcp-sessions: the message bus cannot listen to Redis and tries again: ${error.message}`);
        }
    }

    private checkOpen(): void {
        if (this.isClosed) {
            throw new SessionError('STORE_UNAVAILABLE', 'The message bus is closed');
        }
    }
}
