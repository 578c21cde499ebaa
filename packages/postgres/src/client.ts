/** One statement as `pg` takes it. */
export interface PostgresQuery {
    text: string;
    values?: unknown[];
    /** Given for one that the server is to prepare once for each connection. */
    name?: string;
    /** Milliseconds. */
    query_timeout?: number;
}

export interface PostgresResult {
    readonly rows: unknown[];
}

/** What is used of a `Pool` of `pg`, version 8. The pool stays the caller's: it is never ended here. */
export interface PostgresPool {
    query(query: PostgresQuery): Promise<PostgresResult>;
    connect(): Promise<PostgresClient>;
    on(event: 'error', listener: (error: Error) => void): unknown;
}

/** A connection of a pool. */
export interface PostgresClient {
    query(query: PostgresQuery): Promise<PostgresResult>;
    release(destroy?: boolean): void;
}

/** What is used of a `Client` of `pg`, version 8, that listens. */
export interface ListeningClient {
    connect(): Promise<unknown>;
    query(query: PostgresQuery): Promise<PostgresResult>;
    end(): Promise<void>;
    on(event: 'notification', listener: (message: { channel: string; payload?: string | undefined }) => void): unknown;
    on(event: 'error', listener: (error: Error) => void): unknown;
    on(event: 'end', listener: () => void): unknown;
    /** By it a connection that no longer answers is ended at once. */
    readonly connection?: { readonly stream?: { destroy(): unknown } };
}

/** A pool knows how its connections are made, though its types do not say so. */
interface Maker {
    readonly Client?: new (options: unknown) => ListeningClient;
    readonly options?: unknown;
}

/** Makes connections like those of a pool; undefined for one that does not tell how. */
export function makerOf(pool: PostgresPool): (() => ListeningClient) | undefined {
    const { Client, options } = pool as Maker;
    return Client && options ? () => new Client(options) : undefined;
}
