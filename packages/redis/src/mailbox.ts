import type { Mail, Mailbox } from '@mcp-sessions/core';
import { CallNames } from './callNames.js';
import { commandsOf, type RedisClient } from './client.js';
import type { RedisCommands } from './commands.js';
import { mailKey } from './keys.js';
import { collectMail, postMail } from './scripts/embedded.js';

export interface RedisMailboxOptions {
    /** It stays yours: the mailbox never closes it. */
    redis: RedisClient;
    /** Stands before every key. @default 'mcp:session:' */
    keyPrefix?: string;
}

/** How long a message is kept, and how many are at one address. */
const keptMs = 60_000;
const maxLetters = 500;

/** What one call may bring. */
const maxCollected = 100;
const maxAddresses = 250;

/**
 * Messages that wait in Redis 6.2 or later, for a {@link PollingBus} where a proxy does not let pub/sub through: one short
 * stream per address, which expires by itself.
 *
 * @see {@link Mailbox} for what each method promises.
 */
export class RedisMailbox implements Mailbox {
    private readonly redis: RedisCommands;
    private readonly prefix: string;
    private readonly names = new CallNames();

    /** @throws TypeError without a client. */
    constructor({ redis, keyPrefix = 'mcp:session:' }: RedisMailboxOptions) {
        this.redis = commandsOf(redis, 'RedisMailbox');
        this.prefix = keyPrefix;
    }

    async post(address: string, message: string): Promise<void> {
        await this.redis.run(postMail, [mailKey(this.prefix, address)], [keptMs, maxLetters, this.names.unique(), message]);
    }

    async collect(cursors: ReadonlyMap<string, string | undefined>): Promise<ReadonlyMap<string, Mail>> {
        const all = [...cursors];
        // In a cluster each address may lie elsewhere. Calls that are made together take one round trip.
        const size = this.redis.isCluster ? 1 : maxAddresses;
        const groups = Array.from({ length: Math.ceil(all.length / size) }, (_, index) => all.slice(index * size, (index + 1) * size));
        const mail = await Promise.all(groups.map(group => this.collectTogether(group)));
        return new Map(mail.flat());
    }

    /** Nothing to release: the client is the caller's. */
    async close(): Promise<void> {}

    private async collectTogether(group: readonly [address: string, cursor: string | undefined][]): Promise<[string, Mail][]> {
        const keys = group.map(([address]) => mailKey(this.prefix, address));
        const positions = group.map(([, cursor]) => (cursor === undefined ? '$' : cursor || '0-0'));
        const reply = await this.redis.run(collectMail, keys, [maxCollected, ...positions]);
        return (reply as [string, number, ...string[]][]).map(([cursor, missed, ...messages], index) => [
            group[index]?.[0] ?? '',
            { messages, cursor, missed: Number(missed) === 1 }
        ]);
    }
}
