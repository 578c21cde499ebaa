import { SessionError, type EncryptionOptions, type HistoryLimits, type SessionLimits } from '@mcp-sessions/core';
import type { BackendKind, Environment } from './choice.js';
import type { BackendLogger } from './logger.js';

/**
 * Which backend, and how. What a backend has no use for (`tableName` in Redis) it is not given, so one set of options does
 * for each environment that a server runs in.
 */
export interface SessionBackendOptions extends SessionLimits {
    /** Names the backend. Left out: the environment does. */
    url?: string;
    /** The token of a REST URL (`https:`); it may as well stand in the URL, as its password. */
    token?: string;
    /** The environment that is asked. @default process.env */
    env?: Environment;
    /** Take a backend of this kind only: where the environment names several, or not to be surprised. */
    kind?: BackendKind;
    /** Sessions in this process, whatever the environment names: the same as the URL `memory:`. @default false */
    memory?: boolean;
    /** What to do where nothing is named: memory, with a warning, which is refused in production. @default 'none', an error */
    fallback?: 'memory' | 'none';
    /** Whether `fallback` may be taken where `NODE_ENV` is `production`. @default false */
    allowMemoryInProduction?: boolean;

    /** Encrypts what is stored; false forces that nothing is. @default the keys of `MCP_SESSIONS_ENCRYPTION_KEYS`, if it is set */
    encryption?: EncryptionOptions | false;
    /** Whether the tables of Postgres are made or brought up to date first. @default false */
    migrate?: boolean;
    /** Laid over the options that the driver's client is made with. For a Redis Cluster: its `redisOptions`. */
    driverOptions?: Readonly<Record<string, unknown>>;
    /** Told what was chosen, and warned. @default warnings on standard error */
    logger?: BackendLogger;

    /** Stands before every key in Redis and Upstash. @default 'mcp:session:' */
    keyPrefix?: string;
    /** The session table in Postgres; the names of the others begin with it. @default 'mcp_sessions' */
    tableName?: string;
    /** The schema of these tables. @default the first of the connection's `search_path` that has them */
    schema?: string;
    /** Whether nodes hear of each other by push, where the backend has it. @default true */
    push?: boolean;
    /** Longest record, in characters of JSON. @default 1048576 */
    maxRecordLength?: number;
    /** Events that the log of a session holds at most. @default 10000 */
    maxEvents?: number;
    /** Bytes that they hold at most. @default 16777216 */
    maxBytes?: number;
    /** Seconds after which an event may go. @default none */
    maxAgeSeconds?: number;
    /** Keep the messages of sessions, within these bounds. @default they are not kept */
    history?: HistoryLimits;
}

const limitNames = ['ttlSeconds', 'initializeTtlSeconds', 'maxSessions', 'maxSessionsPerPrincipal'] as const;
const logNames = ['maxEvents', 'maxBytes', 'maxAgeSeconds', 'history'] as const;
const ownNames = [
    ...(['url', 'token', 'env', 'kind', 'memory', 'fallback', 'allowMemoryInProduction', 'encryption', 'migrate'] as const),
    ...(['driverOptions', 'logger', 'keyPrefix', 'tableName', 'schema', 'push', 'maxRecordLength'] as const)
];

const names: readonly (keyof SessionBackendOptions)[] = [...ownNames, ...limitNames, ...logNames];

/** What each backend is given. */
export function commonOptions(options: SessionBackendOptions) {
    return present(options, [...limitNames, ...logNames]);
}

/** Those of these options that are there. */
export function present<K extends keyof SessionBackendOptions>(options: SessionBackendOptions, wanted: readonly K[]) {
    return Object.fromEntries(wanted.filter(name => options[name] !== undefined).map(name => [name, options[name]])) as {
        [Name in K]?: NonNullable<SessionBackendOptions[Name]>;
    };
}

/** @throws SessionError `CONFIGURATION` for options that nobody knows, that contradict each other, or that came to nothing. */
export function checkOptions(options: SessionBackendOptions): void {
    const unknown = Object.keys(options).filter(name => !(names as readonly string[]).includes(name));
    if (unknown.length > 0) {
        throw wrong(`createSessionBackend has no option ${unknown.join(', ')}. It has ${names.join(', ')}`);
    }
    if ('url' in options && (typeof options.url !== 'string' || options.url.trim() === '')) {
        throw wrong('`url` is given, but it is empty: a variable that is not set? Leave it out to take what the environment names');
    }
    if (options.token !== undefined && (typeof options.token !== 'string' || options.token === '')) {
        throw wrong('`token` must be a text');
    }
    const { kind, fallback } = options;
    if (kind !== undefined && !['redis', 'postgres', 'upstash', 'memory'].includes(kind)) {
        throw wrong("`kind` must be 'redis', 'postgres', 'upstash' or 'memory'");
    }
    if (fallback !== undefined && fallback !== 'memory' && fallback !== 'none') {
        throw wrong("`fallback` must be 'memory' or 'none'");
    }
    if (options.memory === true && (options.url !== undefined || (kind !== undefined && kind !== 'memory'))) {
        throw wrong('`memory` is set, but `url` or `kind` name another backend');
    }
}

function wrong(message: string): SessionError {
    return new SessionError('CONFIGURATION', message);
}
