import type { Mail, Mailbox } from '@mcp-sessions/core';
import { Database, type DatabaseOptions } from './database.js';
import { hash32 } from './hash.js';
import { Sweeper, type SweeperOptions } from './sweeper.js';
import type { Tables } from './tables.js';
import { fromColumn, toColumn, toName } from './text.js';

export type PostgresMailboxOptions = DatabaseOptions & SweeperOptions;

/** How long a message is kept, and about how many are at one address. */
const keptMs = 60_000;
const maxLetters = 500;

/** What one call may bring of each address, and in all. */
const maxCollected = 100;
const maxBytes = 4 * 1024 * 1024;

const cursorPattern = /^\d{1,18}$/;

interface MailRow {
    readonly reached: string;
    readonly missed: boolean;
    readonly messages: string[];
}

/**
 * Messages that wait in an unlogged table of Postgres 10 or later, for a {@link PollingBus} where `LISTEN` is not to be had: behind
 * a pooler in transaction mode.
 *
 * @see {@link Mailbox} for what each method promises.
 */
export class PostgresMailbox implements Mailbox {
    private readonly database: Database;
    private readonly sweeper: Sweeper;
    private readonly sql: ReturnType<typeof statements>;

    /** @throws TypeError without a pool; RangeError for a strange name. */
    constructor(options: PostgresMailboxOptions) {
        this.database = new Database(options, 'PostgresMailbox');
        this.sql = statements(this.database.tables);
        this.sweeper = new Sweeper(this.database, options);
    }

    async post(address: string, message: string): Promise<void> {
        this.sweeper.start();
        const name = await toName(address);
        const group = hash32(this.database.tables.title, 1);
        await this.database.rows(this.sql.post, [group, hash32(name), name, toColumn(message), keptMs, maxLetters]);
    }

    async collect(cursors: ReadonlyMap<string, string | undefined>): Promise<ReadonlyMap<string, Mail>> {
        if (cursors.size === 0) {
            return new Map();
        }
        const addresses = [...cursors.keys()];
        const names = await Promise.all(addresses.map(toName));
        const positions = [...cursors.values()].map(cursor => (cursor === undefined ? null : cursorPattern.test(cursor) ? cursor : '0'));
        const rows = await this.database.rows<MailRow>(this.sql.collect, [names, positions, maxCollected, maxBytes]);
        return new Map(
            rows.map(({ reached, missed, messages }, index) => [
                addresses[index] ?? '',
                { messages: messages.map(fromColumn), cursor: reached, missed }
            ])
        );
    }

    /** Ends the sweeper; the pool is the caller's. */
    async close(): Promise<void> {
        await this.sweeper.close();
    }
}

function statements(t: Tables) {
    return {
        post: `SELECT ${t.named('_post')}($1, $2, $3, $4, $5, $6)`,
        collect: `SELECT reached, missed, messages FROM ${t.named('_collect')}($1::text[], $2::bigint[], $3, $4)`
    };
}
