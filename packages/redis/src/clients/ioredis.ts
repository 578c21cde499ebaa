import type { RedisCommands, ScannedServer } from '../commands.js';
import { byHash } from './byHash.js';
import { getEachAndPttl, scannedServer } from './scannedServer.js';
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
    call(command: string, ...args: string[]): Promise<unknown>;
    duplicate(options: object): IoredisConnection;
}

/** The rest of `Cluster`. */
export interface IoredisCluster extends IoredisCommander {
    readonly isCluster: true;
    readonly status: string;
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
    const getAndPttl = async (key: string): Promise<[string | null, number]> => {
        const [value, lifeMs] = await Promise.all([redis.get(key), redis.pttl(key)]);
        return [value, Number(lifeMs)]; // Text where the client is set up with `stringNumbers`.
    };
    return {
        isCluster: isCluster(redis),
        getAndPttl,
        getEachAndPttl: keys => getEachAndPttl(keys, getAndPttl),
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
        servers: () => serversOf(redis as IoredisClient | IoredisCluster),
        channels: settings =>
            isCluster(redis) ? ioredisClusterChannels(redis, settings) : ioredisSingleChannels(redis as IoredisClient, settings)
    };
}

async function serversOf(redis: IoredisClient | IoredisCluster): Promise<ScannedServer[]> {
    if (!isCluster(redis)) {
        return [serverOf(redis, '', redis.options.keyPrefix)];
    }
    if (redis.status !== 'ready') {
        // It does not know its servers yet. What needs one of them waits until it does.
        await redis.exists('');
    }
    return redis.nodes('master').map(node => serverOf(node, `${node.options.host}:${node.options.port}`, redis.options.keyPrefix));
}

function serverOf(node: IoredisClient, name: string, keyPrefix: string | Buffer = ''): ScannedServer {
    return scannedServer(name, keyPrefix.toString(), ([command = '', ...args]) => node.call(command, ...args));
}

function isCluster(redis: IoredisCommander): redis is IoredisCluster {
    return (redis as Partial<IoredisCluster>).isCluster === true;
}
