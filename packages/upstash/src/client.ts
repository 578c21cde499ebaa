/**
 * What is used of a client: three members of `Redis` of `@upstash/redis`, of which the clients of `@vercel/kv` are made. The
 * client stays the caller's, with the settings that he gave it: whether it deserializes answers, encodes them, or sends
 * commands together makes no difference here.
 */
export interface UpstashClient {
    evalsha(sha1: string, keys: string[], args: string[]): Promise<unknown>;
    eval(script: string, keys: string[], args: string[]): Promise<unknown>;
    scan(cursor: string, options: { match: string; count: number }): Promise<[cursor: string | number, keys: string[]]>;
}

/** @throws TypeError for what is no client. */
export function requireClient(redis: unknown, name: string): asserts redis is UpstashClient {
    if (typeof (redis as Partial<UpstashClient> | undefined | null)?.evalsha !== 'function') {
        throw new TypeError(`${name} needs { redis }: a client of @upstash/redis or @vercel/kv, for example Redis.fromEnv()`);
    }
}
