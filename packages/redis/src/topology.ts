import type { ClusterClient, ListeningClient, RedisClient, SingleClient } from './client.js';
import { slotOf } from './slot.js';

/** Where channels are published and listened to. */
export interface Topology {
    /** Stands before every name of a channel. */
    readonly prefix: string;
    /** Whether each channel is at one server of a cluster; otherwise all are everywhere. */
    readonly isSharded: boolean;
    /** @returns how many connections it reached, undefined where nobody can tell. */
    publish(channel: string, message: string): Promise<number | undefined>;
    /** Names the server to listen to; undefined when none is known now. */
    placeOf(channel: string): string | undefined;
    /** A connection to a place, not open yet; undefined when it is no longer there. */
    connect(place: string): { readonly connection: ListeningClient; readonly isCurrent?: () => boolean } | undefined;
    /** Whether a server refuses a channel because it belongs elsewhere. */
    isElsewhere(error: Error): boolean;
    /** Something is no longer where it was: asks where everything is. */
    refresh(): void;
}

/** What a connection that listens has of its own; the rest is as the caller set up his client. */
const ownOptions = {
    // Names of channels are whole already.
    keyPrefix: '',
    lazyConnect: true,
    enableOfflineQueue: true,
    enableReadyCheck: true,
    // A lost connection is not mended but replaced, and its channels are asked for again by the one who knows what is wanted.
    retryStrategy: null,
    autoResubscribe: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: null,
    commandTimeout: undefined,
    socketTimeout: undefined,
    disconnectTimeout: 1000,
    enableAutoPipelining: false,
    monitor: false,
    protocol: 2,
    replyMapping: undefined,
    himportFieldsets: undefined
};

/**
 * What stands before an address in the name of a channel:
 *
 *     mcp:session:bus:0:nodes
 *
 * Redis keeps neither databases nor a client's `keyPrefix` apart in channels, so both are part of the name.
 */
function channelPrefix(clientPrefix: string, keyPrefix: string, database: number): string {
    return `${clientPrefix}${keyPrefix}bus:${database}:`;
}

export function topologyOf(redis: RedisClient, keyPrefix: string, sharded: boolean): Topology {
    return isCluster(redis) ? clusterTopology(redis, keyPrefix, sharded) : singleTopology(redis as SingleClient, keyPrefix);
}

export function isCluster(redis: RedisClient): redis is ClusterClient {
    return (redis as Partial<ClusterClient>).isCluster === true;
}

function singleTopology(redis: SingleClient, keyPrefix: string): Topology {
    return {
        prefix: channelPrefix(redis.options.keyPrefix?.toString() ?? '', keyPrefix, redis.options.db ?? 0),
        isSharded: false,
        publish: async (channel, message) => Number(await redis.publish(channel, message)),
        placeOf: () => '',
        connect: () => ({ connection: redis.duplicate(ownOptions) }),
        isElsewhere: () => false,
        refresh: () => undefined
    };
}

function clusterTopology(redis: ClusterClient, keyPrefix: string, sharded: boolean): Topology {
    const clientPrefix = redis.options.keyPrefix?.toString() ?? '';
    const prefix = channelPrefix(clientPrefix, keyPrefix, 0);
    let isSharded = sharded && typeof redis.spublish === 'function';
    const masters = () => redis.nodes('master');
    const nameOf = ({ options }: SingleClient) => `${options.host}:${options.port}`;
    const connectTo = (node: SingleClient | undefined) =>
        node && {
            connection: node.duplicate(ownOptions),
            isCurrent: () => masters().some(master => nameOf(master) === nameOf(node))
        };

    const named = (name: string | undefined) => masters().find(node => nameOf(node) === name);
    const ownerOf = (channel: string) => redis.slots[slotOf(channel)]?.[0];
    // Every server passes on what it is given, and later than it says so. With one for all, messages keep their order.
    const middle = () => named(ownerOf(prefix)) ?? masters()[0];

    const publishEverywhere = async (channel: string, message: string): Promise<undefined> => {
        // Its count is of the connections to one server.
        await (middle() ?? redis).publish(channel, message);
    };
    return {
        prefix,
        get isSharded() {
            return isSharded;
        },
        async publish(channel, message) {
            if (!isSharded || !redis.spublish) {
                return publishEverywhere(channel, message);
            }
            try {
                return Number(await redis.spublish(channel.slice(clientPrefix.length), message));
            } catch (error) {
                if (!isUnknownCommand(error)) {
                    throw error;
                }
                isSharded = false;
                return publishEverywhere(channel, message);
            }
        },
        placeOf: channel => (isSharded ? ownerOf(channel) : ''),
        connect: place => connectTo(isSharded ? named(place) : middle()),
        isElsewhere(error) {
            if (isUnknownCommand(error)) {
                isSharded = false;
                return true;
            }
            return /^(MOVED|ASK|TRYAGAIN|CLUSTERDOWN) /.test(error.message);
        },
        refresh: () => redis.refreshSlotsCache()
    };
}

/** Redis knows sharded channels since version 7. */
function isUnknownCommand(error: unknown): boolean {
    return error instanceof Error && /^ERR unknown command/i.test(error.message);
}
