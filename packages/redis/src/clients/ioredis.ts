import type { RedisCommands } from '../commands.js';
import { byHash } from './byHash.js';
import { ioredisClusterChannels, ioredisSingleChannels } from './ioredisChannels.js';
import type { IoredisConnection } from './ioredisConnection.js';

/** What is used of ioredis' `Redis` and `Cluster`, versions 5 and 6. */
export interface IoredisCommander {
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
    on(event: string, listener: (...args: unknown[]) => void): unknown;
}

/** The rest of `Redis`: connections like this one can be made. */
export interface IoredisClient extends IoredisCommander {
    readonly options: {
        readonly keyPrefix?: string | Buffer;
        readonly db?: number;
        readonly host?: string;
        readonly port?: number;
        readonly sentinels?: unknown;
    };
    duplicate(options: object): IoredisConnection;
}

/** The rest of `Cluster`. */
export interface IoredisCluster extends IoredisCommander {
    readonly isCluster: true;
    readonly options: { readonly keyPrefix?: string | Buffer; readonly scaleReads?: unknown };
    /** By slot the names of its servers, `host:port`, the master first. */
    readonly slots: readonly (readonly string[] | undefined)[];
    nodes(role: 'master' | 'slave'): IoredisClient[];
    refreshSlotsCache(): void;
    /** In versions that know sharded channels. A channel is a key to it: the client's `keyPrefix` is put before. */
    spublish?(channel: string, message: string): Promise<number>;
}

export function isIoredis(redis: object): redis is IoredisCommander {
    const { getex, on } = redis as { getex?: unknown; on?: unknown };
    return typeof getex === 'function' && typeof on === 'function';
}

/** @throws TypeError for a cluster that reads from replicas. */
export function ioredisCommands(redis: IoredisCommander): RedisCommands {
    if (isCluster(redis) && (redis.options.scaleReads ?? 'master') !== 'master') {
        throw new TypeError("Sessions must be read from masters: make a Cluster without `scaleReads`, or with 'master'");
    }
    return {
        isCluster: isCluster(redis),
        async getAndPttl(key) {
            const [value, lifeMs] = await Promise.all([redis.get(key), redis.pttl(key)]);
            return [value, Number(lifeMs)]; // Text where the client is set up with `stringNumbers`.
        },
        getex: (key, lifeMs) => redis.getex(key, 'PX', lifeMs),
        set: async (key, value, lifeMs) => void (await redis.set(key, value, 'PX', lifeMs)),
        setIfAbsent: async (key, value, lifeMs) => (await redis.set(key, value, 'PX', lifeMs, 'NX')) === 'OK',
        pexpire: async (key, lifeMs) => void (await redis.pexpire(key, lifeMs)),
        exists: async key => Number(await redis.exists(key)) === 1,
        del: async key => void (await redis.del(key)),
        run: ({ sha1, source }, keys, args) =>
            byHash(
                () => redis.evalsha(sha1, keys.length, ...keys, ...args),
                () => redis.eval(source, keys.length, ...keys, ...args)
            ),
        channels: settings =>
            isCluster(redis) ? ioredisClusterChannels(redis, settings) : ioredisSingleChannels(redis as IoredisClient, settings)
    };
}

function isCluster(redis: IoredisCommander): redis is IoredisCluster {
    return (redis as Partial<IoredisCluster>).isCluster === true;
}
