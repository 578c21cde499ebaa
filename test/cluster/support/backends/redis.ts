import { randomUUID } from 'node:crypto';
import type { EventLog, SessionData, SessionLimits, SessionStore } from '@mcp-sessions/core';
import { RedisEventLog, RedisSessionStore } from '@mcp-sessions/redis';
import { Redis } from 'ioredis';
import { openRedis, startPrivateRedis, type Service } from '../../../../scripts/services.mjs';
import { Commands } from '../commands.js';
import type { Backend, BackendKind, Calls, Kept, LogOptions } from './backend.js';
import { recordKey, seal, unseal } from './redisRecord.js';

/** Our part of a Redis: the keys with a prefix of its own. */
export class RedisTestBackend implements Backend {
    readonly keyPrefix = `test:${randomUUID()}:`;
    readonly redis: Redis;

    constructor(
        readonly service: Service,
        private readonly pushes: boolean
    ) {
        this.redis = new Redis(service.url, { maxRetriesPerRequest: null, retryStrategy: () => 50 });
        // A connection that is lost is found again.
        this.redis.on('error', () => undefined);
    }

    get env(): Record<string, string> {
        return { STORE: 'redis', REDIS_URL: this.service.url, KEY_PREFIX: this.keyPrefix, PUSH: this.pushes ? '1' : '0' };
    }

    get port(): number {
        return Number(new URL(this.service.url).port || 6379);
    }

    through(port: number): Record<string, string> {
        return { REDIS_URL: throughPort(this.service.url, port) };
    }

    sessionStore(limits: SessionLimits): SessionStore {
        return new RedisSessionStore({ redis: this.redis, keyPrefix: this.keyPrefix, ...limits });
    }

    eventLog(options: LogOptions = {}): EventLog {
        return new RedisEventLog({ redis: this.redis, keyPrefix: this.keyPrefix, ...options });
    }

    async record(sessionId: string): Promise<SessionData | undefined> {
        const value = await this.redis.get(this.#key(sessionId));
        return value === null ? undefined : unseal(value).data;
    }

    async writeRecord(sessionId: string, data: SessionData & Record<string, unknown>): Promise<void> {
        const { format } = unseal((await this.redis.get(this.#key(sessionId))) ?? '');
        await this.redis.set(this.#key(sessionId), seal({ format, revision: String(data.revision ?? 0), data }), 'PX', 60_000);
    }

    remainingMs(sessionId: string): Promise<number> {
        return this.redis.pttl(this.#key(sessionId));
    }

    async expire(sessionId: string): Promise<void> {
        await this.redis.pexpire(this.#key(sessionId), 0);
    }

    async expireLogs(): Promise<void> {
        const keys = (await this.keys()).filter(key => key.includes(':log'));
        if (keys.length > 0) await this.redis.del(...keys);
    }

    keys(): Promise<string[]> {
        return this.redis.keys(`${this.keyPrefix}*`);
    }

    async kept(): Promise<Kept> {
        const keys = await this.keys();
        const lives = await this.#each(keys, (batch, key) => batch.pttl(key));
        const states = keys.filter(key => key.endsWith(':log:state'));
        const dropped = await this.#each(states, (batch, key) => batch.hget(key, 'dropped'));
        const ended = new Set(states.filter((_, index) => dropped[index] === '1'));
        const logs = new Set(keys.filter(key => key.includes(':log') && !ended.has(key)).map(key => key.replace(/:log.*/, '')));
        return {
            records: keys.filter(key => key.endsWith('}') && !key.includes(':mail:')).length,
            logs: logs.size,
            ends: ended.size,
            immortal: keys.filter((_, index) => lives[index] === -1),
            total: keys.length
        };
    }

    /** Redis finds keys whose time is over when they are asked for, and looks for others by itself. */
    async sweep(): Promise<void> {
        await this.keys();
    }

    async clear(): Promise<void> {
        if (this.redis.status !== 'ready') return;
        const keys = await this.keys();
        while (keys.length > 0) await this.redis.del(...keys.splice(0, 1000));
    }

    async count(): Promise<Calls> {
        const commands = await Commands.listen(this.redis);
        return {
            env: {},
            // Who subscribes holds a connection, and asks for nothing.
            take: async () => (await commands.take(this.keyPrefix)).filter(name => !/^s?(un)?subscribe$/.test(name)),
            stop: async () => commands.stop()
        };
    }

    async listened(): Promise<number | undefined> {
        return ((await this.redis.pubsub('CHANNELS', `${this.keyPrefix}*`)) as string[]).length;
    }

    async close(): Promise<void> {
        await this.clear();
        this.redis.disconnect();
        await this.service.stop();
    }

    #key(sessionId: string): string {
        return recordKey(this.keyPrefix, sessionId);
    }

    async #each(keys: readonly string[], add: (batch: ReturnType<Redis['pipeline']>, key: string) => void): Promise<unknown[]> {
        const batch = this.redis.pipeline();
        keys.forEach(key => add(batch, key));
        return ((await batch.exec()) ?? []).map(([, result]) => result);
    }
}

/** The same address on another port of this machine. */
export function throughPort(url: string, port: number): string {
    const other = new URL(url);
    other.hostname = '127.0.0.1';
    other.port = String(port);
    return other.href;
}

export const redis: BackendKind<RedisTestBackend> = {
    name: 'Redis',
    pushes: true,
    open: async () => new RedisTestBackend(await openRedis(), true)
};

export const redisPolling: BackendKind<RedisTestBackend> = {
    name: 'Redis without push',
    pushes: false,
    open: async () => new RedisTestBackend(await openRedis(), false)
};

/** The same for nodes that keep plain transports in a map, as applications without the handler do. */
class PlainRedisBackend extends RedisTestBackend {
    override get env(): Record<string, string> {
        return { ...super.env, PLAIN_TRANSPORTS: '1' };
    }
}

export const redisPlain: BackendKind<RedisTestBackend> = {
    name: 'Redis, with plain transports',
    pushes: true,
    open: async () => new PlainRedisBackend(await openRedis(), true)
};

/** A Redis for one file alone, which it may stop, start and measure. */
export const ownRedis: BackendKind<RedisTestBackend> = {
    name: 'a Redis of its own',
    pushes: true,
    open: async () => new RedisTestBackend(await startPrivateRedis({ persistent: true }), true)
};
