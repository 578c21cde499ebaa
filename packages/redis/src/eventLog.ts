import {
    type Claim,
    type EventLog,
    fingerprint,
    type JSONRPCMessage,
    type LogCursor,
    type LogPage,
    milliseconds,
    type NewEvent,
    requireCount
} from '@mcp-sessions/core';
import { CallNames } from './callNames.js';
import { commandsOf, type RedisClient } from './client.js';
import type { EmbeddedScript, RedisCommands } from './commands.js';
import { Keys } from './keys.js';
import { appendEvents, claimStream, dropLog, readStream, releaseStream, touchLog } from './scripts/embedded.js';
import type { SessionLogger } from './sessionStore.js';

export interface RedisEventLogOptions {
    /** It stays yours: the log never closes it. */
    redis: RedisClient;
    /** Stands before every key; the same as that of the session store. @default 'mcp:session:' */
    keyPrefix?: string;
    /** Time to live of a session's log in seconds, counted from its last use. @default 3600 */
    ttlSeconds?: number;
    /** Events that one session's log holds. @default 10000 */
    maxEvents?: number;
    /** Bytes of JSON that one session's log holds. @default 16777216 */
    maxBytes?: number;
    /** Seconds after which an event is trimmed. @default none: it goes with its log */
    maxAgeSeconds?: number;
    /**
     * Longest message in bytes of JSON. A longer one is sent where its stream is open, and not kept. @default as long as any
     */
    maxEventBytes?: number;
    /** Told of events that cannot be read. @default none */
    logger?: SessionLogger;
}

/** What one call may do, so that Redis is soon there for others again. */
const maxAppended = 250;
const maxBytesAppended = 1024 * 1024;
const maxLookedAt = 500;
const maxBytesLookedAt = 1024 * 1024;

type EventArguments = readonly [streamId: string, message: string, kind: string, finalOf: string];

/** How long a dropped log refuses what is still on its way. */
const refuseMs = 120_000;

/** What Redis makes as the id of an entry. Longer numbers would not be compared exactly. */
const positionPattern = /^(0|[1-9]\d{0,14})-(0|[1-9]\d{0,14})$/;

/**
 * Event logs in Redis 6.2 or later: one stream per session that holds all its streams, and positions that Redis makes.
 * Every call is one round trip, and every write sets a time to live.
 *
 * Over a cap the oldest events go first, and final responses that nobody has seen go last.
 *
 * ```ts
 * const eventLog = new RedisEventLog({ redis: new Redis(process.env.REDIS_URL), maxEvents: 1000 });
 * ```
 *
 * @see {@link EventLog} for what each method promises.
 */
export class RedisEventLog implements EventLog {
    readonly maxEventBytes?: number;
    private readonly redis: RedisCommands;
    private readonly keys: Keys;
    private readonly ttlMs: number;
    private readonly maxEvents: number;
    private readonly maxBytes: number;
    private readonly maxAgeMs: number;
    private readonly logger: SessionLogger | undefined;
    private readonly calls = new CallNames();

    /** @throws RangeError if a number is not positive; TypeError without a client. */
    constructor(options: RedisEventLogOptions) {
        const { redis, keyPrefix = 'mcp:session:', ttlSeconds = 3600, maxEvents = 10_000, maxBytes = 16 * 1024 * 1024 } = options;
        this.redis = commandsOf(redis, 'RedisEventLog');
        this.keys = new Keys(keyPrefix);
        this.ttlMs = milliseconds(ttlSeconds, 'ttlSeconds');
        this.maxEvents = requireCount(maxEvents, 'maxEvents');
        this.maxBytes = requireCount(maxBytes, 'maxBytes');
        this.maxAgeMs = options.maxAgeSeconds === undefined ? 0 : milliseconds(options.maxAgeSeconds, 'maxAgeSeconds');
        this.logger = options.logger;
        if (options.maxEventBytes !== undefined) {
            this.maxEventBytes = requireCount(options.maxEventBytes, 'maxEventBytes');
        }
    }

