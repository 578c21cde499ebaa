import { RedisSessionStore, type RedisSessionStoreOptions } from '@mcp-sessions/redis';
import { requireClient, type UpstashClient } from './client.js';
import { restCommands } from './restCommands.js';

export interface UpstashSessionStoreOptions extends Omit<RedisSessionStoreOptions, 'redis'> {
    /** A client of `@upstash/redis` or `@vercel/kv`. It stays yours. */
    redis: UpstashClient;
}

/**
 * MCP sessions in Upstash Redis or Vercel KV, over REST: one string per session, and one command for each method. Keys and
 * records are those of `RedisSessionStore`, so both may be used on one database.
 *
 * ```ts
 * const sessionStore = new UpstashSessionStore({ redis: Redis.fromEnv(), ttlSeconds: 3600 });
 * ```
 *
 * @see {@link SessionStore} for what each method promises.
 */
export class UpstashSessionStore extends RedisSessionStore {
    /** @throws RangeError if a number is not positive; TypeError without a client. */
    constructor({ redis, ...options }: UpstashSessionStoreOptions) {
        requireClient(redis, 'UpstashSessionStore');
        super({ redis: restCommands(redis), ...options });
    }
}
