import {
    fingerprint,
    fingerprintOfDigest,
    isRecordNamed,
    type ListOptions,
    milliseconds,
    requireCount,
    type SessionCreation,
    type SessionData,
    type SessionLimits,
    type SessionPage,
    type SessionStore
} from '@mcp-sessions/core';
import { commandsOf, type RedisClient } from './client.js';
import type { RedisCommands } from './commands.js';
import { open, seal } from './envelope.js';
import { Keys } from './keys.js';
import { updateSession } from './scripts/embedded.js';
import { SessionCaps } from './sessionCaps.js';
import { scanPage } from './scanPage.js';
import { absentIfForeign } from './foreignKey.js';

/** Where the store reports records that it cannot read. `console` is one. */
export interface SessionLogger {
    warn(message: string): void;
}

export interface RedisSessionStoreOptions extends SessionLimits {
    /** It stays yours: the store never closes it. */
    redis: RedisClient;
    /** Stands before every key. @default 'mcp:session:' */
    keyPrefix?: string;
    /**
     * Longest record in characters of JSON. A longer one is not written, and counts as absent when it is read. A guard
     * against foreign values; what a client may bring is bounded by the transport's `maxRecordBytes`. @default 1048576
     */
    maxRecordLength?: number;
    /** Told of what cannot be read. @default none */
    logger?: SessionLogger;
}

/**
 * MCP sessions in Redis 6.2 or later (`GETEX`): one string per session, read and extended by one command. Every write
 * sets a time to live, so no key outlives its session.
 *
 * With `maxSessions` or `maxSessionsPerPrincipal` sessions are counted beside their records, on one server of a cluster: that
 * costs one more round trip to create and to delete a session, for a node that has not seen a session before, and once in an
 * eighth of the time to live. A session that has expired is counted for up to a quarter of its time to live longer.
 *
 * ```ts
 * const sessionStore = new RedisSessionStore({ redis: new Redis(process.env.REDIS_URL), ttlSeconds: 3600 });
 * ```
 *
 * @see {@link SessionStore} for what each method promises.
 */
export class RedisSessionStore implements SessionStore {
    readonly ttlMs: number;
    private readonly initializeTtlMs: number;
    private readonly redis: RedisCommands;
    private readonly keys: Keys;
    private readonly caps: SessionCaps | undefined;
    private readonly maxRecordLength: number;
    private readonly logger: SessionLogger | undefined;

    /** @throws RangeError if a number is not positive; TypeError without a client. */
    constructor(options: RedisSessionStoreOptions) {
        const { redis, keyPrefix = 'mcp:session:', ttlSeconds = 3600, maxRecordLength = 1024 * 1024, logger } = options;
        const { initializeTtlSeconds = Math.min(300, ttlSeconds), maxSessions, maxSessionsPerPrincipal } = options;
        this.redis = commandsOf(redis, 'RedisSessionStore');
        this.ttlMs = milliseconds(ttlSeconds, 'ttlSeconds');
        this.initializeTtlMs = milliseconds(initializeTtlSeconds, 'initializeTtlSeconds');
        this.keys = new Keys(keyPrefix);
        this.maxRecordLength = maxRecordLength;
        this.logger = logger;
        for (const [name, value] of Object.entries({ maxSessions, maxSessionsPerPrincipal })) {
            if (value !== undefined && value !== Infinity) {
                requireCount(value, name);
                this.caps ??= new SessionCaps(this.redis, this.keys, this.ttlMs, finite(maxSessions), finite(maxSessionsPerPrincipal));
            }
        }
    }

    async storeSession(sessionId: string, data: SessionData): Promise<void> {
        const record = seal(data, this.maxRecordLength);
        await this.caps?.recount(sessionId, data.principal);
        await this.redis.set(await this.keys.session(sessionId), record, this.ttlMs);
    }

    async createSession(sessionId: string, data: SessionData): Promise<SessionCreation> {
        const record = seal(data, this.maxRecordLength);
        const key = await this.keys.session(sessionId);
        const lifeMs = data.initialized ? this.ttlMs : this.initializeTtlMs;
        if (this.caps && !(await this.caps.count(sessionId, data.principal, lifeMs))) {
            return (await this.redis.exists(key)) ? 'taken' : 'full';
        }
        try {
            return (await this.redis.setIfAbsent(key, record, lifeMs)) ? 'created' : 'taken';
        } catch (error) {
            // Of any other error nobody knows what came of the command, and a session that may be there stays counted.
            if (isRefusal(error)) {
                await this.caps?.release(sessionId);
            }
            throw error;
        }
    }

