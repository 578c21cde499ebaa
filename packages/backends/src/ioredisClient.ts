import type * as Ioredis from 'ioredis';
import { backOff, closeTimeoutMs, connectTimeoutMs, inTime, silenceTimeoutMs } from './patience.js';
import type { OpenedRedis, RedisSettings } from './redisClient.js';
import type { RedisPlace } from './redisPlace.js';

export function ioredisClient(driver: typeof Ioredis, place: RedisPlace, settings: RedisSettings): OpenedRedis {
    const { tryMs, onerror, onready } = settings;
    const client = place.form === 'cluster' ? makeCluster(driver, place, settings) : makeSingle(driver, place, settings);
    client.on('error', onerror);
    if (onready) {
        client.on('ready', onready);
    }
    const ended = new Promise<void>(resolve => client.once('end', resolve));
    return {
        client,
        answered: async () => {
            await client.connect();
            await client.ping();
        },
        async close() {
            if (client.status === 'ready' && tryMs === undefined) {
                await inTime(closeTimeoutMs, () => client.quit().catch(() => undefined));
            }
            if (client.status !== 'end') {
                client.disconnect();
                await inTime(closeTimeoutMs, () => ended);
            }
        }
    };
}

function makeSingle({ Redis }: typeof Ioredis, place: RedisPlace, settings: RedisSettings) {
    const { hosts, database, master, sentinelUsername, sentinelPassword, tls } = place;
    const retry = retryStrategy(settings);
    const [first] = hosts;
    const target =
        master === undefined
            ? { ...first }
            : {
                  sentinels: hosts.map(host => ({ ...host })),
                  name: master,
                  sentinelRetryStrategy: retry,
                  sentinelCommandTimeout: settings.tryMs ?? silenceTimeoutMs,
                  enableTLSForSentinelMode: tls,
                  ...(tls && { sentinelTLS: {} }),
                  ...(sentinelUsername !== undefined && { sentinelUsername }),
                  ...(sentinelPassword !== undefined && { sentinelPassword })
              };
    return new Redis({
        ...connectionOptions(place, settings),
        ...target,
        db: database,
        retryStrategy: retry,
        lazyConnect: settings.tryMs !== undefined,
        ...settings.driverOptions
    });
}

function makeCluster({ Cluster }: typeof Ioredis, place: RedisPlace, settings: RedisSettings) {
    const { tryMs = connectTimeoutMs, driverOptions } = settings;
    return new Cluster(
        place.hosts.map(host => ({ ...host })),
        {
            clusterRetryStrategy: retryStrategy(settings),
            slotsRefreshTimeout: tryMs,
            lazyConnect: settings.tryMs !== undefined,
            // Certificates are for names, so names must not be looked up before.
            ...(place.tls && { dnsLookup: (name: string, found: (error: null, address: string) => void) => found(null, name) }),
            redisOptions: { ...connectionOptions(place, settings), ...driverOptions }
        }
    );
}

function connectionOptions({ username, password, family, tls }: RedisPlace, { tryMs }: RedisSettings) {
    return {
        ...(username !== undefined && { username }),
        ...(password !== undefined && { password }),
        ...(family !== undefined && { family }),
        ...(tls && { tls: {} }),
        connectTimeout: tryMs ?? connectTimeoutMs,
        disconnectTimeout: closeTimeoutMs / 2,
        // Counts while an answer is due.
        socketTimeout: tryMs ?? silenceTimeoutMs,
        // The transport answers 503 after a second: what Redis has not taken by then is not to wait for it.
        maxRetriesPerRequest: tryMs === undefined ? 3 : 0,
        // Only a new connection leads away from a master that has become a replica. Who tries once is told of it.
        ...(tryMs === undefined && {
            reconnectOnError: (error: Error): 2 | false => (error.message.startsWith('READONLY') ? 2 : false)
        })
    };
}

function retryStrategy({ tryMs }: RedisSettings): (attempt: number) => number | null {
    return attempt => (tryMs === undefined ? backOff(attempt) : null);
}
