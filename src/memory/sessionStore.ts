import type { SessionData, SessionStore } from '../ports/sessionStore.js';

export interface InMemorySessionStoreOptions {
    /** Time to live in seconds, counted from the last use. @default 3600 */
    ttlSeconds?: number;
}

interface Entry {
    json: string;
    lastActivity: number;
    expiresAt: number;
}

/** How many entries each write looks at for expired ones, so that abandoned sessions do not stay for ever. */
const sweptPerWrite = 4;

/**
 * Sessions in this process: for development, for tests (several transports may share one), and as the reference for
 * what a store does. Records are kept as JSON, so what is read is never the object that was written.
 */
export class InMemorySessionStore implements SessionStore {
    readonly ttlMs: number;
    /** In order of last use, since every use moves an entry to the end. */
    private readonly entries = new Map<string, Entry>();

    /** @throws RangeError if `ttlSeconds` is not a positive number. */
    constructor({ ttlSeconds = 3600 }: InMemorySessionStoreOptions = {}) {
        if (!(ttlSeconds > 0)) {
            throw new RangeError(`ttlSeconds must be a positive number of seconds, got ${String(ttlSeconds)}`);
        }
        this.ttlMs = ttlSeconds * 1000;
    }

    /** Sessions that have not expired. */
    get size(): number {
        return [...this.entries.keys()].filter(id => this.live(id)).length;
    }

    async storeSession(sessionId: string, data: SessionData): Promise<void> {
        this.write(sessionId, data);
    }

    async createSession(sessionId: string, data: SessionData): Promise<boolean> {
        if (this.live(sessionId)) {
            return false;
        }
        this.write(sessionId, data);
        return true;
    }

    async updateSession(sessionId: string, data: SessionData, expectedRevision: number): Promise<boolean> {
        const entry = this.live(sessionId);
        if (!entry || (parse(entry).revision ?? 0) !== expectedRevision) {
            return false;
        }
        this.write(sessionId, data);
        return true;
    }

    async getSession(sessionId: string): Promise<SessionData | null> {
        const entry = this.live(sessionId);
        return entry ? parse(entry) : null;
    }

    async getAndTouchSession(sessionId: string): Promise<SessionData | null> {
        const entry = this.touch(sessionId);
        return entry ? parse(entry) : null;
    }

    async updateSessionActivity(sessionId: string): Promise<void> {
        this.touch(sessionId);
    }

    async deleteSession(sessionId: string): Promise<void> {
        this.entries.delete(sessionId);
    }

    async sessionExists(sessionId: string): Promise<boolean> {
        return this.live(sessionId) !== undefined;
    }

    async close(): Promise<void> {
        this.entries.clear();
    }

    private write(sessionId: string, data: SessionData): void {
        const now = Date.now();
        this.entries.delete(sessionId);
        this.entries.set(sessionId, { json: JSON.stringify(data), lastActivity: now, expiresAt: now + this.ttlMs });
        this.sweep();
    }

    private touch(sessionId: string): Entry | undefined {
        const entry = this.live(sessionId);
        if (entry) {
            entry.lastActivity = Date.now();
            entry.expiresAt = entry.lastActivity + this.ttlMs;
            this.entries.delete(sessionId);
            this.entries.set(sessionId, entry);
        }
        return entry;
    }

    private live(sessionId: string): Entry | undefined {
        const entry = this.entries.get(sessionId);
        if (entry && entry.expiresAt <= Date.now()) {
            this.entries.delete(sessionId);
            return undefined;
        }
        return entry;
    }

    private sweep(): void {
        let looked = 0;
        for (const sessionId of this.entries.keys()) {
            if (this.live(sessionId) || ++looked >= sweptPerWrite) {
                return;
            }
        }
    }
}

function parse({ json, lastActivity }: Entry): SessionData {
    return { ...(JSON.parse(json) as SessionData), lastActivity };
}
