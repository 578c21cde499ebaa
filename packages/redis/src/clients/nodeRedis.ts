import { SessionError } from '@mcp-sessions/core';
import type { ChannelSettings, RedisChannels, RedisCommands, ScannedServer } from '../commands.js';
import { slotOf } from '../slot.js';
import { byHash } from './byHash.js';
import { nodeRedisClusterChannels, nodeRedisSentinelChannels, nodeRedisSingleChannels } from './nodeRedisChannels.js';
import type { NodeRedisConnection } from './nodeRedisConnection.js';
import { getEachAndPttl, scannedServer } from './scannedServer.js';
import { Unanswered } from './unanswered.js';

/** What is used of every client of node-redis (the package `redis`), versions 4 to 6. */
export interface NodeRedisState {
    readonly isOpen: boolean;
    /** Since version 6. It stands before keys, not before channels. */
    readonly _keyPrefix?: string | Buffer | undefined;
}

/** What `createClient` makes: one connection, and others like it. */
export interface NodeRedisClient extends NodeRedisState {
    readonly options?: { readonly database?: number | undefined; readonly socket?: object | undefined } | undefined;
    sendCommand(args: string[], options?: object): Promise<unknown>;
    duplicate(overrides?: object): NodeRedisConnection;
}

/** What `createCluster` makes. */
export interface NodeRedisCluster extends NodeRedisState {
    readonly masters: NodeRedisNode[];
    readonly replicas: NodeRedisNode[];
    readonly slots: { readonly master: NodeRedisNode }[];
    nodeClient(node: NodeRedisNode): Promise<NodeRedisClient> | NodeRedisClient;
    sendCommand(firstKey: string, isReadonly: boolean, args: string[], options?: object): Promise<unknown>;
}

export interface NodeRedisNode {
    readonly host: string;
    readonly port: number;
}

/** What `createSentinel` makes. */
export interface NodeRedisSentinel extends NodeRedisState {
    getMasterNode(): NodeRedisNode | undefined;
    sendCommand(isReadonly: boolean, args: string[], options?: object): Promise<unknown>;
    /** Hands out the connection to the master; the only way to one that listens there and is not mended behind our back. */
    _execute<T>(isReadonly: boolean, use: (client: NodeRedisClient) => Promise<T>): Promise<T>;
}

export function isNodeRedis(redis: object): redis is NodeRedisClient | NodeRedisCluster | NodeRedisSentinel {
    const { getEx, sendCommand, isOpen } = redis as { getEx?: unknown; sendCommand?: unknown; isOpen?: unknown };
    return typeof getEx === 'function' && typeof sendCommand === 'function' && typeof isOpen === 'boolean';
}

/** Text stays text, whatever the client makes of it otherwise. */
const plain = { typeMapping: {} };

/**
 * The raw commands are sent, since those tell where to: what only reads must not be asked of a replica either. They know
 * nothing of the client's `keyPrefix`.
 */
export function nodeRedisCommands(redis: NodeRedisClient | NodeRedisCluster | NodeRedisSentinel): RedisCommands {
    const clientPrefix = redis._keyPrefix?.toString() ?? '';
    const unanswered = Unanswered.of(redis);
    const checkOpen = () => {
        if (!redis.isOpen) {
            throw new SessionError('STORE_UNAVAILABLE', 'The client of node-redis is not connected: call its connect() first');
        }
    };
    const send = async (key: string, args: string[]): Promise<unknown> => {
        checkOpen();
        if (isCluster(redis)) {
            const server = nameOf(redis.slots[slotOf(key)]?.master) ?? '';
            return unanswered.ask(server, () => redis.sendCommand(key, false, args, plain));
        }
        return unanswered.ask('', () => (isSentinel(redis) ? redis.sendCommand(false, args, plain) : redis.sendCommand(args, plain)));
    };
    const sendTo = (cluster: NodeRedisCluster, node: NodeRedisNode, args: string[]): Promise<unknown> =>
        unanswered.ask(nameOf(node), async () => (await cluster.nodeClient(node)).sendCommand(args, plain));
    const of = (key: string, command: string, ...args: (string | number)[]) =>
        send(clientPrefix + key, [command, clientPrefix + key, ...args.map(String)]);
    const evaluate = (command: string, script: string, keys: readonly string[], args: readonly (string | number)[]) => {
        const names = keys.map(key => clientPrefix + key);
        return send(names[0] ?? '', [command, script, String(names.length), ...names, ...args.map(String)]);
    };
    const getAndPttl = async (key: string): Promise<[string | null, number]> => {
        const [value, lifeMs] = await Promise.all([of(key, 'GET'), of(key, 'PTTL')]);
        return [value as string | null, Number(lifeMs)];
    };
    const servers = async (): Promise<ScannedServer[]> => {
        checkOpen();
        if (!isCluster(redis)) {
            return [scannedServer('', clientPrefix, args => send('', args))];
        }
        return redis.masters.map(node => scannedServer(nameOf(node), clientPrefix, args => sendTo(redis, node, args)));
    };
    return {
        isCluster: isCluster(redis),
        getAndPttl,
        getEachAndPttl: keys => getEachAndPttl(keys, getAndPttl),
        getex: async (key, lifeMs) => (await of(key, 'GETEX', 'PX', lifeMs)) as string | null,
        set: async (key, value, lifeMs) => void (await of(key, 'SET', value, 'PX', lifeMs)),
        setIfAbsent: async (key, value, lifeMs) => (await of(key, 'SET', value, 'PX', lifeMs, 'NX')) === 'OK',
        pexpire: async (key, lifeMs) => void (await of(key, 'PEXPIRE', lifeMs)),
        exists: async key => Number(await of(key, 'EXISTS')) === 1,
        del: async key => void (await of(key, 'DEL')),
        run: ({ sha1, source }, keys, args) =>
            byHash(
                () => evaluate('EVALSHA', sha1, keys, args),
                () => evaluate('EVAL', source, keys, args)
            ),
        servers,
        // A pool of connections can do all but listen.
        ...(hasPubSub(redis) && { channels })
    };

    function channels({ keyPrefix, sharded }: ChannelSettings): RedisChannels {
        const settings = { clientPrefix, keyPrefix, sharded, send };
        if (isCluster(redis)) {
            return nodeRedisClusterChannels(redis, { ...settings, sendTo: (node, args) => sendTo(redis, node, args) });
        }
        return isSentinel(redis) ? nodeRedisSentinelChannels(redis, settings) : nodeRedisSingleChannels(redis, settings);
    }
}

/** Tells servers apart. */
export function nameOf(node: NodeRedisNode): string;
export function nameOf(node: NodeRedisNode | undefined): string | undefined;
export function nameOf(node: NodeRedisNode | undefined): string | undefined {
    return node && `${node.host}:${node.port}`;
}

function isCluster(redis: object): redis is NodeRedisCluster {
    return typeof (redis as Partial<NodeRedisCluster>).nodeClient === 'function';
}

function isSentinel(redis: object): redis is NodeRedisSentinel {
    return typeof (redis as Partial<NodeRedisSentinel>).getMasterNode === 'function';
}

function hasPubSub(redis: object): boolean {
    return typeof (redis as { subscribe?: unknown }).subscribe === 'function';
}
