import { every, later } from '@mcp-sessions/core';
import type { ListeningClient } from './client.js';

export interface LinkSettings {
    /** A connection that is not open yet. */
    readonly connection: ListeningClient;
    readonly channel: string;
    readonly heartbeatMs: number;
    /** Sends a notification on another connection. */
    notify(payload: string): Promise<void>;
    onPayload(payload: string): void;
    /** What is sent from now on arrives. */
    onOpen(): void;
    /** Nothing more comes; called once. */
    onLost(error: Error): void;
}

/** It listens, and what is sent does not arrive. */
export class DeafError extends Error {}

/** How long the first notification may take. */
const probeTimeoutMs = 3000;

/** How long a connection may take to end. */
const endTimeoutMs = 1000;

/** How a notification begins that is only to show that it arrives. */
const probeMark = '? ';

/** One connection that listens, until it is lost or no longer answers. */
export class Link {
    private state: 'connecting' | 'open' | 'ended' = 'connecting';
    private heartbeat: ReturnType<typeof setInterval> | undefined;
    private isAnswered = true;
    private waiting: Promise<void> | undefined;
    private readonly nonce = crypto.randomUUID();
    private heard: () => void = () => undefined;

    constructor(private readonly settings: LinkSettings) {
        const { connection } = settings;
        connection.on('error', error => this.lose(error));
        connection.on('end', () => this.lose(new Error('The connection has ended')));
        connection.on('notification', ({ channel, payload = '' }) => this.receive(channel, payload));
        this.open().catch((error: unknown) => this.lose(error as Error));
    }

    /** Resolves when all that was sent before has been passed on. Rejects when the connection is lost. */
    settle(): Promise<void> {
        // What is asked for at the same time is asked once.
        this.waiting ??= Promise.resolve().then(async () => {
            this.waiting = undefined;
            try {
                // Postgres passes on what there is before it begins with a statement.
                await this.settings.connection.query({ text: 'SELECT 1' });
            } catch (error) {
                this.lose(error as Error);
                throw error;
            }
        });
        return this.waiting;
    }

    /** Resolves when the connection has ended. */
    async close(): Promise<void> {
        if (this.state === 'ended') {
            return;
        }
        this.end();
        const timer = later(() => this.cut(), endTimeoutMs);
        // One that cannot be ended is cut.
        await this.settings.connection.end().catch(() => undefined);
        clearTimeout(timer);
    }

    private async open(): Promise<void> {
        const { connection, channel, heartbeatMs, notify, onOpen } = this.settings;
        // A connection over which nothing comes tells by no event.
        const timer = later(() => this.lose(new Error('No answer')), Math.max(2 * heartbeatMs, probeTimeoutMs));
        try {
            await connection.connect();
            await connection.query({ text: `LISTEN "${channel}"` });
            const arrival = new Promise<void>(resolve => (this.heard = resolve));
            await notify(probeMark + this.nonce);
            clearTimeout(timer);
            await this.within(probeTimeoutMs, arrival);
        } finally {
            clearTimeout(timer);
        }
        if (this.state === 'connecting') {
            this.state = 'open';
            this.heartbeat = every(() => this.beat(), heartbeatMs);
            onOpen();
        }
    }

    private within(ms: number, arrival: Promise<void>): Promise<void> {
        return new Promise((resolve, reject) => {
            const timer = later(() => reject(new DeafError('What is sent by NOTIFY does not arrive')), ms);
            void arrival.then(() => {
                clearTimeout(timer);
                resolve();
            });
        });
    }

    private receive(channel: string, payload: string): void {
        if (channel !== this.settings.channel || this.state === 'ended') {
            return;
        }
        if (payload === probeMark + this.nonce) {
            this.heard();
        } else if (!payload.startsWith(probeMark)) {
            this.settings.onPayload(payload);
        }
    }

    private beat(): void {
        if (!this.isAnswered) {
            this.lose(new Error('No answer'));
            return;
        }
        this.isAnswered = false;
        this.settle().then(
            () => (this.isAnswered = true),
            () => undefined // The next beat finds it unanswered, unless it is lost before.
        );
    }

    private lose(error: Error): void {
        if (this.state !== 'ended') {
            this.end();
            this.cut();
            this.settings.onLost(error);
        }
    }

    private end(): void {
        this.state = 'ended';
        clearInterval(this.heartbeat);
    }

    private cut(): void {
        const { connection } = this.settings;
        if (connection.connection?.stream) {
            connection.connection.stream.destroy();
        } else {
            // It is of no use, whether it ends or not.
            connection.end().catch(() => undefined);
        }
    }
}
