import type { RedisClient } from '@mcp-sessions/redis';
import type * as NodeRedis from 'redis';
import { backOff, closeTimeoutMs, connectTimeoutMs, inTime, pingIntervalMs, silenceTimeoutMs } from './patience.js';
import type { OpenedRedis, RedisSettings } from './redisClient.js';
import type { RedisHost, RedisPlace } from './redisPlace.js';

/** What is used of its clients. Since version 5 `close` and `destroy`, before `quit` and `disconnect`. */
interface Client {
    readonly isOpen: boolean;
    connect(): Promise<unknown>;
    ping?(): Promise<unknown>;
    close?(): Promise<unknown>;
    destroy?(): void;
    quit?(): Promise<unknown>;
    disconnect?(): Promise<unknown>;
    on(event: 'error', listener: (error: Error) => void): unknown;
    on(event: 'ready', listener: () => void): unknown;
}

export async function nodeRedisClient(driver: typeof NodeRedis, place: RedisPlace, settings: RedisSettings): Promise<OpenedRedis> {
    const { tryMs, onerror, onready } = settings;
    const client = make(driver, place, settings);
    client.on('error', onerror);
    if (onready) {
        client.on('ready', onready);
    }
    let isClosed = false;
    const connecting = tryMs === undefined ? connectForGood(client, () => isClosed, onerror) : client.connect();
    // Who waits for it is told; others are told by the event.
    connecting.catch(() => undefined);
    if (tryMs === undefined && place.form === 'cluster') {
        // Commands wait for a connection, but not for the map of a cluster.
        await inTime(connectTimeoutMs, () => connecting);
    }
    return {
        client: client as unknown as RedisClient,
        answered: async () => {
            await connecting;
            await client.ping?.();
        },
        async close() {
            isClosed = true;
            const end = client.close?.bind(client) ?? client.quit?.bind(client);
            if (client.isOpen && tryMs === undefined && end) {
                await inTime(closeTimeoutMs, () => end().catch(() => undefined));
            }
            if (client.isOpen) {
                const cut = client.destroy?.bind(client) ?? client.disconnect?.bind(client);
                await inTime(closeTimeoutMs, async () => cut?.());
            }
        }
    };
}

/** A single client goes on trying by itself; a cluster, or one behind Sentinel, gives up when nobody answers. */
async function connectForGood(client: Client, isClosed: () => boolean, onerror: (error: Error) => void): Promise<void> {
    for (let attempt = 1; !isClosed(); attempt++) {
        try {
            await client.connect();
            return;
        } catch (error) {
            onerror(error as Error);
            await new Promise<void>(resolve => setTimeout(resolve, backOff(attempt)).unref());
        }
    }
}

function make(driver: typeof NodeRedis, place: RedisPlace, settings: RedisSettings): Client {
    const { hosts, database, master, username, password, sentinelUsername, sentinelPassword } = place;
    const { socket: ownSocket, ...driverOptions } = settings.driverOptions ?? {};
    const user = (name?: string, secret?: string) => ({
        ...(name !== undefined && { username: name }),
        ...(secret !== undefined && { password: secret })
    });
    // Host and TLS are in there, too: an option beside them must not take them away.
    const socket = { ...socketOptions(place, settings), ...(ownSocket as object | undefined) };
    const connection = { ...liveness(settings), socket };
    if (place.form === 'cluster') {
        const rootNodes = hosts.map(host => ({ socket: { ...socket, ...host } }));
        return driver.createCluster({
            rootNodes,
            defaults: { ...user(username, password), ...connection, ...driverOptions }
        });
    }
    if (master !== undefined) {
        return driver.createSentinel({
            name: master,
            sentinelRootNodes: hosts.map((host: RedisHost) => ({ ...host })),
            nodeClientOptions: { ...user(username, password), database, ...connection, ...driverOptions },
            sentinelClientOptions: { ...user(sentinelUsername, sentinelPassword), ...connection }
        });
    }
    return driver.createClient({
        ...user(username, password),
        database,
        ...connection,
        socket: { ...hosts[0], ...socket },
        ...driverOptions
    });
}

/** What keeps it from waiting for a server that says nothing. */
function liveness({ tryMs }: RedisSettings) {
    return tryMs === undefined
        ? {
              pingInterval: pingIntervalMs,
              // What could not be sent by then is not to wait for a server to come back: a queue of any length would be carried
              // out at once. A limit to the queue would refuse what the driver says to begin a connection, too.
              commandOptions: { timeout: silenceTimeoutMs }
          }
        : {};
}

function socketOptions({ tls, family }: RedisPlace, { tryMs }: RedisSettings) {
    return {
        connectTimeout: tryMs ?? connectTimeoutMs,
        // Counts while nothing comes, asked or not: hence the pings.
        ...(tryMs === undefined && { socketTimeout: silenceTimeoutMs }),
        reconnectStrategy: (retries: number) => (tryMs === undefined ? backOff(retries + 1) : (false as const)),
        ...(tls && { tls: true as const }),
        ...(family !== undefined && { family })
    };
}
