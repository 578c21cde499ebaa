import { createHash } from 'node:crypto';
import type { RedisClient } from './client.js';

/** A Lua script that is sent by its hash, and as a whole to a server that does not know it yet. */
export class Script {
    private readonly sha: string;

    constructor(private readonly source: string) {
        this.sha = createHash('sha1').update(source).digest('hex');
    }

    async run(redis: RedisClient, key: string, ...args: (string | number)[]): Promise<unknown> {
        try {
            return await redis.evalsha(this.sha, 1, key, ...args);
        } catch (error) {
            if (error instanceof Error && error.message.startsWith('NOSCRIPT')) {
                return redis.eval(this.source, 1, key, ...args);
            }
            throw error;
        }
    }
}
