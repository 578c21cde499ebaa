import type { RedisClient } from './client.js';

/** A Lua script as it is embedded: its text, and the SHA-1 by which a server knows it once it has seen it. */
export interface EmbeddedScript {
    readonly sha1: string;
    readonly source: string;
}

/** Runs a script by its hash, and by its text on a server that does not know it yet. In a cluster all keys are in one slot. */
export async function runScript(
    redis: RedisClient,
    script: EmbeddedScript,
    keys: readonly string[],
    ...args: (string | number)[]
): Promise<unknown> {
    try {
        return await redis.evalsha(script.sha1, keys.length, ...keys, ...args);
    } catch (error) {
        if (error instanceof Error && error.message.startsWith('NOSCRIPT')) {
            return redis.eval(script.source, keys.length, ...keys, ...args);
        }
        throw error;
    }
}
