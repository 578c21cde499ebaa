/** A Lua script as it is embedded: its text, and the SHA-1 by which a server knows it once it has seen it. */
export interface EmbeddedScript {
    readonly sha1: string;
    readonly source: string;
}

/**
 * What this package asks of Redis, whichever client brings it there. All of it exists since Redis 6.2, except for sharded
 * channels. The adapters in `clients/` make it of ioredis and of node-redis; make one of your own for another client, for
 * example one that speaks HTTP.
 *
 * Keys are given without the prefix that the client itself puts before them, and times are milliseconds. A reply that is
 * text must be the text as it was stored, and everything must be read from the master: a replica may not know yet what was
 * acknowledged. A rejected promise means that Redis refused or could not be reached; the message of a refusal begins with
 * the word that Redis gives it, such as `NOSCRIPT` or `WRONGTYPE`.
 */
export interface RedisCommands {
    /** Whether keys are spread over servers, so that those of one script must be in one slot. */
    readonly isCluster: boolean;

    /** `GET` and `PTTL`, sent together. */
    getAndPttl(key: string): Promise<readonly [value: string | null, lifeMs: number]>;

    /** The same of each of these keys, in one round trip where that can be. A key of another type has no value. */
    getEachAndPttl(keys: readonly string[]): Promise<readonly (readonly [value: string | null, lifeMs: number])[]>;

    /** `GETEX … PX` */
    getex(key: string, lifeMs: number): Promise<string | null>;

    /** `SET … PX` */
    set(key: string, value: string, lifeMs: number): Promise<void>;

    /** `SET … PX … NX`. False when there was a value. */
    setIfAbsent(key: string, value: string, lifeMs: number): Promise<boolean>;

    pexpire(key: string, lifeMs: number): Promise<void>;
    exists(key: string): Promise<boolean>;
    del(key: string): Promise<void>;

    /** Runs a script. The reply is text, an integer (or its digits), null, or a list of these. */
    run(script: EmbeddedScript, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown>;

    /** The servers that hold all keys together: the masters of a cluster, as the client knows them now; else one. */
    servers(): Promise<readonly ScannedServer[]>;

    /** Left out where there is no pub/sub. */
    channels?(settings: ChannelSettings): RedisChannels;
}

/** A server whose keys can be scanned. */
export interface ScannedServer {
    /** Tells it from the others, in every process that uses the same kind of client. */
    readonly name: string;

    /** `SCAN … MATCH … COUNT` on this server alone. The pattern is without the prefix of the client, and so are the keys. */
    scan(cursor: string, pattern: string, count: number): Promise<readonly [cursor: string, keys: readonly string[]]>;

    /** Another text when the process behind the name is another one, to which a cursor of `SCAN` says nothing. */
    runId(): Promise<string>;
}

export interface ChannelSettings {
    readonly keyPrefix: string;
    /** Whether sharded channels are wanted, where there are some. */
    readonly sharded: boolean;
}

/** Where channels are published and listened to. */
export interface RedisChannels {
    /** Stands before every name of a channel. */
    readonly prefix: string;
    /** Whether each channel is at one server of a cluster; otherwise all are everywhere. */
    readonly isSharded: boolean;
    /** @returns how many connections it reached, undefined where nobody can tell. */
    publish(channel: string, message: string): Promise<number | undefined>;
    /** Names the server to listen to; undefined when none is known now. */
    placeOf(channel: string): string | undefined;
    /** A connection to a place, not open yet; undefined when the place is no longer there. */
    connect(place: string, events: ListeningEvents): ListeningConnection | undefined;
    /** Whether a server refuses a channel because it belongs elsewhere. */
    isElsewhere(error: Error): boolean;
    /** This channel is no longer where it was: asks where everything is. */
    refresh(channel: string): void;
}

export interface ListeningEvents {
    onMessage(channel: string, message: string): void;
    /** Nothing more comes. May be called more than once. */
    onLost(error: Error): void;
}

/** A connection that listens. It is not mended: once it is lost, or does not open, another one is made. */
export interface ListeningConnection {
    open(): Promise<void>;
    /** Takes effect in the order of the calls. In a cluster all channels are in one slot. */
    subscribe(channels: readonly string[]): Promise<void>;
    unsubscribe(channel: string): Promise<void>;
    ping(): Promise<void>;
    /** Whether an error is an answer of the server, so that the connection is in order. */
    isRefusal(error: Error): boolean;
    /** Whether its server is still one to listen to. */
    isCurrent(): boolean;
    /** Ends it, open or not. Resolves when it has ended. */
    close(): Promise<void>;
}
