import { isBell } from './bell.js';
import type { Database } from './database.js';
import type { Tables } from './tables.js';
import { toColumn } from './text.js';

/** What one statement may send. */
const maxMessages = 500;
const maxLength = 1024 * 1024;

/** How long what does not travel in a notification waits for those who want it. */
const keptMs = 60_000;

interface Waiting {
    readonly address: string;
    readonly message: string;
    resolve(): void;
    reject(error: unknown): void;
}

/**
 * Sends messages, one statement at a time: what comes meanwhile goes together with the next, in order. So a process takes one
 * connection of the pool for it at most, and Postgres commits few transactions that notify, which it does one after the other.
 *
 * A notification can be heard, and sent, by everybody who may connect to the database, so it says where to look and nothing
 * more. A message that is more than a bell waits in a table, and its id is sent.
 */
export class Outbox {
    private readonly waiting: Waiting[] = [];
    private readonly sql: { readonly bells: string; readonly letters: string };
    private isSending = false;
    private count = 0;

    constructor(
        private readonly database: Database,
        private readonly channel: () => Promise<string>
    ) {
        this.sql = statements(database.tables);
    }

    /** Resolves when the message is on its way. */
    send(address: string, message: string): Promise<void> {
        return new Promise((resolve, reject) => {
            this.waiting.push({ address, message, resolve, reject });
            if (!this.isSending) {
                this.isSending = true;
                // What is sent in one go goes together.
                queueMicrotask(() => void this.sendAll());
            }
        });
    }

    /** Sends a notification as it is. */
    async notify(payload: string): Promise<void> {
        await this.database.rows(this.sql.bells, [await this.channel(), [payload]]);
    }

    private async sendAll(): Promise<void> {
        while (this.waiting.length > 0) {
            const batch = this.next();
            try {
                await this.sendBatch(batch);
                batch.forEach(({ resolve }) => resolve());
            } catch (error) {
                batch.forEach(({ reject }) => reject(error));
            }
        }
        this.isSending = false;
    }

    private next(): Waiting[] {
        let length = 0;
        let count = 0;
        for (const { message } of this.waiting) {
            length += message.length;
            if (count > 0 && (length > maxLength || count >= maxMessages)) {
                break;
            }
            count++;
        }
        return this.waiting.splice(0, count);
    }

    private async sendBatch(batch: readonly Waiting[]): Promise<void> {
        const [ids, letters]: [string[], string[]] = [[], []];
        const payloads = batch.map(({ address, message }) => {
            // Postgres sends once what one transaction notifies twice, so each payload has a number.
            const number = (this.count++).toString(36);
            if (isBell(message)) {
                return `= ${number} ${address} ${message}`;
            }
            const id = newId();
            ids.push(id);
            letters.push(toColumn(message));
            return `@ ${number} ${address} ${id}`;
        });
        const channel = await this.channel();
        if (ids.length === 0) {
            await this.database.rows(this.sql.bells, [channel, payloads]);
        } else {
            await this.database.rows(this.sql.letters, [channel, payloads, ids, letters, keptMs]);
        }
    }
}

/** 53 bits at random: letters are looked up by their ids alone, and have no order. */
function newId(): string {
    const [high = 0, low = 0] = crypto.getRandomValues(new Uint32Array(2));
    return String((high >>> 11) * 2 ** 32 + low);
}

function statements(t: Tables) {
    const notify = 'SELECT pg_notify($1, payload) FROM unnest($2::text[]) AS payload';
    return {
        bells: notify,
        letters: `WITH letters AS (
                INSERT INTO ${t.named('_mail')} (address, id, before, message, expires_at)
                SELECT '', l.id, 0, l.message, now() + $5::double precision * interval '1 millisecond'
                FROM unnest($3::bigint[], $4::text[]) AS l(id, message)
            ), unhurried AS (SELECT set_config('synchronous_commit', 'off', true) AS done)
            SELECT pg_notify($1, payload) FROM unnest($2::text[]) AS payload, unhurried WHERE done IS NOT NULL`
    };
}
