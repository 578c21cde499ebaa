import type { EventLog, SessionData, SessionLimits, SessionStore } from '@mcp-sessions/core';

/** What is kept of sessions, past all nodes. */
export interface Kept {
    /** Records of sessions that have not expired. */
    readonly records: number;
    /** Sessions of which events, or what is known of their streams, are kept. */
    readonly logs: number;
    /** Sessions that have ended, and of which only that is kept. */
    readonly ends: number;
    /** All of it that has no time to live, by name. */
    readonly immortal: readonly string[];
    /** Everything, expired or not: keys, or rows. */
    readonly total: number;
}

/** What nodes ask of the backend, counted where it arrives. */
export interface Calls {
    /** For the environment of the nodes whose calls are counted. */
    readonly env: Record<string, string>;
    /** One name for each round trip since the last call: that of the command, or the beginning of the statement. */
    take(): Promise<string[]>;
    stop(): Promise<void>;
}

/** Options that all logs have. */
export interface LogOptions {
    ttlSeconds?: number;
    maxEvents?: number;
    maxBytes?: number;
    maxAgeSeconds?: number;
}

/** Where the nodes of a test keep what outlives them, as the test sees it past all nodes. */
export interface Backend {
    /** Names it in the environment of a node. */
    readonly env: Record<string, string>;
    /** A log as one more node has it. */
    eventLog(options?: LogOptions): EventLog;
    /** The record of a session as it is stored, undefined where there is none that is alive. */
    record(sessionId: string): Promise<SessionData | undefined>;
    /** Replaces the record by another, whatever it is, without a node. */
    writeRecord(sessionId: string, data: SessionData & Record<string, unknown>): Promise<void>;
    /** How long the record will live if nobody uses it. */
    remainingMs(sessionId: string): Promise<number>;
    /** Ends the record's time. */
    expire(sessionId: string): Promise<void>;
    /** Ends the time of all logs, and of no record. */
    expireLogs(): Promise<void>;
    kept(): Promise<Kept>;
    /** Removes what has expired, where the backend does not do so by itself. */
    sweep(): Promise<void>;
    /** Removes all that is kept. */
    clear(): Promise<void>;
    /** Counts the calls of nodes that are started with its environment. */
    count(): Promise<Calls>;
    /** For the environment of nodes that reach the backend on another port of this machine, through a proxy in front of {@link port}. */
    through(port: number): Record<string, string>;
    readonly port: number;
    /** A store as one more node has it. */
    sessionStore(limits: SessionLimits): SessionStore;
    /** Addresses that anybody listens to now; undefined where the backend does not tell. */
    listened(): Promise<number | undefined>;
    close(): Promise<void>;
}

/** One of the backends that the same tests run on. */
export interface BackendKind<B extends Backend = Backend> {
    readonly name: string;
    /** Whether nodes hear of each other at once; else they poll. */
    readonly pushes: boolean;
    open(): Promise<B>;
}
