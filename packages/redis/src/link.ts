import { every, later } from '@mcp-sessions/core';
import type { ListeningConnection, ListeningEvents } from './commands.js';

export interface LinkSettings {
    /** Makes a connection that is not open yet; undefined when its server is not known any more. */
    connect(events: ListeningEvents): ListeningConnection | undefined;
    /** Whether channels are sharded over the servers of a cluster. */
    readonly isSharded: boolean;
    readonly heartbeatMs: number;
    onMessage(channel: string, message: string): void;
    /** These are in force. */
    onConfirmed(channels: readonly string[]): void;
    /** Redis refuses these. */
    onRefused(channels: readonly string[], error: Error): void;
    /** Nothing more comes; called once. */
    onLost(error: Error): void;
    /** Nobody has listened for a while, and it has ended. */
    onIdle(): void;
}

/** Channels that are asked for with one command. */
const maxChannels = 500;

/** How often it is looked whether its server is still the one to listen to. */
const checkMs = 500;

/** How long a connection is kept that nobody listens to. */
const idleMs = 30_000;

/**
 * One connection that listens, until it is lost or no longer answers. Commands take effect in the order in which they are
 * sent, so what was asked for last holds.
 */
export class Link {
    private readonly channels = new Set<string>();
    private state: 'connecting' | 'open' | 'ended' = 'connecting';
    private isAnswered = true;
    private readonly connection: ListeningConnection | undefined;
    private heartbeat: ReturnType<typeof setInterval> | undefined;
    private check: ReturnType<typeof setInterval> | undefined;
    private idleTimer: ReturnType<typeof setTimeout> | undefined;
    private closing: Promise<void> | undefined;

    constructor(private readonly settings: LinkSettings) {
        this.connection = settings.connect({ onMessage: settings.onMessage, onLost: error => this.lose(error) });
        this.open().catch((error: unknown) => this.lose(toError(error)));
    }

    subscribe(channels: readonly string[]): void {
        clearTimeout(this.idleTimer);
        channels.forEach(channel => this.channels.add(channel));
        if (this.state === 'open') {
            this.ask(channels);
        }
    }

    /** Resolves when no more messages of the channel come. */
    async unsubscribe(channel: string): Promise<void> {
        this.forget(channel);
        if (this.state === 'open') {
            // A connection that is lost has no subscriptions.
            await this.connection?.unsubscribe(channel).catch(() => undefined);
        }
    }

    /** Resolves when the connection has ended. */
    async close(): Promise<void> {
        if (this.state !== 'ended') {
            this.state = 'ended';
            clearInterval(this.heartbeat);
            clearInterval(this.check);
            clearTimeout(this.idleTimer);
            this.closing = this.connection?.close();
        }
        await this.closing;
    }

    private async open(): Promise<void> {
        const { connection } = this;
        const { heartbeatMs } = this.settings;
        if (!connection) {
            throw new Error('No server of the cluster is known');
        }
        // A connection over which nothing comes tells by no event.
        const timer = later(() => this.lose(new Error('No answer')), 2 * heartbeatMs);
        try {
            await connection.open();
        } finally {
            clearTimeout(timer);
        }
        if (this.state === 'connecting') {
            this.state = 'open';
            this.heartbeat = every(() => this.beat(), heartbeatMs);
            this.check = every(() => this.checkServer(), Math.min(checkMs, heartbeatMs));
            this.ask([...this.channels]);
        }
    }

    private ask(channels: readonly string[]): void {
        // Sharded channels that are asked for together would have to be in one slot.
        const size = this.settings.isSharded ? 1 : maxChannels;
        for (let from = 0; from < channels.length; from += size) {
            const part = channels.slice(from, from + size);
            this.connection?.subscribe(part).then(
                () => {
                    if (this.state === 'open') {
                        this.settings.onConfirmed(part);
                    }
                },
                (error: unknown) => this.refuse(part, toError(error))
            );
        }
    }

    private refuse(channels: readonly string[], error: Error): void {
        if (this.state !== 'open') {
            return;
        }
        if (!this.connection?.isRefusal(error)) {
            this.lose(error);
            return;
        }
        channels.forEach(channel => this.forget(channel));
        this.settings.onRefused(channels, error);
    }

    private forget(channel: string): void {
        this.channels.delete(channel);
        if (this.channels.size === 0 && this.state !== 'ended') {
            clearTimeout(this.idleTimer);
            this.idleTimer = later(() => {
                void this.close();
                this.settings.onIdle();
            }, idleMs);
        }
    }

    private beat(): void {
        if (!this.isAnswered) {
            this.lose(new Error('No answer'));
        } else {
            this.isAnswered = false;
            this.connection?.ping().then(
                () => (this.isAnswered = true),
                () => undefined // The next beat finds it unanswered.
            );
        }
    }

    /** Costs nothing: the client that publishes knows. */
    private checkServer(): void {
        if (this.connection?.isCurrent() === false) {
            this.lose(new Error('The server is no longer the one to listen to'));
        }
    }

    private lose(error: Error): void {
        if (this.state !== 'ended') {
            void this.close();
            this.settings.onLost(error);
        }
    }
}

function toError(error: unknown): Error {
    return error instanceof Error ? error : new Error(String(error));
}
