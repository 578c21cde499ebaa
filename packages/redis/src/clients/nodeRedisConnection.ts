import type { ListeningConnection, ListeningEvents } from '../commands.js';

type Listener = (message: string, channel: string) => void;

/** What is used of a connection of node-redis that listens. */
export interface NodeRedisConnection {
    connect(): Promise<unknown>;
    sendCommand(args: string[]): Promise<unknown>;
    subscribe(channels: string[], listener: Listener): Promise<unknown>;
    unsubscribe(channel: string, listener: Listener): Promise<unknown>;
    sSubscribe(channels: string[], listener: Listener): Promise<unknown>;
    sUnsubscribe(channel: string, listener: Listener): Promise<unknown>;
    /** Since version 5. */
    destroy?(): void;
    disconnect?(): Promise<unknown>;
    on(event: 'error', listener: (error: Error) => void): unknown;
    on(event: 'sharded-channel-moved', listener: () => void): unknown;
}

/** What a connection that listens has of its own; the rest, such as TLS, is as the caller set up his client. */
export function ownOptions(socket: object | undefined): object {
    return {
        // A lost connection is not mended but replaced, and its channels are asked for again by the one who knows what is wanted.
        // Whether it still lives is asked by heartbeats of our own, and between them nothing need come.
        socket: { ...socket, reconnectStrategy: false, socketTimeout: undefined },
        disableOfflineQueue: false,
        pingInterval: undefined,
        clientSideCache: undefined,
        emitInvalidate: undefined,
        commandOptions: undefined
    };
}

export interface NodeRedisListening {
    /** A connection that is not open yet. */
    make(): Promise<NodeRedisConnection>;
    readonly isSharded: boolean;
    readonly isCurrent: () => boolean;
}

export function nodeRedisListening(settings: NodeRedisListening, { onMessage, onLost }: ListeningEvents): ListeningConnection {
    const { make, isSharded, isCurrent } = settings;
    let connection: NodeRedisConnection | undefined;
    let opening: Promise<void> = Promise.resolve();
    let isClosed = false;
    const listener: Listener = (message, channel) => onMessage(channel, message);
    const needed = () => {
        if (!connection || isClosed) {
            throw new Error('The connection was closed');
        }
        return connection;
    };

    async function open(): Promise<void> {
        connection = await make();
        connection.on('error', onLost);
        connection.on('sharded-channel-moved', () => onLost(new Error('Channels have moved to another server')));
        await needed().connect();
        needed();
    }

    /** Of one that is not open the client says so. */
    async function end(): Promise<void> {
        if (connection?.destroy) {
            connection.destroy();
        } else {
            await connection?.disconnect?.();
        }
    }
    return {
        open: () => (opening = open()),
        subscribe: async channels => void (await needed()[isSharded ? 'sSubscribe' : 'subscribe']([...channels], listener)),
        unsubscribe: async channel => void (await needed()[isSharded ? 'sUnsubscribe' : 'unsubscribe'](channel, listener)),
        ping: async () => void (await needed().sendCommand(['PING'])),
        // What a server says begins with a word in capitals. The classes of these errors have no names of their own.
        isRefusal: error => /^[A-Z][A-Z\d]+ /.test(error.message),
        isCurrent,
        async close() {
            isClosed = true;
            // One that is about to open may miss that the first time.
            await Promise.allSettled([end(), opening]);
            await Promise.allSettled([end()]);
        }
    };
}
