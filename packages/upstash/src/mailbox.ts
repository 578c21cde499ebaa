import { RedisMailbox, type RedisMailboxOptions } from '@mcp-sessions/redis';
import { requireClient, type UpstashClient } from './client.js';
import { restCommands } from './restCommands.js';

export interface UpstashMailboxOptions extends Omit<RedisMailboxOptions, 'redis'> {
    /** A client of `@upstash/redis` or `@vercel/kv`. It stays yours. */
    redis: UpstashClient;
}

/**
 * Messages that wait in Upstash Redis or Vercel KV for a {@link PollingBus}: one short stream per address, which expires by
 * itself. What has come to all addresses of a node is one command.
 *
 * @see {@link Mailbox} for what each method promises.
 */
export class UpstashMailbox extends RedisMailbox {
    /** @throws TypeError without a client. */
    constructor({ redis, ...options }: UpstashMailboxOptions) {
        requireClient(redis, 'UpstashMailbox');
        super({ redis: restCommands(redis), ...options });
    }
}
