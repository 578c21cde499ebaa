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
    publish(channel: string, message: string): Promise<number>;
}

/** The rest of ioredis' `Redis`: connections like this one can be made. */
export interface SingleClient extends RedisClient {
    readonly options: {
        readonly keyPrefix?: string | Buffer;
        readonly db?: number;
        readonly host?: string;
        readonly port?: number;
    };
    duplicate(options: object): ListeningClient;
}

/** The rest of ioredis' `Cluster`. */
export interface ClusterClient extends RedisClient {
    readonly isCluster: true;
    readonly options: { readonly keyPrefix?: string | Buffer };
    /** By slot the names of its servers, `host:port`, the master first. */
    readonly slots: readonly (readonly string[] | undefined)[];
    nodes(role: 'master'): SingleClient[];
    refreshSlotsCache(): void;
    /** In versions that know sharded channels. A channel is a key to it: the client's `keyPrefix` is put before. */
    spublish?(channel: string, message: string): Promise<number>;
}

/** A connection of ioredis that listens. */
export interface ListeningClient {
    connect(): Promise<unknown>;
    /** Command and channels. */
    call(command: string, ...args: string[]): Promise<unknown>;
    ping(): Promise<unknown>;
    disconnect(): void;
    on(event: 'message' | 'smessage', listener: (channel: string, message: string) => void): unknown;
    on(event: 'error', listener: (error: Error) => void): unknown;
    on(event: 'end' | 'moved', listener: () => void): unknown;
}
