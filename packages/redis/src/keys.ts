import { digest } from '@mcp-sessions/core';

/** Names of sessions that are looked up again and again, so that each is hashed once. */
const remembered = 10_000;

/** Of a session's log: the events, and what is known of them. */
export type LogKeys = readonly [log: string, state: string];

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
 */
export class Keys {
    private readonly known = new Map<string, string>();

    constructor(private readonly prefix: string) {}

    session(sessionId: string): string | Promise<string> {
        return this.known.get(sessionId) ?? this.make(sessionId);
    }

    async log(sessionId: string): Promise<LogKeys> {
        const session = await this.session(sessionId);
        return [`${session}:log`, `${session}:log:state`];
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

/**
 * The name of the key at which messages wait for those who poll. It has a time to live.
 *
 *     mcp:session:mail:nodes    stream
 *                                 n  names the message    b  position of the one before, empty for the first    m  message
 */
export function mailKey(prefix: string, address: string): string {
    return `${prefix}mail:${address}`;
}
