import type { ListeningClient } from './client.js';
import { later } from './timers.js';

export interface LinkSettings {
    /** A connection that is not open yet. */
    readonly connection: ListeningClient;
    /** Whether the server is still one to listen to. */
    readonly isCurrent?: (() => boolean) | undefined;
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
    private cause: Error | undefined;
    private heartbeat: ReturnType<typeof setInterval> | undefined;
    private idleTimer: ReturnType<typeof setTimeout> | undefined;
    private readonly ended: Promise<void>;

    constructor(private readonly settings: LinkSettings) {
        const { connection, isSharded, onMessage } = settings;
        this.ended = new Promise(resolve => connection.on('end', resolve));
        connection.on('end', () => this.lose(new Error('The connection was closed')));
        // While it opens an error is followed by the end. Later it may be one of replies that no longer belong to their commands.
        connection.on('error', error => (this.state === 'open' ? this.lose(error) : (this.cause ??= error)));
        // The only sign that ioredis 5 gives of a sharded channel that is refused because it has moved.
        connection.on('moved', () => this.lose(new Error('Channels have moved to another server')));
        connection.on(isSharded ? 'smessage' : 'message', onMessage);
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
            await this.call('unsubscribe', channel).catch(() => undefined);
        }
    }

    /** Resolves when the connection has ended. */
    async close(): Promise<void> {
        if (this.state !== 'ended') {
            this.state = 'ended';
            clearInterval(this.heartbeat);
            clearTimeout(this.idleTimer);
            this.settings.connection.disconnect();
        }
        await this.ended;
    }

    private async open(): Promise<void> {
        const { connection, heartbeatMs } = this.settings;
        // A connection over which nothing comes tells by no event.
        const timer = later(() => this.lose(new Error('No answer')), 2 * heartbeatMs);
        try {
            await connection.connect();
        } finally {
            clearTimeout(timer);
        }
        if (this.state === 'connecting') {
            this.state = 'open';
            this.heartbeat = setInterval(() => this.beat(), heartbeatMs);
            this.heartbeat.unref?.();
            this.ask([...this.channels]);
        }
    }

    private ask(channels: readonly string[]): void {
        // Sharded channels that are asked for together would have to be in one slot.
        const size = this.settings.isSharded ? 1 : maxChannels;
        for (let from = 0; from < channels.length; from += size) {
            const part = channels.slice(from, from + size);
            this.call('subscribe', ...part).then(
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
        if (error.name !== 'ReplyError') {
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

    private call(command: 'subscribe' | 'unsubscribe', ...channels: string[]): Promise<unknown> {
        return this.settings.connection.call(this.settings.isSharded ? `s${command}` : command, ...channels);
    }

    private beat(): void {
        if (!this.isAnswered) {
            this.lose(new Error('No answer'));
        } else if (this.settings.isCurrent?.() === false) {
            this.lose(new Error('The server has left the cluster'));
        } else {
            this.isAnswered = false;
            this.settings.connection.ping().then(
                () => (this.isAnswered = true),
                () => undefined // The next beat finds it unanswered.
            );
        }
    }

    private lose(error: Error): void {
        if (this.state !== 'ended') {
            void this.close();
            this.settings.onLost(this.cause ?? error);
        }
    }
}

function toError(error: unknown): Error {
    return error instanceof Error ? error : new Error(String(error));
}