    async append(sessionId: string, events: readonly NewEvent[]): Promise<readonly (string | null)[]> {
        const args = events.map(
            ({ streamId, message, finalOf, undelivered }): EventArguments => [
                streamId,
                JSON.stringify(message),
                finalOf === undefined ? '0' : undelivered ? '2' : '1',
                finalOf ?? ''
            ]
        );
        return this.calls.withCaller(sessionId, async caller => {
            const positions: (string | null)[] = [];
            for (const part of inParts(args)) {
                const bounds = [this.ttlMs, this.maxEvents, this.maxBytes, this.maxAgeMs];
                const reply = await this.run(appendEvents, sessionId, ...bounds, caller, this.calls.next(), ...part.flat());
                positions.push(...(reply as (string | null)[]));
            }
            return positions;
        });
    }

    async read(sessionId: string, streamId: string, cursor: LogCursor, limit: number): Promise<LogPage | null> {
        const [mode, position] = 'after' in cursor ? ['after', cursor.after] : ['since', cursor.since];
        if (!positionPattern.test(position) && (mode === 'after' || position !== '')) {
            return null;
        }
        const bounds = [Math.max(1, Math.floor(limit)), maxLookedAt, maxBytesLookedAt];
        const reply = await this.run(readStream, sessionId, this.maxAgeMs, streamId, mode, position, ...bounds);
        if (reply === null) {
            return null;
        }
        const [reader, lookedTo, more, named, ...pairs] = reply as [string | null, string, number, string | null, ...string[]];
        const last = named === null ? undefined : await this.parse(sessionId, named);
        const events = [];
        for (let i = 0; i < pairs.length; i += 2) {
            const message = await this.parse(sessionId, pairs[i + 1]);
            if (message) {
                events.push({ position: pairs[i] ?? '', message });
            }
        }
        return { events, last, position: lookedTo, more: Number(more) === 1, reader: reader ?? undefined };
    }

    async claim(
        sessionId: string,
        streamId: string,
        reader: string,
        condition?: { readonly ifHeldBy: string | undefined }
    ): Promise<Claim> {
        const when = condition === undefined ? 'always' : condition.ifHeldBy === undefined ? 'free' : 'held';
        const args = [this.ttlMs, this.maxAgeMs, streamId, reader, this.calls.unique(), when, condition?.ifHeldBy ?? ''];
        const reply = await this.run(claimStream, sessionId, ...args);
        const [granted, previous, delivered, kept] = reply as [number, string | null, string | null, string];
        return { granted: Number(granted) === 1, previous: previous ?? undefined, delivered: delivered ?? undefined, kept };
    }

    async release(sessionId: string, streamId: string, reader: string, delivered: string): Promise<void> {
        await this.run(releaseStream, sessionId, streamId, reader, positionPattern.test(delivered) ? delivered : '');
    }

    async drop(sessionId: string): Promise<void> {
        await this.run(dropLog, sessionId, refuseMs);
    }

    async touch(sessionId: string): Promise<string> {
        return (await this.run(touchLog, sessionId, this.ttlMs)) as string;
    }

    /** Nothing to release: the client is the caller's. */
    async close(): Promise<void> {}

    private async run(script: EmbeddedScript, sessionId: string, ...args: (string | number)[]): Promise<unknown> {
        return this.redis.run(script, await this.keys.log(sessionId), args);
    }

    /** An event of the log; undefined when it is none of ours. */
    private async parse(sessionId: string, json: string | undefined): Promise<JSONRPCMessage | undefined> {
        try {
            const message: unknown = JSON.parse(json ?? '');
            if (typeof message === 'object' && message !== null && !Array.isArray(message)) {
                return message as JSONRPCMessage;
            }
        } catch {
            // Told below, as what is no object.
        }
        this.logger?.warn(`mcp-sessions: an event of session ${await fingerprint(sessionId)} cannot be read; it is passed over`);
        return undefined;
    }
}

/** What is appended in one call each. */
function* inParts(events: readonly EventArguments[]): Iterable<readonly EventArguments[]> {
    let from = 0;
    let length = 0;
    for (const [index, [, message]] of events.entries()) {
        if (index > from && (index - from >= maxAppended || length + message.length > maxBytesAppended)) {
            yield events.slice(from, index);
            from = index;
            length = 0;
        }
        length += message.length;
    }
    if (from < events.length) {
        yield events.slice(from);
    }
}
