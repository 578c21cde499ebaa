import type { ListeningConnection, ListeningEvents } from '../commands.js';

/** What is used of a connection of ioredis that listens. */
export interface IoredisConnection {
    connect(): Promise<unknown>;
    /** Command and channels. */
    call(command: string, ...args: string[]): Promise<unknown>;
    ping(): Promise<unknown>;
    disconnect(): void;
    on(event: 'message' | 'smessage', listener: (channel: string, message: string) => void): unknown;
    on(event: 'error', listener: (error: Error) => void): unknown;
    on(event: 'end' | 'moved', listener: () => void): unknown;
}

/** What a connection that listens has of its own; the rest is as the caller set up his client. */
export const ownOptions = {
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

export interface IoredisListening {
    readonly connection: IoredisConnection;
    readonly isSharded: boolean;
    readonly isCurrent: () => boolean;
}

export function ioredisListening(settings: IoredisListening, { onMessage, onLost }: ListeningEvents): ListeningConnection {
    const { connection, isSharded, isCurrent } = settings;
    const shard = isSharded ? 's' : '';
    let isOpen = false;
    let cause: Error | undefined;
    const ended = new Promise<void>(resolve => connection.on('end', resolve));
    connection.on('end', () => onLost(cause ?? new Error('The connection was closed')));
    // While it opens an error is followed by the end. Later it may be one of replies that no longer belong to their commands.
    connection.on('error', error => (isOpen ? onLost(error) : (cause ??= error)));
    // The only sign that ioredis 5 gives of a sharded channel that is refused because it has moved.
    connection.on('moved', () => onLost(new Error('Channels have moved to another server')));
    connection.on(isSharded ? 'smessage' : 'message', onMessage);
    return {
        async open() {
            await connection.connect();
            isOpen = true;
        },
        subscribe: async channels => void (await connection.call(`${shard}subscribe`, ...channels)),
        unsubscribe: async channel => void (await connection.call(`${shard}unsubscribe`, channel)),
        ping: async () => void (await connection.ping()),
        isRefusal: error => error.name === 'ReplyError',
        isCurrent,
        async close() {
            connection.disconnect();
            await ended;
        }
    };
}
