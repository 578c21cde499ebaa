import { checkedPage } from '../listing.js';
import type { ListOptions, SessionCreation, SessionData, SessionLimits, SessionPage, SessionStore } from '../ports/sessionStore.js';
import { ExpiringMap } from './expiringMap.js';
import { SessionCount } from './sessionCount.js';

export type InMemorySessionStoreOptions = SessionLimits;

interface Entry {
    readonly sessionId: string;
    readonly json: string;
    readonly revision: number;
    readonly principal: string | undefined;
    lastActivity: number;
}

/**
 * Sessions in this process: for development, for tests (several transports may share one), and as the reference for
 * what a store does. Records are kept as JSON, so what is read is never the object that was written.
 */
export class InMemorySessionStore implements SessionStore {
    readonly ttlMs: number;
    /** Begun, and not used since. */
    private readonly begun: ExpiringMap<Entry>;
    private readonly used: ExpiringMap<Entry>;
    private readonly count: SessionCount;
    /** Of each session how many had begun before, in this order: what a listing goes by, however much is used meanwhile. */
    private readonly places = new Map<string, number>();
    private nextPlace = 0;

    /** @throws RangeError if an option is not a positive number. */
    constructor(options: InMemorySessionStoreOptions = {}) {
        const { ttlSeconds = 3600, maxSessions = Infinity, maxSessionsPerPrincipal = Infinity } = options;
        const { initializeTtlSeconds = Math.min(300, ttlSeconds) } = options;
        for (const [name, value] of Object.entries({ ttlSeconds, initializeTtlSeconds, maxSessions, maxSessionsPerPrincipal })) {
            if (!(value > 0)) {
                throw new RangeError(`${name} must be a positive number, got ${String(value)}`);
            }
        }
        this.ttlMs = ttlSeconds * 1000;
        this.count = new SessionCount(maxSessions, maxSessionsPerPrincipal);
        const onexpired = (entry: Entry) => this.uncount(entry);
        this.begun = new ExpiringMap(initializeTtlSeconds * 1000, onexpired);
        this.used = new ExpiringMap(this.ttlMs, onexpired);
    }

    /** Sessions that have not expired. */
    get size(): number {
        this.begun.purge();
        this.used.purge();
        return this.begun.size + this.used.size;
    }

    async storeSession(sessionId: string, data: SessionData): Promise<void> {
        this.write(this.used, sessionId, data);
    }

    async createSession(sessionId: string, data: SessionData): Promise<SessionCreation> {
        if (this.live(sessionId)) {
            return 'taken';
        }
        this.begun.purge();
        this.used.purge();
        if (this.count.isFull(data.principal)) {
            return 'full';
        }
        this.write(data.initialized ? this.used : this.begun, sessionId, data);
        return 'created';
    }

    async updateSession(sessionId: string, data: SessionData, expectedRevision: number): Promise<boolean> {
        if (this.live(sessionId)?.revision !== expectedRevision) {
            return false;
        }
        this.write(this.used, sessionId, data);
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
        this.remove(sessionId);
    }

    async sessionExists(sessionId: string): Promise<boolean> {
        return this.live(sessionId) !== undefined;
    }

    async listSessions(page?: ListOptions): Promise<SessionPage> {
        const { cursor, limit } = checkedPage(page, /^\d{1,15}$/);
        const first = Number(cursor?.[0] ?? 0);
        const sessions: SessionData[] = [];
        for (const [sessionId, place] of this.places) {
            const entry = place < first ? undefined : this.live(sessionId);
            if (entry && sessions.length === limit) {
                return { sessions, cursor: String(place) };
            }
            if (entry) {
                sessions.push(parse(entry));
            }
        }
        return { sessions };
    }

    /** Nothing to release: the sessions stay for the others that share them. */
    async close(): Promise<void> {}

    private write(where: ExpiringMap<Entry>, sessionId: string, data: SessionData): void {
        const json = JSON.stringify(data);
        const { revision = 0, principal } = data;
        const replaced = this.begun.delete(sessionId) ?? this.used.delete(sessionId);
        if (replaced) {
            this.count.remove(replaced.principal);
        } else {
            this.places.set(sessionId, this.nextPlace++);
        }
        where.set(sessionId, { sessionId, json, revision, principal, lastActivity: Date.now() });
        this.count.add(principal);
    }

    private remove(sessionId: string): void {
        const entry = this.begun.delete(sessionId) ?? this.used.delete(sessionId);
        if (entry) {
            this.uncount(entry);
        }
    }

    private uncount({ sessionId, principal }: Entry): void {
        this.count.remove(principal);
        this.places.delete(sessionId);
    }

    private touch(sessionId: string): Entry | undefined {
        const entry = this.begun.delete(sessionId) ?? this.used.get(sessionId);
        if (entry) {
            entry.lastActivity = Date.now();
            this.used.set(sessionId, entry);
        }
        return entry;
    }

    private live(sessionId: string): Entry | undefined {
        return this.begun.get(sessionId) ?? this.used.get(sessionId);
    }
}

function parse({ json, lastActivity }: Entry): SessionData {
    return { ...(JSON.parse(json) as SessionData), lastActivity };
}
