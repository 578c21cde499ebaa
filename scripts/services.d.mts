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

export interface PrivateRedis extends Service {
    readonly port: number;
    readonly pid: number | undefined;
    start(): Promise<void>;
    halt(): Promise<void>;
    kill(): Promise<void>;
    pause(): void;
    resume(): void;
}

export function openRedis(options?: ServiceOptions): Promise<Service>;
export function startPrivateRedis(options?: ServiceOptions & { persistent?: boolean }): Promise<PrivateRedis>;
export function startRedisCluster(options?: ServiceOptions & { masters?: number }): Promise<{
    /** Any of them leads to the others. */
    nodes: { host: string; port: number }[];
    stop(): Promise<void>;
}>;
export function openPostgres(options?: ServiceOptions): Promise<Service>;
export function startPrivatePostgres(options?: ServiceOptions): Promise<Service & { port: number; pid: number }>;