    async updateSession(sessionId: string, data: SessionData, expectedRevision: number): Promise<boolean> {
        const record = seal(data, this.maxRecordLength);
        const keys = [await this.keys.session(sessionId)];
        const isCounted = await this.beforeTouch(sessionId);
        const isUpdated = Number(await this.redis.run(updateSession, keys, [expectedRevision, record, this.ttlMs])) === 1;
        if (isUpdated && !isCounted) {
            await this.caps?.recount(sessionId, data.principal);
        }
        return isUpdated;
    }

    async getSession(sessionId: string): Promise<SessionData | null> {
        const [value, lifeMs] = await absentIfForeign(this.redis.getAndPttl(await this.keys.session(sessionId)), [null, 0]);
        return this.read(sessionId, value, this.extendedAt(lifeMs));
    }

    async getAndTouchSession(sessionId: string): Promise<SessionData | null> {
        return this.touch(sessionId, await this.beforeTouch(sessionId));
    }

    async updateSessionActivity(sessionId: string): Promise<void> {
        const isCounted = await this.beforeTouch(sessionId);
        if (isCounted) {
            await this.redis.pexpire(await this.keys.session(sessionId), this.ttlMs);
        } else {
            // Whose it is stands in the record.
            await this.touch(sessionId, isCounted);
        }
    }

    async deleteSession(sessionId: string): Promise<void> {
        await this.redis.del(await this.keys.session(sessionId));
        await this.caps?.release(sessionId);
    }

    async sessionExists(sessionId: string): Promise<boolean> {
        return (await this.getSession(sessionId)) !== null;
    }

    async listSessions(page?: ListOptions): Promise<SessionPage> {
        const { keys, cursor } = await scanPage(this.redis, this.keys, page);
        const found = keys.length > 0 ? await this.redis.getEachAndPttl(keys) : [];
        const sessions = await Promise.all(
            found.map(([value, lifeMs], index) => this.readListed(this.keys.nameIn(keys[index] ?? '') ?? '', value, lifeMs))
        );
        return { sessions: sessions.filter(data => data !== null), ...(cursor !== undefined && { cursor }) };
    }

    /** Nothing to release: the client is the caller's. */
    async close(): Promise<void> {}

    /** Whether the session is counted, for at least as long as it will live. */
    private async beforeTouch(sessionId: string): Promise<boolean> {
        return this.caps ? this.caps.extend(sessionId) : true;
    }

    private async touch(sessionId: string, isCounted: boolean): Promise<SessionData | null> {
        const value = await absentIfForeign(this.redis.getex(await this.keys.session(sessionId), this.ttlMs), null);
        const data = await this.read(sessionId, value, Date.now());
        if (data && !isCounted) {
            await this.caps?.recount(sessionId, data.principal);
        }
        return data;
    }

    private async read(sessionId: string, value: string | null, lastActivity: number | undefined): Promise<SessionData | null> {
        const data = this.open(value, lastActivity);
        if (data === undefined) {
            this.reportUnreadable(await fingerprint(sessionId));
        }
        return data ?? null;
    }

    /** @param name of the session, as it stands in the key. */
    private async readListed(name: string, value: string | null, lifeMs: number): Promise<SessionData | null> {
        const data = this.open(value, this.extendedAt(lifeMs));
        if (data === null || (data && (await isRecordNamed(name, data)))) {
            return data;
        }
        this.reportUnreadable(fingerprintOfDigest(name));
        return null;
    }

    /** The record in a value; undefined for what cannot be read. */
    private open(value: string | null, lastActivity: number | undefined): SessionData | null | undefined {
        const data = value === null ? null : open(value, this.maxRecordLength);
        if (lastActivity === undefined || typeof data !== 'object' || data === null) {
            return data;
        }
        // A session that was begun and not used since was given less than the whole time to live.
        return { ...data, lastActivity: data.lastActivity > lastActivity ? data.lastActivity : lastActivity };
    }

    /** A key's remaining life tells when it was last extended. */
    private extendedAt(lifeMs: number): number | undefined {
        return lifeMs > 0 && lifeMs <= this.ttlMs ? Date.now() - (this.ttlMs - lifeMs) : undefined;
    }

    private reportUnreadable(name: string): void {
        this.logger?.warn(`mcp-sessions: the record of session ${name} cannot be read; it counts as absent`);
    }
}

/** Whether Redis answered, and did not do it. */
function isRefusal(error: unknown): boolean {
    return error instanceof Error && /^[A-Z][A-Z\d]+ /.test(error.message);
}

function finite(cap: number | undefined): number | undefined {
    return cap === Infinity ? undefined : cap;
}
