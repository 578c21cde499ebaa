import { digest } from '@mcp-sessions/core';

/** Names of sessions that are looked up again and again, so that each is hashed once. */
const remembered = 10_000;

/** By what a session is known in the tables: the SHA-256 of its id. */
export class SessionNames {
    private readonly known = new Map<string, string>();

    async of(sessionId: string): Promise<string> {
        return this.known.get(sessionId) ?? this.make(sessionId);
    }

    private async make(sessionId: string): Promise<string> {
        const name = await digest(sessionId);
        if (this.known.size >= remembered) {
            this.known.clear();
        }
        this.known.set(sessionId, name);
        return name;
    }
}
