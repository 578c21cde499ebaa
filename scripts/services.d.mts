import type { ChildProcess, SpawnOptions } from 'node:child_process';

export interface StartedChild {
    child: ChildProcess;
    pid: number | undefined;
    exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
    isRunning(): boolean;
    /** The end of what the process wrote to stderr. */
    output(): string;
    kill(signal: NodeJS.Signals): boolean;
}

export interface StartChildOptions {
    spawnOptions?: SpawnOptions;
    /** Sent to the process when this one ends without having ended it. */
    orphanSignal?: 'KILL' | 'QUIT' | 'TERM';
    /** Removed in that case. */
    folder?: string;
}

export function startChild(command: string, args: string[], options?: StartChildOptions): StartedChild;
export function endChild(started: StartedChild, signal?: NodeJS.Signals, patienceMs?: number): Promise<void>;
export function freePort(): Promise<number>;
/** The path of a Chromium, which is installed if there is none. */
export function chromiumProgram(options?: ServiceOptions): string;

export interface ServiceOptions {
    /** Where the line goes that says which server it is. */
    say?: (line: string) => void;
}

export interface Service {
    readonly url: string;
    /** Whether we started it ourselves. */
    readonly isPrivate: boolean;
    stop(): Promise<void>;
}

/** A redis-server of ours. */
export interface RedisServer {
    readonly url: string;
    readonly port: number;
    readonly pid: number | undefined;
    readonly isRunning: boolean;
    /** Where it keeps its files. */
    readonly folder: string;
    /** Starts it, or starts it again on the same port, with what it wrote to disk. */
    start(): Promise<void>;
    /** Ends it by SIGTERM. */
    halt(): Promise<void>;
    /** Ends it by SIGKILL. */
    kill(): Promise<void>;
    /** It hangs: connections stay open, nothing is answered. */
    pause(): void;
    resume(): void;
    /** Sends one command on a connection of its own; rejects when the answer is an error. */
    command(...words: (string | number)[]): Promise<unknown>;
    /** Ends it for good. May be called twice. */
    stop(): Promise<void>;
}

export interface PrivateRedis extends Service, RedisServer {
    readonly url: string;
    stop(): Promise<void>;
}

export interface RedisOptions extends ServiceOptions {
    /** What is on disk when a write is acknowledged: all of it (true or 'always'), or nothing. @default false */
    persistent?: boolean | 'always' | 'everysec' | 'no';
    /** What a redis.conf would hold, by name, for example `maxmemory`. */
    settings?: Record<string, string | number>;
}

export interface RedisClusterOptions extends ServiceOptions {
    masters?: number;
    /** So many in all: the first is one of the first master, and so on. @default 0 */
    replicas?: number;
    /** After how long without an answer a server counts as gone. @default 5000 */
    nodeTimeoutMs?: number;
    settings?: Record<string, string | number>;
}

export interface RedisCluster {
    /** Any of them leads to the others. */
    readonly nodes: { host: string; port: number }[];
    slotOf(key: string): Promise<number>;
    ownerOf(slot: number): Promise<RedisServer>;
    masters(): Promise<{ server: RedisServer; replicas: RedisServer[] }[]>;
    /** Moves all of a slot, and resolves with the server where it was. */
    moveSlot(slot: number, to: RedisServer): Promise<RedisServer>;
    /** Begins it: `keys` moves up to so many keys and says how many there were, `finish` the rest. */
    beginMove(slot: number, to: RedisServer): Promise<{ from: RedisServer; keys(count: number): Promise<number>; finish(): Promise<void> }>;
    /** Its replica takes over, and the master hands over all that it has. Resolves with the new master when it serves. */
    failOver(master: RedisServer): Promise<RedisServer>;
    /** Kills it, and resolves with the new master when it serves. */
    killMaster(master: RedisServer): Promise<RedisServer>;
    /** It hangs, with its connections open. Resolves with the new master when it serves. */
    pauseMaster(master: RedisServer): Promise<RedisServer>;
    /** Has a server that was killed or hangs go on, as a replica. */
    restart(server: RedisServer): Promise<void>;
    stop(): Promise<void>;
}

export interface RedisSentinelOptions extends ServiceOptions {
    replicas?: number;
    sentinels?: number;
    /** After how long without an answer the master counts as gone. @default 1000 */
    downAfterMs?: number;
    settings?: Record<string, string | number>;
}

export interface RedisSentinel {
    /** What the sentinels call the master. */
    readonly name: string;
    readonly sentinels: { host: string; port: number }[];
    master(): Promise<RedisServer>;
    replicas(): Promise<RedisServer[]>;
    /** A replica takes over while the master lives. Resolves with the old master when the new one serves. */
    failOver(): Promise<RedisServer>;
    /** Kills the master, calls `then`, and resolves with the master when the new one serves. */
    killMaster(then?: () => void): Promise<RedisServer>;
    /** The master hangs, with its connections open. Resolves with it when the new one serves. */
    pauseMaster(): Promise<RedisServer>;
    /** Has a server that was killed or hangs go on, as a replica. */
    restart(server: RedisServer): Promise<void>;
    stop(): Promise<void>;
}

export function openRedis(options?: ServiceOptions): Promise<Service>;
export function startPrivateRedis(options?: RedisOptions): Promise<PrivateRedis>;
export function startRedisCluster(options?: RedisClusterOptions): Promise<RedisCluster>;
export function startRedisSentinel(options?: RedisSentinelOptions): Promise<RedisSentinel>;
export function openPostgres(options?: ServiceOptions): Promise<Service>;
export function startPrivatePostgres(options?: PostgresOptions): Promise<PrivatePostgres>;

export interface PostgresOptions extends ServiceOptions {
    /** The oldest or the newest that npm has; left out: that of this machine. */
    version?: 10 | 18;
    /** Whether what was acknowledged is on disk. @default false */
    durable?: boolean;
    /** What a postgresql.conf would hold, by name. */
    settings?: Record<string, string | number>;
}

/** A Postgres of ours. */
export interface PrivatePostgres extends Service {
    readonly port: number;
    readonly pid: number;
    readonly isRunning: boolean;
    /** Where it keeps its files. */
    readonly folder: string;
    /** Starts it, or starts it again on the same port, with what it wrote to disk. */
    start(): Promise<void>;
    /** Ends it as for a restart. */
    halt(): Promise<void>;
    /** Ends it and its children by SIGKILL. */
    kill(): Promise<void>;
    /** All of it hangs: connections stay open, nothing is answered. */
    pause(): void;
    resume(): void;
}
