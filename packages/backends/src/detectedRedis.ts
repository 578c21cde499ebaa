import { SessionError, type EncryptionOptions } from '@mcp-sessions/core';
import type { Environment } from './choice.js';
import { encryptionOf } from './encryptionKeys.js';
import { environment, isProduction } from './environment.js';
import { consoleLogger, type BackendLogger } from './logger.js';
import { openForGood, placeOf } from './openRedis.js';
import { reason } from './outageReport.js';
import { whyUnavailable } from './redisAvailability.js';
import type { OpenedRedis } from './redisClient.js';

/** Which Redis is looked for, and what to do where there is none. */
export interface RedisDetectionOptions {
    /** Names the Redis. @default REDIS_URL of the environment */
    redisUrl?: string | undefined;
    /** Whether memory may stand in for Redis where `NODE_ENV` is `production`. @default false */
    allowMemoryInProduction?: boolean;
    /** Milliseconds that Redis may take to answer at the start. @default 1000 */
    timeoutMs?: number;
    /** Say what was decided, on standard error. @default false */
    verbose?: boolean;
    /** Encrypts what is stored; false forces that nothing is. @default the keys of `MCP_SESSIONS_ENCRYPTION_KEYS`, if it is set */
    encryption?: EncryptionOptions | false;
    /** Laid over the options that the driver's client is made with. For a Redis Cluster: its `redisOptions`. */
    driverOptions?: Readonly<Record<string, unknown>>;
    /** The environment that is asked. @default process.env */
    env?: Environment;
    /** Told what was chosen, and warned. @default warnings on standard error */
    logger?: BackendLogger;
}

/** A Redis that has answered, with a client that we made. */
export interface DetectedRedis {
    readonly redis: OpenedRedis;
    readonly encryption: EncryptionOptions | undefined;
    readonly logger: BackendLogger;
}

/** The option by which an application asks for memory: whether it does, and its name, for messages. */
export interface MemoryWish {
    readonly option: string;
    readonly isWanted: boolean;
}

/** The Redis that is named, if it answers now. Undefined for memory: because that is wanted, or else loudly. */
export async function detectRedis(options: RedisDetectionOptions, wish: MemoryWish): Promise<DetectedRedis | undefined> {
    const { logger = consoleLogger, env = environment(), verbose = false, timeoutMs = 1000 } = options;
    const say = (message: string) => verbose && logger.warn(`mcp-sessions: ${message}`);
    if (wish.isWanted) {
        say(`sessions are in memory, as ${wish.option} says`);
        return undefined;
    }
    const [url, namedBy] = namedRedis(options);
    if (url === '') {
        allowMemory(options, wish, 'no Redis is named: neither redisUrl nor REDIS_URL is set');
        return undefined;
    }
    const place = placeOf({ url, namedBy });
    const encryption = encryptionOf(options.encryption, env);
    const trouble = await whyUnavailable(place, namedBy, timeoutMs, options.driverOptions);
    if (trouble) {
        allowMemory(options, wish, `the Redis that ${namedBy} names cannot be used (${reason(trouble)})`);
        return undefined;
    }
    const redis = await openForGood(place, { namedBy }, logger, options.driverOptions);
    say(`sessions are in Redis, as ${namedBy} names it${encryption ? ', encrypted' : ''}`);
    const onerror = (error: Error) => logger.warn(`mcp-sessions: ${error.message}`);
    return { redis, encryption: encryption && { onerror, ...encryption }, logger };
}

/** The URL, and what names it. */
export function namedRedis({ redisUrl, env = environment() }: RedisDetectionOptions): [url: string, namedBy: string] {
    return redisUrl === undefined ? [env['REDIS_URL']?.trim() ?? '', 'REDIS_URL'] : [redisUrl, 'redisUrl'];
}

/** @throws SessionError `CONFIGURATION` in production, unless memory is allowed there. */
function allowMemory(options: RedisDetectionOptions, { option }: MemoryWish, why: string): void {
    const { logger = consoleLogger, env = environment(), allowMemoryInProduction = false } = options;
    if (isProduction(env) && !allowMemoryInProduction) {
        throw new SessionError(
            'CONFIGURATION',
            `Sessions need a Redis in production, and ${why}. In memory they would end with each process, and no other node would ` +
                `know them. Set \`allowMemoryInProduction\` or \`${option}\` if that is what you want`
        );
    }
    logger.warn(`mcp-sessions: ${why}. SESSIONS ARE IN THE MEMORY OF THIS PROCESS: they end when it ends, and no other node knows them`);
}
