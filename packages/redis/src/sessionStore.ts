import { fingerprint, type SessionCreation, type SessionData, type SessionStore } from '@mcp-sessions/core';
import type { RedisClient } from './client.js';
import { open, seal } from './envelope.js';
import { Keys } from './keys.js';
import { milliseconds, requireClient } from './optionChecks.js';
import { runScript } from './script.js';
import { updateSession } from './scripts/embedded.js';

/** Where the store reports records that it cannot read. `console` is one. */
export interface SessionLogger {
    warn(message: string): void;
}

export interface RedisSessionStoreOptions {
    /** An ioredis `Redis` or `Cluster`, version 5 or 6. It stays yours: the store never closes it. */
    redis: RedisClient;
    /** Stands before every key. @default 'mcp:session:' */
    keyPrefix?: string;
    /** Time to live in seconds, counted from the last use. @default 3600 */
    ttlSeconds?: number;
    /**
     * Longest record in characters of JSON. A longer one is not written, and counts as absent when it is read. A guard
     * against foreign values; what a client may bring is bounded by the transport's `maxRecordBytes`. @default 1048576
     */
    maxRecordLength?: number;
    /** @default none */
    logger?: SessionLogger;
}

/**
 * MCP sessions in Redis 6.2 or later (`GETEX`): one string per session, read and extended by one command. Every write
 * sets a time to live, so no key outlives its session.
 *
 * ```ts
 * const sessionStore = new RedisSessionStore({ redis: new Redis(process.env.REDIS_URL), ttlSeconds: 3600 });
 * ```
 *
 * @see {@link SessionStore} for what each method promises.
 */
export class RedisSessionStore implements SessionStore {
    readonly ttlMs: number;
    private readonly redis: RedisClient;
    private readonly keys: Keys;
    private readonly maxRecordLength: number;
    private readonly logger: SessionLogger | undefined;

    /** @throws RangeError if `ttlSeconds` is not a positive number; TypeError without a client. */
    constructor({ redis, keyPrefix = 'mcp:session:', ttlSeconds = 3600, maxRecordLength = 1024 * 1024, logger }: RedisSessionStoreOptions) {
        requireClient(redis, 'RedisSessionStore');
        this.redis = redis;
        this.ttlMs = milliseconds(ttlSeconds, 'ttlSeconds');
        this.keys = new Keys(keyPrefix);
        this.maxRecordLength = maxRecordLength;
        this.logger = logger;
    }

    async storeSession(sessionId: string, data: SessionData): Promise<void> {
        await this.redis.set(await this.keys.session(sessionId), seal(data, this.maxRecordLength), 'PX', this.ttlMs);
    }

    async createSession(sessionId: string, data: SessionData): Promise<SessionCreation> {
        const record = seal(data, this.maxRecordLength);
        const isCreated = (await this.redis.set(await this.keys.session(sessionId), record, 'PX', this.ttlMs, 'NX')) === 'OK';
        return isCreated ? 'created' : 'taken';
    }

    async updateSession(sessionId: string, data: SessionData, expectedRevision: number): Promise<boolean> {
        const record = seal(data, this.maxRecordLength);
        const keys = [await this.keys.session(sessionId)];
        return Number(await runScript(this.redis, updateSession, keys, expectedRevision, record, this.ttlMs)) === 1;
    }

    async getSession(sessionId: string): Promise<SessionData | null> {
        const key = await this.keys.session(sessionId);
        // Sent together: one round trip. The key's remaining life tells when it was last extended.
        const [value, life] = await Promise.all([absentIfForeign(this.redis.get(key)), this.redis.pttl(key)]);
        const remainingMs = Number(life); // Text where the client is set up with `stringNumbers`.
        const extendedAt = Date.now() - (this.ttlMs - remainingMs);
        return this.read(sessionId, value, remainingMs > 0 && remainingMs <= this.ttlMs ? extendedAt : undefined);
    }

    async getAndTouchSession(sessionId: string): Promise<SessionData | null> {
        return this.read(
            sessionId,
            await absentIfForeign(this.redis.getex(await this.keys.session(sessionId), 'PX', this.ttlMs)),
            Date.now()
        );
    }

    async updateSessionActivity(sessionId: string): Promise<void> {
        await this.redis.pexpire(await this.keys.session(sessionId), this.ttlMs);
    }

    async deleteSession(sessionId: string): Promise<void> {
        await this.redis.del(await this.keys.session(sessionId));
    }

    async sessionExists(sessionId: string): Promise<boolean> {
        return Number(await this.redis.exists(await this.keys.session(sessionId))) === 1;
    }

    /** Nothing to release: the client is the caller's. */
    async close(): Promise<void> {}

    private async read(sessionId: string, value: string | null, lastActivity: number | undefined): Promise<SessionData | null> {
        if (value === null) {
            return null;
        }
        const data = open(value, this.maxRecordLength);
        if (data === undefined) {
            this.logger?.warn(`mcp-sessions: the record of session ${await fingerprint(sessionId)} cannot be read; it counts as absent`);
            return null;
        }
        return lastActivity === undefined || typeof data !== 'object' || data === null ? data : { ...data, lastActivity };
    }
}

/** A key of another type is no record of ours, whoever wrote it. */
async function absentIfForeign(value: Promise<string | null>): Promise<string | null> {
    try {
        return await value;
    } catch (error) {
        if (error instanceof Error && error.message.startsWith('WRONGTYPE')) {
            return null;
        }
        throw error;
    }
}
