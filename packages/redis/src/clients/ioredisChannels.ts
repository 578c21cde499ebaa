import type { ChannelSettings, RedisChannels } from '../commands.js';
import { slotOf } from '../slot.js';
import { channelPrefix, isRedirection, isUnknownCommand } from './channelPrefix.js';
import type { IoredisClient, IoredisCluster } from './ioredis.js';
import { ioredisListening, ownOptions } from './ioredisConnection.js';

/** The end of a connection, as far as ioredis shows it. */
interface Connected {
    readonly stream?: { readonly remoteAddress?: string; readonly remotePort?: number };
}

export function ioredisSingleChannels(redis: IoredisClient, { keyPrefix }: ChannelSettings): RedisChannels {
    return {
        prefix: channelPrefix(redis.options.keyPrefix?.toString() ?? '', keyPrefix, redis.options.db ?? 0),
        isSharded: false,
        publish: async (channel, message) => Number(await redis.publish(channel, message)),
        placeOf: () => '',
        connect(_place, events) {
            const connection = redis.duplicate(ownOptions);
            // After a fail-over the one that was the master may still answer.
            const isCurrent = () => !redis.options.sentinels || isSameServer(redis, connection);
            return ioredisListening({ connection, isSharded: false, isCurrent }, events);
        },
        isElsewhere: () => false,
        refresh: () => undefined
    };
}

/** Whether both are connected to one server, as far as can be told. */
function isSameServer(one: object, other: object): boolean {
    const [a, b] = [one, other].map(client => (client as Connected).stream);
    if (a?.remotePort === undefined || b?.remotePort === undefined) {
        return true;
    }
    return a.remoteAddress === b.remoteAddress && a.remotePort === b.remotePort;
}

export function ioredisClusterChannels(redis: IoredisCluster, { keyPrefix, sharded }: ChannelSettings): RedisChannels {
    const clientPrefix = redis.options.keyPrefix?.toString() ?? '';
    const prefix = channelPrefix(clientPrefix, keyPrefix, 0);
    let isSharded = sharded && typeof redis.spublish === 'function';
    const masters = () => redis.nodes('master');
    const nameOf = ({ options }: IoredisClient) => `${options.host}:${options.port}`;
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
                // Who listens at a server that was the master of the slot hears it, and is not counted.
                const count = Number(await redis.spublish(channel.slice(clientPrefix.length), message));
                return count === 0 && redis.nodes('slave').length > 0 ? undefined : count;
            } catch (error) {
                if (!isUnknownCommand(error)) {
                    throw error;
                }
                isSharded = false;
                return publishEverywhere(channel, message);
            }
        },
        placeOf: channel => (isSharded ? ownerOf(channel) : ''),
        connect(place, events) {
            const node = isSharded ? named(place) : middle();
            if (!node) {
                return undefined;
            }
            const isCurrent = () => masters().some(master => nameOf(master) === nameOf(node));
            return ioredisListening({ connection: node.duplicate(ownOptions), isSharded, isCurrent }, events);
        },
        isElsewhere(error) {
            if (isUnknownCommand(error)) {
                isSharded = false;
                return true;
            }
            return isRedirection(error);
        },
        refresh: () => redis.refreshSlotsCache()
    };
}
