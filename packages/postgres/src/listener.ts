import { later } from '@mcp-sessions/core';
import type { ListeningClient } from './client.js';
import { DeafError, Link } from './link.js';

export interface ListenerSettings {
    readonly heartbeatMs: number;
    connect(): ListeningClient;
    channel(): Promise<string>;
    /** Sends a notification on another connection. */
    notify(payload: string): Promise<void>;
    onPayload(payload: string): void;
    /** The connection was lost, and is there again: something may have been missed. */
    onRestored(): void;
    /** The connection was lost or could not be made; it is tried again. */
    onLost(error: Error): void;
    /** There is a connection, and nothing arrives on it. */
    onDeaf(): Error;
}

const firstPauseMs = 100;
const longestPauseMs = 3000;

/** How long a connection is kept that nobody listens to. */
const idleMs = 30_000;

interface Waiter {
    resolve(): void;
    reject(error: Error): void;
}

/** Has a connection that listens while somebody needs it, and makes it anew when it is lost. */
export class Listener {
    private state: 'idle' | 'connecting' | 'open' | 'pausing' | 'closed' = 'idle';
    private link: Link | undefined;
    private users = 0;
    private failures = 0;
    /** Whether it was open when it was lost. */
    private wasOpen = false;
    private idleTimer: ReturnType<typeof setTimeout> | undefined;
    private retryTimer: ReturnType<typeof setTimeout> | undefined;
    private readonly waiters = new Set<Waiter>();

    constructor(private readonly settings: ListenerSettings) {}

    /**
     * Resolves when what is sent from now on arrives, and what was sent before has arrived. Rejects where nothing ever will. Each
     * call is matched by one of {@link release}, also when it rejects.
     */
    async acquire(): Promise<void> {
        this.users++;
        clearTimeout(this.idleTimer);
        if (this.state === 'idle') {
            this.connect();
        }
        for (let isSettled = false; !isSettled; ) {
            const link = await this.opened();
            isSettled = await link.settle().then(
                () => true,
                () => false // It was lost meanwhile.
            );
        }
    }

    release(): void {
        if (--this.users === 0 && this.state !== 'closed') {
            clearTimeout(this.idleTimer);
            this.idleTimer = later(() => void this.end('idle'), idleMs);
        }
    }

    /** Resolves when the connection has ended. */
    async close(): Promise<void> {
        await this.end('closed');
    }

    private async opened(): Promise<Link> {
        while (!this.link || this.state !== 'open') {
            if (this.state === 'closed') {
                throw new Error('The message bus was closed');
            }
            await new Promise<void>((resolve, reject) => this.waiters.add({ resolve, reject }));
        }
        return this.link;
    }

    private settle(how: (waiter: Waiter) => void): void {
        const waiters = [...this.waiters];
        this.waiters.clear();
        waiters.forEach(how);
    }

    private connect(): void {
        this.state = 'connecting';
        const { heartbeatMs, channel, connect, notify, onPayload } = this.settings;
        channel().then(
            name => {
                if (this.state !== 'connecting' || this.link) {
                    return;
                }
                const link: Link = new Link({
                    connection: connect(),
                    channel: name,
                    heartbeatMs,
                    notify,
                    onPayload,
                    onOpen: () => this.link === link && this.open(),
                    onLost: error => this.link === link && this.lose(error)
                });
                this.link = link;
            },
            (error: unknown) => this.state === 'connecting' && !this.link && this.lose(error as Error)
        );
    }

    private open(): void {
        this.state = 'open';
        this.failures = 0;
        this.settle(waiter => waiter.resolve());
        if (this.wasOpen) {
            this.settings.onRestored();
        }
        this.wasOpen = true;
    }

    private lose(error: Error): void {
        this.link = undefined;
        this.state = 'pausing';
        if (error instanceof DeafError) {
            const refusal = this.settings.onDeaf();
            this.settle(waiter => waiter.reject(refusal));
        } else {
            this.settings.onLost(error);
        }
        const pause = Math.min(firstPauseMs * 2 ** this.failures++, longestPauseMs) * (0.5 + Math.random() / 2);
        this.retryTimer = later(() => (this.users > 0 ? this.connect() : void this.end('idle')), pause);
    }

    private async end(state: 'idle' | 'closed'): Promise<void> {
        clearTimeout(this.idleTimer);
        clearTimeout(this.retryTimer);
        const { link } = this;
        this.link = undefined;
        this.state = state;
        this.wasOpen = false;
        this.failures = 0;
        if (state === 'closed') {
            this.settle(waiter => waiter.reject(new Error('The message bus was closed')));
        }
        await link?.close();
    }
}
