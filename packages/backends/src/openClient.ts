import type { PostgresPool } from '@mcp-sessions/postgres';
import type { RedisClient } from '@mcp-sessions/redis';
import type { UpstashClient } from '@mcp-sessions/upstash';
import { choose, namesOf, type BackendKind, type Environment, type Named } from './choice.js';
import { environment } from './environment.js';
import { openPool } from './openPostgres.js';
import { placeOf } from './openRedis.js';
import { openUpstash, restPlaceOf } from './openUpstash.js';
import { OutageReport } from './outageReport.js';
import { closeTimeoutMs, inTime, longestTimerMs } from './patience.js';
import { openRedis } from './redisClient.js';
import type { RedisPlace } from './redisPlace.js';

export interface OpenClientOptions {
    /** Names the backend. Left out: the environment does. */
    url?: string;
    /** The token of a REST URL. */
    token?: string;
    /** The environment that is asked. @default process.env */
    env?: Environment;
    /** Of several that the environment names, the one of this kind. */
    kind?: BackendKind;
    /** Milliseconds that a connection may take; of REST, half of what an answer may. @default 5000 */
    timeoutMs?: number;
}

/** What names a backend, without a secret. */
export interface NamedBackend {
    readonly kind: BackendKind;
    /** `url`, or the variable. */
    readonly namedBy: string;
    /** Variables that name another one, which is not taken. */
    readonly ignored: readonly string[];
    /** Names or addresses of servers. */
    readonly hosts: readonly string[];
    readonly tls: boolean;
    /** Whether a password or a token goes with it. */
    readonly hasSecret: boolean;
    /** Of Redis. */
    readonly form?: 'single' | 'cluster' | 'sentinel';
}

/** Of Redis. */
interface OpenedServer {
    readonly redis: RedisClient;
    /** Connects. Rejects with why it is not to be reached. */
    answered(): Promise<void>;
}

/** A client alone, which connects once and is not connected again: for tools that look at the server itself. */
export type OpenedClient = { close(): Promise<void> } & (
    | (OpenedServer & {
          readonly kind: 'redis';
          /** A client for each server that the URL names, each for itself: for a Cluster that cannot be used as one. */
          servers(): Promise<readonly (OpenedServer & { readonly name: string; close(): Promise<void> })[]>;
      })
    | { readonly kind: 'postgres'; readonly pool: PostgresPool }
    | { readonly kind: 'upstash'; readonly redis: UpstashClient }
    | { readonly kind: 'memory' }
);

/** The variables that name a backend, for messages. */
export const backendVariables = namesOf();

/**
 * What a URL or the environment names; undefined where there is nothing.
 *
 * @throws SessionError `CONFIGURATION` for what names no backend. No message holds a URL.
 */
export function namedBackend(options: OpenClientOptions = {}): NamedBackend | undefined {
    const choice = choiceOf(options);
    if (!choice) {
        return undefined;
    }
    const { kind, namedBy } = choice;
    const named = { kind, namedBy, ignored: choice.ignored.map(({ name }) => name) };
    switch (kind) {
        case 'redis': {
            const { form, hosts, tls, password } = placeOf(choice);
            return { ...named, form, hosts: hosts.map(({ host }) => host), tls, hasSecret: password !== undefined };
        }
        case 'postgres': {
            const url = URL.canParse(choice.url) ? new URL(choice.url) : undefined;
            const mode = url?.searchParams.get('sslmode') ?? url?.searchParams.get('ssl') ?? 'disable';
            const tls = !['disable', 'false', '0'].includes(mode);
            return { ...named, hosts: [url?.hostname ?? ''], tls, hasSecret: (url?.password ?? '') !== '' };
        }
        case 'upstash': {
            const { hostname, protocol } = new URL(restPlaceOf(choice).url);
            return { ...named, hosts: [hostname], tls: protocol === 'https:', hasSecret: true };
        }
        case 'memory':
            return { ...named, hosts: [], tls: false, hasSecret: false };
    }
}

/**
 * A client of what a URL or the environment names; undefined where there is nothing.
 *
 * @throws SessionError `CONFIGURATION` for what names no backend, and where a driver is missing.
 */
export async function openClient(options: OpenClientOptions = {}): Promise<OpenedClient | undefined> {
    const choice = choiceOf(options);
    const { timeoutMs = 5000 } = options;
    const silent = { warn: () => undefined };
    switch (choice?.kind) {
        case undefined:
            return undefined;
        case 'redis': {
            const place = placeOf(choice);
            const alone = (hosts: RedisPlace['hosts']) => openOnce({ ...place, form: 'single', hosts }, choice, timeoutMs);
            return {
                kind: 'redis',
                ...(await openOnce(place, choice, timeoutMs)),
                servers: () => Promise.all(place.hosts.map(async host => ({ name: `${host.host}:${host.port}`, ...(await alone([host])) })))
            };
        }
        case 'postgres': {
            const driverOptions = { connectionTimeoutMillis: timeoutMs, query_timeout: twice(timeoutMs), max: 2 };
            const pool = await openPool(choice, { driverOptions }, new OutageReport('Postgres', silent));
            return { kind: 'postgres', pool, close: async () => void (await inTime(closeTimeoutMs, () => pool.end())) };
        }
        case 'upstash':
            // A server that takes a request and never answers it would be waited for as long.
            return {
                kind: 'upstash',
                redis: await openUpstash(choice, { driverOptions: { signal: () => AbortSignal.timeout(twice(timeoutMs)) } }),
                close: async () => undefined
            };
        case 'memory':
            return { kind: 'memory', close: async () => undefined };
    }
}

async function openOnce(place: RedisPlace, named: Named, timeoutMs: number) {
    let last: Error | undefined;
    const redis = await openRedis(place, named, { tryMs: timeoutMs, onerror: error => (last = error) });
    const answered = async () => {
        try {
            if ((await inTime(timeoutMs, () => redis.answered().then(() => true))) !== true) {
                throw new Error(`no answer within ${timeoutMs} ms`);
            }
        } catch (error) {
            // What a client says of its end tells less than the error before it.
            throw last ?? error;
        }
    };
    return { redis: redis.client, answered, close: () => redis.close() };
}

/** Timers that are longer than they can be end at once. */
function twice(ms: number): number {
    return Math.min(2 * ms, longestTimerMs);
}

function choiceOf({ url, token, env = environment(), kind }: OpenClientOptions) {
    return choose({ env, ...(url !== undefined && { url }), ...(token !== undefined && { token }), ...(kind && { kind }) });
}
