import { digest } from '@mcp-sessions/core';

/** Names of sessions that are looked up again and again, so that each is hashed once. */
const remembered = 10_000;

/** Of a session's log: the events, and what is known of them. */
export type LogKeys = readonly [log: string, state: string];

/** Of the sessions that are counted against caps: until when each is, whose it is, and how many each of these has. */
export type CapKeys = readonly [ends: string, owners: string, counts: string];

/**
 * The names of Redis keys of sessions. Of a session's id they hold only the SHA-256, in braces: all keys of one session lie
 * in one slot of a cluster. Each key has a time to live.
 *
 *     mcp:session:{JXzuAxB0FZB…}            string, the record (see envelope.ts)
 *     mcp:session:{JXzuAxB0FZB…}:log        stream, the events of all streams of the session; an entry's id is its position
 *                                             s  stream    m  message, JSON
 *                                             f  the request that it answers finally    u  1 when nobody has seen it
 *     mcp:session:{JXzuAxB0FZB…}:log:state  hash
 *                                             first, last      positions of the first and of the last event that ever was
 *                                             gone             of a stream without s:…, events up to here may have been trimmed
 *                                             skipped          up to here only final responses are left that nobody has seen
 *                                             count, bytes     of the messages in the log
 *                                             f:<length of stream>:<stream>:<request>    the request has its final response
 *                                             s:<stream>       JSON, see scripts/includes/log.lua
 *                                             a:<appender>     its last call and what that answered, in case it is sent again
 *                                             records, most    of the last two: how many, and at how many the oldest are forgotten
 *                                             dropped          1, alone: the session was dropped; stays for a while
 *
 * Only with caps on sessions, under a tag of their own, so that one script sees all of them:
 *
 *     mcp:session:{sessions}:ends           sorted set: until when each session is counted, in milliseconds
 *     mcp:session:{sessions}:owners         hash: whose each session is, the hash of a principal or ''
 *     mcp:session:{sessions}:counts         hash: how many sessions each of these has
 */
export class Keys {
    private readonly known = new Map<string, string>();

    constructor(private readonly prefix: string) {}

    session(sessionId: string): string | Promise<string> {
        return this.known.get(sessionId) ?? this.make(sessionId);
    }

    /** Matches the keys of all records, and some others: {@link nameIn} tells which. */
    get pattern(): string {
        return `${globOf(this.prefix)}{*}`;
    }

    /** What stands for a session in the key of its record: the digest of its id. Undefined for any other key. */
    nameIn(key: string): string | undefined {
        const name = key.startsWith(`${this.prefix}{`) ? key.slice(this.prefix.length + 1, -1) : '';
        return /^[\w-]{43}$/.test(name) ? name : undefined;
    }

    async log(sessionId: string): Promise<LogKeys> {
        const session = await this.session(sessionId);
        return [`${session}:log`, `${session}:log:state`];
    }

    caps(): CapKeys {
        const tagged = `${this.prefix}{sessions}`;
        return [`${tagged}:ends`, `${tagged}:owners`, `${tagged}:counts`];
    }

    /** What stands for a session in the keys of the caps: 128 bits are enough. */
    async short(sessionId: string): Promise<string> {
        const begin = this.prefix.length + 1;
        return (await this.session(sessionId)).slice(begin, begin + 22);
    }

    private async make(sessionId: string): Promise<string> {
        const key = `${this.prefix}{${await digest(sessionId)}}`;
        if (this.known.size >= remembered) {
            this.known.clear();
        }
        this.known.set(sessionId, key);
        return key;
    }
}

/** Matches this text and no other, in a pattern of Redis. */
export function globOf(text: string): string {
    return text.replace(/[*?[\]\\]/g, '\\$&');
}

/**
 * The name of the key at which messages wait for those who poll. It has a time to live.
 *
 *     mcp:session:mail:nodes    stream
 *                                 n  names the message    b  position of the one before, empty for the first    m  message
 */
export function mailKey(prefix: string, address: string): string {
    return `${prefix}mail:${address}`;
}

/**
 * The name of the key of a lock. It has a time to live.
 *
 *     mcp:session:lock:JXzuAxB0FZB…    hash: holder, until (milliseconds) and token of the last grant
 */
export async function lockKey(prefix: string, name: string): Promise<string> {
    return `${prefix}lock:${await digest(name)}`;
}
