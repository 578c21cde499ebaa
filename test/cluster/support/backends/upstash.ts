import type { EventLog, SessionLimits, SessionStore } from '@mcp-sessions/core';
import { UpstashEventLog, UpstashSessionStore } from '@mcp-sessions/upstash';
import { Redis } from '@upstash/redis';
import { openRedis, type Service } from '../../../../scripts/services.mjs';
import { startUpstashRest, type UpstashRest } from '../../../support/upstashRest.js';
import type { BackendKind, Calls, LogOptions } from './backend.js';
import { RedisTestBackend, throughPort } from './redis.js';

/** A Redis that nodes reach over REST alone, and that tests look into directly. */
export class UpstashTestBackend extends RedisTestBackend {
    constructor(
        service: Service,
        readonly rest: UpstashRest
    ) {
        super(service, false);
    }

    override get env(): Record<string, string> {
        const { url, token } = this.rest;
        return {
            STORE: 'upstash',
            // An empty one hides what the environment of the tests may have.
            REDIS_URL: '',
            UPSTASH_REDIS_REST_URL: url,
            UPSTASH_REDIS_REST_TOKEN: token,
            KEY_PREFIX: this.keyPrefix,
            // A machine that is busy must not look like a service that is down.
            STORE_TIMEOUT_MS: '5000'
        };
    }

    override get port(): number {
        return Number(new URL(this.rest.url).port);
    }

    override through(port: number): Record<string, string> {
        return { UPSTASH_REDIS_REST_URL: throughPort(this.rest.url, port) };
    }

    override sessionStore(limits: SessionLimits): SessionStore {
        return new UpstashSessionStore({ redis: this.#client(), keyPrefix: this.keyPrefix, ...limits });
    }

    override eventLog(options: LogOptions = {}): EventLog {
        return new UpstashEventLog({ redis: this.#client(), keyPrefix: this.keyPrefix, ...options });
    }

    override async count(): Promise<Calls> {
        this.rest.take();
        return {
            env: {},
            take: async () => this.rest.take().commands.map(([name = '']) => name.toLowerCase()),
            stop: async () => undefined
        };
    }

    override async listened(): Promise<undefined> {
        return undefined;
    }

    override async close(): Promise<void> {
        await this.rest.stop();
        await super.close();
    }

    #client(): Redis {
        return new Redis({ url: this.rest.url, token: this.rest.token });
    }
}

export const upstash: BackendKind<UpstashTestBackend> = {
    name: 'Upstash',
    pushes: false,
    open: async () => {
        const service = await openRedis();
        return new UpstashTestBackend(service, await startUpstashRest({ redisUrl: service.url }));
    }
};
