import type { BusListener } from '@mcp-sessions/core';
import { isBell } from './bell.js';
import type { Database } from './database.js';
import { fromColumn } from './text.js';

/** Who listens at an address. */
export interface Subscription {
    readonly listener: BusListener;
    /** Whether it has been told that messages reach it, and has not ended. */
    isActive: boolean;
}

interface Arrival {
    readonly subscriptions: readonly Subscription[];
    /** One of the two. */
    readonly message: string | undefined;
    readonly letter: string | undefined;
}

/** Passes on what notifications say to those who listened when it came, in the order in which it came. */
export class Inbox {
    private readonly arrivals: Arrival[] = [];
    private isFetching = false;
    private readonly sql: string;

    constructor(
        private readonly database: Database,
        private readonly listening: (address: string) => readonly Subscription[]
    ) {
        this.sql = `SELECT id::text AS id, message FROM ${database.tables.named('_mail')} WHERE address = '' AND id = ANY ($1::bigint[])`;
    }

    /** What a notification says. One that is none of ours is dropped, and so is one that says more than ours do. */
    receive(payload: string): void {
        const [, kind, address = '', rest = ''] = /^([=@]) \w+ ([\x21-\x7e]+) (.*)$/s.exec(payload) ?? [];
        const subscriptions = kind === undefined ? [] : this.listening(address);
        if (subscriptions.length === 0 || !(kind === '=' ? isBell(rest) : /^\d{1,16}$/.test(rest))) {
            return;
        }
        const arrival = { subscriptions, message: kind === '=' ? rest : undefined, letter: kind === '@' ? rest : undefined };
        if (arrival.message !== undefined && !this.isFetching) {
            this.deliver(arrival, arrival.message);
            return;
        }
        this.arrivals.push(arrival);
        if (!this.isFetching) {
            this.isFetching = true;
            void this.fetchAll();
        }
    }

    private async fetchAll(): Promise<void> {
        while (this.arrivals.length > 0) {
            const arrivals = this.arrivals.splice(0);
            const letters = await this.fetch(arrivals.flatMap(({ letter }) => letter ?? []));
            for (const arrival of arrivals) {
                this.deliver(arrival, arrival.letter === undefined ? arrival.message : letters.get(arrival.letter));
            }
        }
        this.isFetching = false;
    }

    /** What cannot be had is missing. */
    private async fetch(ids: readonly string[]): Promise<Map<string, string>> {
        try {
            const rows = await this.database.rows<{ id: string; message: string }>(this.sql, [ids]);
            return new Map(rows.map(({ id, message }) => [id, fromColumn(message)]));
        } catch (error) {
            this.database.logger?.warn(`mcp-sessions: messages of other nodes could not be read: ${(error as Error).message}`);
            return new Map();
        }
    }

    /** One listener that throws, which none may, takes nothing from the others. */
    private deliver({ subscriptions }: Arrival, message: string | undefined): void {
        for (const { listener, isActive } of subscriptions) {
            if (!isActive) {
                continue;
            }
            try {
                if (message === undefined) {
                    listener.onGap();
                } else {
                    listener.onMessage(message);
                }
            } catch (error) {
                this.database.logger?.warn(`mcp-sessions: a listener of the message bus failed: ${(error as Error).message}`);
            }
        }
    }
}
