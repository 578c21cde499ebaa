import { type BusListener, type BusSubscription, digest, type MessageBus, requirePositive, SessionError } from '@mcp-sessions/core';
import { makerOf, type ListeningClient } from './client.js';
import { Database, type DatabaseOptions } from './database.js';
import { summary } from './failure.js';
import { Inbox, type Subscription } from './inbox.js';
import { Listener } from './listener.js';
import { Outbox } from './outbox.js';
import { Sweeper, type SweeperOptions } from './sweeper.js';

export interface PostgresMessageBusOptions extends DatabaseOptions, SweeperOptions {
    /**
     * Makes the connection that listens, a `Client` of `pg` that is not connected yet: for a pool behind a pooler in transaction
     * mode it leads past that. @default one like those of the pool, but none of them
     */
    connect?: () => ListeningClient;
    /** How often the connection that listens is asked whether it still lives. @default 5000 */
    heartbeatMs?: number;
}

/**
 * Messages between nodes by `LISTEN` and `NOTIFY`. It sends on your pool, and listens on one more connection, which is made with
 * the first subscription and ended half a minute after the last. When that connection is lost or no longer answers, it is made
 * anew until it succeeds; a first subscription waits for that. All addresses share one channel, so a subscription changes nothing
 * in Postgres.
 *
 * While something is subscribed the connection keeps the process alive: call {@link close} to let it end.
 */
export class PostgresMessageBus implements MessageBus {
    private readonly database: Database;
    private readonly sweeper: Sweeper;
    private readonly outbox: Outbox;
    private readonly inbox: Inbox;
    private readonly listener: Listener;
    private readonly subscriptions = new Map<string, Set<Subscription>>();
    private channelName: Promise<string> | undefined;
    private isLost = false;
    private isClosed = false;

    /** @throws RangeError for a number that is not positive or a strange name; TypeError without a pool, or for one that does not tell how it connects. */
    constructor(options: PostgresMessageBusOptions) {
        const { heartbeatMs = 5000 } = options;
        this.database = new Database(options, 'PostgresMessageBus');
        const connect = options.connect ?? makerOf(options.pool);
        if (!connect) {
            throw new TypeError('PostgresMessageBus needs a Pool of pg, or { connect }: () => new Client(...)');
        }
        this.sweeper = new Sweeper(this.database, options);
        this.outbox = new Outbox(this.database, () => this.channel());
        this.inbox = new Inbox(this.database, address => [...(this.subscriptions.get(address) ?? [])].filter(({ isActive }) => isActive));
        this.listener = new Listener({
            heartbeatMs: requirePositive(heartbeatMs, 'heartbeatMs'),
            connect,
            channel: () => this.channel(),
            notify: payload => this.outbox.notify(payload),
            onPayload: payload => this.inbox.receive(payload),
            onRestored: () => this.restored(),
            onLost: error => this.lost(error),
            onDeaf: () => this.deaf()
        });
    }

    /** Whom it reached cannot be told. */
    async publish(address: string, message: string): Promise<undefined> {
        this.checkOpen();
        this.sweeper.start();
        await this.outbox.send(address, message);
    }

    async subscribe(address: string, listener: BusListener): Promise<BusSubscription> {
        this.checkOpen();
        try {
            await this.listener.acquire();
        } catch (error) {
            this.listener.release();
            throw error;
        }
        const subscription = { listener, isActive: !this.isClosed };
        const subscriptions = this.subscriptions.get(address) ?? new Set();
        this.subscriptions.set(address, subscriptions.add(subscription));
        return { close: async () => this.end(address, subscription) };
    }

    async close(): Promise<void> {
        this.isClosed = true;
        this.subscriptions.forEach(group => group.forEach(subscription => (subscription.isActive = false)));
        this.subscriptions.clear();
        await Promise.all([this.listener.close(), this.sweeper.close()]);
    }

    private end(address: string, subscription: Subscription): void {
        subscription.isActive = false;
        const subscriptions = this.subscriptions.get(address);
        if (subscriptions?.delete(subscription)) {
            if (subscriptions.size === 0) {
                this.subscriptions.delete(address);
            }
            this.listener.release();
        }
    }

    /** Channels are of a whole database, so the name says which tables it belongs to, wherever they were found. */
    private channel(): Promise<string> {
        this.channelName ??= this.findChannel().catch((error: unknown) => {
            this.channelName = undefined;
            throw error;
        });
        return this.channelName;
    }

    private async findChannel(): Promise<string> {
        const { tables } = this.database;
        const text =
            'SELECT n.nspname AS schema FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE c.oid = to_regclass($1)';
        const [row] = await this.database.rows<{ schema: string }>(text, [tables.sessions]);
        return `mcp_${(await digest(JSON.stringify([row?.schema, tables.index('')]))).slice(0, 40)}`;
    }

    private restored(): void {
        if (this.isLost) {
            this.isLost = false;
            this.database.logger?.warn('mcp-sessions: the message bus listens to Postgres again');
        }
        for (const { listener, isActive } of [...this.subscriptions.values()].flatMap(group => [...group])) {
            if (isActive) {
                listener.onGap();
            }
        }
    }

    private lost(error: Error): void {
        if (!this.isLost && !this.isClosed) {
            this.isLost = true;
            this.database.logger?.warn(`mcp-sessions: the message bus cannot listen to Postgres and tries again: ${textOf(error)}`);
        }
    }

    private deaf(): SessionError {
        const error = new SessionError(
            'STORE_UNAVAILABLE',
            'What is sent by NOTIFY does not arrive: a pooler in transaction mode does not let LISTEN through. Set listen: false on all nodes, or ' +
                'give a connection that leads past it, listen: () => new Client(...)'
        );
        this.lost(error);
        return error;
    }

    private checkOpen(): void {
        if (this.isClosed) {
            throw new SessionError('STORE_UNAVAILABLE', 'The message bus is closed');
        }
    }
}

/** Ours are written to be read; those of a driver may say where it connects. */
function textOf(error: Error & { code?: unknown }): string {
    return error.code === undefined || error instanceof SessionError ? error.message : summary(error);
}
