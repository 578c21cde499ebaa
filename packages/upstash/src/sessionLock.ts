import { RedisSessionLock, type RedisSessionLockOptions } from '@mcp-sessions/redis';
import { requireClient, type UpstashClient } from './client.js';
import { restCommands } from './restCommands.js';

export interface UpstashSessionLockOptions extends Omit<RedisSessionLockOptions, 'redis'> {
    /** A client of `@upstash/redis` or `@vercel/kv`. It stays yours. */
    redis: UpstashClient;
}

/**
 * Locks in Upstash Redis or Vercel KV, over REST. Each step is one command, and whoever waits for a lock asks again and again,
 * up to four times a second.
 *
 * @see {@link SessionLock} for what each method promises.
 */
export class UpstashSessionLock extends RedisSessionLock {
    /** @throws TypeError without a client. */
    constructor({ redis, ...options }: UpstashSessionLockOptions) {
        requireClient(redis, 'UpstashSessionLock');
        super({ redis: restCommands(redis), ...options });
    }
}
