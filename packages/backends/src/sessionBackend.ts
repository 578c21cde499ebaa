import { createMemoryBackend, encryptBackend, SessionError, type SessionBackend } from '@mcp-sessions/core';
import { choose, namesOf, type BackendKind, type Choice, type Environment } from './choice.js';
import { encryptionOf } from './encryptionKeys.js';
import { environment, isProduction } from './environment.js';
import { consoleLogger, type BackendLogger } from './logger.js';
import { openPostgresBackend } from './openPostgres.js';
import { openRedisBackend } from './openRedis.js';
import { openUpstashBackend } from './openUpstash.js';
import { checkOptions, commonOptions, type SessionBackendOptions } from './options.js';

/** A backend and its client, which was made for it. */
export interface ChosenBackend extends SessionBackend {
    readonly kind: BackendKind;
    /** Closes the backend and its client. May be called twice. */
    close(): Promise<void>;
}

/**
 * The backend that a URL or the environment names, with a client of its own: spread it into the options of a transport. Make
 * one per process, and call `close()` when the process is to end.
 *
 * ```ts
 * const backend = await createSessionBackend();                              // what the environment names
 * const backend = await createSessionBackend({ url: 'postgres://localhost/sessions', migrate: true });
 * const backend = await createSessionBackend({ fallback: 'memory' });        // for laptops, too
 * ```
 *
 * | named by                                                           | backend  | driver                          |
 * | ------------------------------------------------------------------ | -------- | ------------------------------- |
 * | `REDIS_URL`, `KV_URL`; `redis:`, `redis+cluster:`, `redis-sentinel:` | Redis    | `ioredis`, else `redis`         |
 * | `POSTGRES_URL`, `DATABASE_URL`; `postgres:`                        | Postgres | `pg`                            |
 * | `KV_REST_API_URL` with `KV_REST_API_TOKEN`, `UPSTASH_REDIS_REST_URL` with `UPSTASH_REDIS_REST_TOKEN`; `https:` | Upstash | `@upstash/redis`, else `@vercel/kv` |
 * | `memory:`                                                          | memory   |                                 |
 *
 * Of several variables that are set the first of this order is taken, and a warning says so. Does not wait for the backend:
 * one that cannot be reached is tried again, and until then the transport answers 503.
 *
 * @throws SessionError `CONFIGURATION` where nothing is named, where options contradict each other, where a driver is missing;
 * RangeError for a number that is not positive; with Postgres what its `migrate` throws. No message holds a URL or a secret.
 */
export async function createSessionBackend(options: SessionBackendOptions = {}): Promise<ChosenBackend> {
    checkOptions(options);
    const { logger = consoleLogger, env = environment() } = options;
    const encryption = encryptionOf(options.encryption, env);
    const choice = decide(options, env);
    say(choice, logger);
    const backend = await open(choice, options, logger);
    try {
        const { sessionStore, eventLog, messageBus, sessionLock, historyLog } = encryption
            ? encryptBackend(backend, { onerror: error => logger.warn(`mcp-sessions: ${error.message}`), ...encryption })
            : backend;
        return {
            kind: choice.kind,
            ...{ sessionStore, eventLog, messageBus, sessionLock, ...(historyLog && { historyLog }) },
            close: once(() => backend.close())
        };
    } catch (error) {
        await backend.close();
        throw error;
    }
}

function decide(options: SessionBackendOptions, env: Environment): Choice {
    const { url, token, kind, memory = kind === 'memory', fallback, allowMemoryInProduction = false } = options;
    const inMemory = (namedBy: string): Choice => ({ kind: 'memory', url: 'memory:', namedBy, ignored: [] });
    if (memory && url === undefined) {
        return inMemory('memory');
    }
    const choice = choose({ env, ...(url !== undefined && { url }), ...(token !== undefined && { token }), ...(kind && { kind }) });
    if (choice) {
        return choice;
    }
    const what = `No backend is named. Set one of ${namesOf(kind)}; or give createSessionBackend a \`url\``;
    if (fallback !== 'memory') {
        throw new SessionError('CONFIGURATION', `${what}; or \`fallback: 'memory'\` for a single process`);
    }
    if (isProduction(env) && !allowMemoryInProduction) {
        throw new SessionError(
            'CONFIGURATION',
            `${what}. In production memory is no fallback, unless \`allowMemoryInProduction\` is set: sessions would end with each ` +
                'process, and no other node would know them'
        );
    }
    return inMemory('fallback');
}

function say({ kind, namedBy, ignored }: Choice, logger: BackendLogger): void {
    if (namedBy === 'fallback') {
        logger.warn(
            `mcp-sessions: no backend is named, so sessions are in the memory of this process: they end with it, and no other node knows them. Set one of ${namesOf()}`
        );
    } else if (ignored.length > 0) {
        const others = ignored.map(({ name }) => name).join(', ');
        logger.warn(
            `mcp-sessions: the backend is ${kind}, as ${namedBy} names it; ${others} ${ignored.length === 1 ? 'is' : 'are'} not used`
        );
    } else {
        logger.info?.(`mcp-sessions: the backend is ${kind}, as ${namedBy} names it`);
    }
}

async function open(choice: Choice, options: SessionBackendOptions, logger: BackendLogger): Promise<SessionBackend> {
    switch (choice.kind) {
        case 'redis':
            return openRedisBackend(choice, options, logger);
        case 'postgres':
            return openPostgresBackend(choice, options, logger);
        case 'upstash':
            return openUpstashBackend(choice, options, logger);
        case 'memory': {
            const memory = createMemoryBackend(commonOptions(options));
            return {
                ...memory,
                async close() {
                    await Promise.all([memory.close(), memory.sessionStore.close(), memory.sessionLock.close()]);
                }
            };
        }
    }
}

function once(task: () => Promise<void>): () => Promise<void> {
    let done: Promise<void> | undefined;
    return () => (done ??= task());
}
