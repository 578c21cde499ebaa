import { closeTimeoutMs, inTime, longestTimerMs } from './patience.js';
import { openRedis } from './redisClient.js';
import { parseRedisUrl, type RedisPlace } from './redisPlace.js';

export interface RedisAvailabilityOptions {
    /** Milliseconds that Redis may take to answer. @default 1000 */
    timeoutMs?: number;
}

/**
 * Whether a Redis answers at this URL, with this password, and in time. Asks once, by a connection of its own that is closed
 * afterwards; what the URL may be, {@link createSessionBackend} says. False where there is no URL, as in a variable that is not
 * set.
 *
 * @throws TypeError for what is no URL of Redis, RangeError for a `timeoutMs` that is not positive, SessionError
 * `CONFIGURATION` where no driver is installed.
 */
export async function isRedisAvailable(url: string | undefined, { timeoutMs = 1000 }: RedisAvailabilityOptions = {}): Promise<boolean> {
    if (!(timeoutMs > 0) || timeoutMs > longestTimerMs) {
        throw new RangeError(`timeoutMs must be a positive number of milliseconds, got ${String(timeoutMs)}`);
    }
    return url !== undefined && (await whyUnavailable(parseRedisUrl(url), 'The URL', timeoutMs)) === undefined;
}

/** Undefined for a Redis that answers, else what went wrong. */
export async function whyUnavailable(
    place: RedisPlace,
    namedBy: string,
    timeoutMs: number,
    driverOptions?: Readonly<Record<string, unknown>>
): Promise<Error | undefined> {
    let last: Error | undefined;
    const redis = await openRedis(place, { namedBy }, { tryMs: timeoutMs, driverOptions, onerror: error => (last = error) });
    try {
        const answered = await inTime(timeoutMs, () => redis.answered().then(() => true));
        return answered ? undefined : (last ?? new Error(`no answer within ${timeoutMs} ms`));
    } catch (error) {
        // What a client says of its end tells less than the error before it.
        return last ?? (error as Error);
    } finally {
        await inTime(2 * closeTimeoutMs, () => redis.close());
    }
}
