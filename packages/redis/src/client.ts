/**
 * What is used of a Redis client: the members of ioredis' `Redis` and `Cluster`, versions 5 and 6. The client stays the
 * caller's: it is never closed here, and its own `keyPrefix` stands before ours.
 */
export interface RedisClient {
    get(key: string): Promise<string | null>;
    getex(key: string, unit: 'PX', milliseconds: number): Promise<string | null>;
    set(key: string, value: string, unit: 'PX', milliseconds: number): Promise<unknown>;
    set(key: string, value: string, unit: 'PX', milliseconds: number, condition: 'NX'): Promise<unknown>;
    pexpire(key: string, milliseconds: number): Promise<unknown>;
    pttl(key: string): Promise<number>;
    exists(key: string): Promise<number>;
    del(key: string): Promise<unknown>;
    evalsha(sha: string, keyCount: number, ...keysAndArguments: (string | number)[]): Promise<unknown>;
    eval(script: string, keyCount: number, ...keysAndArguments: (string | number)[]): Promise<unknown>;
}
