import { digest } from '@mcp-sessions/core';

/** Names of sessions that are looked up again and again, so that each is hashed once. */
const remembered = 10_000;

/**
 * The names of Redis keys. Of a session's id they hold only the SHA-256, in braces: all keys of one session lie in one
 * slot of a cluster.
 *
 *     mcp:session:{JXzuAxB0FZB…}     string, the record (see envelope.ts), with a time to live
 */
export class Keys {
    private readonly known = new Map<string, string>();

    constructor(private readonly prefix: string) {}

    session(sessionId: string): string | Promise<string> {
        return this.known.get(sessionId) ?? this.make(sessionId);
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
