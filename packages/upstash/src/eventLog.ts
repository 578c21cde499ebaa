import { RedisEventLog, type RedisEventLogOptions } from '@mcp-sessions/redis';
import { requireClient, type UpstashClient } from './client.js';
import { restCommands } from './restCommands.js';

export interface UpstashEventLogOptions extends Omit<RedisEventLogOptions, 'redis' | 'maxEventBytes'> {
    /** A client of `@upstash/redis` or `@vercel/kv`. It stays yours. */
    redis: UpstashClient;
    /**
     * Longest message that is kept, in bytes of JSON; a longer one is only sent. Upstash refuses a request over 10 MB in most
     * plans, and within a request JSON may become twice as long. @default 4194304
     */
    maxEventBytes?: number;
}

const defaultMaxEventBytes = 4 * 1024 * 1024;

/**
 * Event logs in Upstash Redis or Vercel KV, over REST: one stream per session that holds all its streams. One command for each
 * method. Keys and events are those of `RedisEventLog`, so both may be used on one database.
 *
 * ```ts
 * const eventLog = new UpstashEventLog({ redis: Redis.fromEnv(), maxEvents: 1000 });
 * ```
 *
 * @see {@link EventLog} for what each method promises.
 */
export class UpstashEventLog extends RedisEventLog {
    /** @throws RangeError if a number is not positive; TypeError without a client. */
    constructor({ redis, maxEventBytes = defaultMaxEventBytes, ...options }: UpstashEventLogOptions) {
        requireClient(redis, 'UpstashEventLog');
        super({ redis: restCommands(redis), maxEventBytes, ...options });
    }
}
