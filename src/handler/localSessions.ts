import { toError } from '../errors.js';
import { every, settled } from '../timers.js';
import type { SessionServer } from './options.js';
import type { SessionTransport } from './sessionTransport.js';

/** How many sessions are looked at for one that can be let go, where all may be busy. */
const mostLooks = 100;
/** How long a server may take to close, in milliseconds. */
const closeTimeoutMs = 5000;

/** A session that this node holds, or one that is being begun or recovered. */
export interface LocalSession {
    readonly transport: SessionTransport;
    /** Under which it is found here: its own, or the one that a request claims for it until that is known. */
    id: string | undefined;
    server: SessionServer | undefined;
    /** Present when the server has been closed, or is being closed. */
    serverClosed?: Promise<void>;
    /** Requests that are being handled. */
    requests: number;
    usedAt: number;
}

export interface LocalSessionsSettings {
    readonly maxSessions: number;
    readonly idleMs: number;
    report(error: Error): void;
}

/**
 * The sessions that this node holds, by id, the least recently used first. Letting one go touches nothing but this node's
 * memory, and one with an open stream, a running call or a pending question is never let go.
 */
export class LocalSessions {
    private readonly byId = new Map<string, LocalSession>();
    /** By the id that a request claims, until that is known to be theirs: for a stranger's none of the others has to go. */
    private readonly claimed = new Map<string, LocalSession>();
    private timer: ReturnType<typeof setInterval> | undefined;

    constructor(private readonly settings: LocalSessionsSettings) {}

    /** How many are held. */
    get size(): number {
        return this.byId.size;
    }

    get(sessionId: string): LocalSession | undefined {
        return this.byId.get(sessionId) ?? this.claimed.get(sessionId);
    }

    all(): LocalSession[] {
        return [...this.byId.values(), ...this.claimed.values()];
    }

    /** Has a session found under the id that a request claims for it, if it claims one. */
    claim(session: LocalSession): void {
        if (session.id !== undefined) {
            this.claimed.set(session.id, session);
        }
    }

    /** Holds a session from now on, under this id alone. */
    hold(session: LocalSession, id: string): void {
        this.delete(session);
        session.id = id;
        this.byId.set(id, session);
        this.timer ??= every(() => this.sweep(), Math.max(100, Math.min(30_000, this.settings.idleMs / 4)));
        this.makeRoom(session);
    }

    /** Forgets a session. */
    delete(session: LocalSession): void {
        const { id } = session;
        if (id !== undefined && this.claimed.get(id) === session) {
            this.claimed.delete(id);
        }
        if (id !== undefined && this.byId.get(id) === session) {
            this.byId.delete(id);
            this.restIfEmpty();
        }
    }

    /** Notes that a session is used now. */
    use(session: LocalSession): void {
        session.usedAt = performance.now();
        if (session.id !== undefined && this.byId.get(session.id) === session) {
            this.byId.delete(session.id);
            this.byId.set(session.id, session);
        }
    }

    /** Lets all go. */
    clear(): Promise<void> {
        const all = this.all();
        this.byId.clear();
        this.claimed.clear();
        this.restIfEmpty();
        return Promise.all(all.map(session => this.end(session))).then(() => undefined);
    }

    private sweep(): void {
        const longAgo = performance.now() - this.settings.idleMs;
        for (const session of this.byId.values()) {
            if (session.usedAt > longAgo) {
                break;
            }
            this.letGo(session);
        }
    }

    /** Lets the least recently used ones go, but not the one that the room is for. */
    private makeRoom(newcomer: LocalSession): void {
        let looked = 0;
        for (const session of this.byId.values()) {
            if (this.byId.size <= this.settings.maxSessions || session === newcomer || ++looked > mostLooks) {
                break;
            }
            this.letGo(session);
        }
    }

    /** Ends what this node holds of a session, unless it is in use. */
    letGo(session: LocalSession): void {
        if (session.requests > 0 || session.transport.isBusy) {
            this.use(session);
            return;
        }
        // First out of the table: a request that comes now recovers the session.
        this.delete(session);
        void this.end(session);
    }

    /** Never rejects, and does not wait for ever. */
    private async end(session: LocalSession): Promise<void> {
        await this.closeServer(session);
        await session.transport.close();
    }

    /** Closes a session's server once, however the session ends: there it frees what it holds. */
    closeServer(session: LocalSession): Promise<void> {
        // Not before this is noted: a server that closes its transport comes here again.
        session.serverClosed ??= Promise.resolve().then(() => this.tryToClose(session.server));
        return session.serverClosed;
    }

    private async tryToClose(server: SessionServer | undefined): Promise<void> {
        const close = async () => server?.close?.();
        await settled(
            close().catch((error: unknown) => this.settings.report(toError(error))),
            closeTimeoutMs
        );
    }

    private restIfEmpty(): void {
        if (this.byId.size === 0) {
            clearInterval(this.timer);
            this.timer = undefined;
        }
    }
}
