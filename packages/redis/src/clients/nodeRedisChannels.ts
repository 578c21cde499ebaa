import type { RedisChannels } from '../commands.js';
import { slotOf } from '../slot.js';
import { channelPrefix, isRedirection, isUnknownCommand } from './channelPrefix.js';
import { nameOf, type NodeRedisClient, type NodeRedisCluster, type NodeRedisNode, type NodeRedisSentinel } from './nodeRedis.js';
import { nodeRedisListening, ownOptions } from './nodeRedisConnection.js';

interface Settings {
    readonly clientPrefix: string;
    readonly keyPrefix: string;
    readonly sharded: boolean;
    /** Sends a command to where a key is. */
    send(key: string, args: string[]): Promise<unknown>;
}

interface ClusterSettings extends Settings {
    sendTo(node: NodeRedisNode, args: string[]): Promise<unknown>;
}

/** All that listens and publishes is at one server. */
function channelsOfOne({ clientPrefix, keyPrefix, send }: Settings, database: number): Omit<RedisChannels, 'connect'> {
    return {
        prefix: channelPrefix(clientPrefix, keyPrefix, database),
        isSharded: false,
        publish: async (channel, message) => Number(await send(channel, ['PUBLISH', channel, message])),
        placeOf: () => '',
        isElsewhere: () => false,
        refresh: () => undefined
    };
}

export function nodeRedisSingleChannels(redis: NodeRedisClient, settings: Settings): RedisChannels {
    return {
        ...channelsOfOne(settings, redis.options?.database ?? 0),
        connect: (_place, events) =>
            nodeRedisListening({ make: async () => listenerLike(redis), isSharded: false, isCurrent: () => true }, events)
    };
}

export function nodeRedisSentinelChannels(redis: NodeRedisSentinel, settings: Settings): RedisChannels {
    return {
        ...channelsOfOne(settings, 0),
        connect(_place, events) {
            let place: string | undefined;
            const make = async () => {
                place = nameOf(redis.getMasterNode());
                return redis._execute(false, async master => listenerLike(master));
            };
            // After a fail-over the one that was the master may still answer.
            return nodeRedisListening({ make, isSharded: false, isCurrent: () => nameOf(redis.getMasterNode()) === place }, events);
        }
    };
}

export function nodeRedisClusterChannels(
    redis: NodeRedisCluster,
    { clientPrefix, keyPrefix, sharded, send, sendTo }: ClusterSettings
): RedisChannels {
    const prefix = channelPrefix(clientPrefix, keyPrefix, 0);
    let isSharded = sharded;
    const named = (name: string | undefined) => redis.masters.find(node => nameOf(node) === name);
    const ownerOf = (channel: string): NodeRedisNode | undefined => redis.slots[slotOf(channel)]?.master;
    // Every server passes on what it is given, and later than it says so. With one for all, messages keep their order.
    const middle = () => ownerOf(prefix) ?? redis.masters[0];

    const publishEverywhere = async (channel: string, message: string): Promise<undefined> => {
        const node = middle();
        // Its count is of the connections to one server.
        const command = ['PUBLISH', channel, message];
        await (node ? sendTo(node, command) : send(prefix, command));
    };
    /** Unless it is told to read from them, the client does not know its replicas. */
    const hasReplicas = async (channel: string): Promise<boolean> => {
        const master = ownerOf(channel);
        if (!master) {
            return true;
        }
        try {
            const [, , replicas] = (await sendTo(master, ['ROLE'])) as unknown[];
            return !Array.isArray(replicas) || replicas.length > 0;
        } catch {
            // Access rules may forbid to ask. Then the count is not to be relied on.
            return true;
        }
    };

    return {
        prefix,
        get isSharded() {
            return isSharded;
        },
        async publish(channel, message) {
            if (!isSharded) {
                return publishEverywhere(channel, message);
            }
            try {
                // Who listens at a server that was the master of the slot hears it, and is not counted.
                const count = Number(await send(channel, ['SPUBLISH', channel, message]));
                return count === 0 && (await hasReplicas(channel)) ? undefined : count;
            } catch (error) {
                if (!isUnknownCommand(error)) {
                    throw error;
                }
                isSharded = false;
                return publishEverywhere(channel, message);
            }
        },
        placeOf: channel => (isSharded ? nameOf(ownerOf(channel)) : ''),
        connect(place, events) {
            const node = isSharded ? named(place) : middle();
            if (!node) {
                return undefined;
            }
            const make = async () => listenerLike(await redis.nodeClient(node));
            return nodeRedisListening({ make, isSharded, isCurrent: () => named(nameOf(node)) !== undefined }, events);
        },
        isElsewhere(error) {
            if (isUnknownCommand(error)) {
                isSharded = false;
                return true;
            }
            return isRedirection(error);
        },
        // The client looks where everything is when a server sends a command elsewhere.
        refresh: channel => void send(channel, ['EXISTS', channel]).catch(() => undefined)
    };
}

function listenerLike(client: NodeRedisClient) {
    return client.duplicate(ownOptions(client.options?.socket));
}
