import type { ClusterNode } from '../cluster/clusterNode.js';
import { withinDeadline } from '../deadline.js';
import { publishOf } from '../diagnostics.js';
import { digest } from '../digest.js';
import { SessionError } from '../errors.js';
import type { ListOptions, SessionData, SessionPage } from '../ports/sessionStore.js';
import type { LocalSessions } from './localSessions.js';
import type { HandlerBackend } from './options.js';

/** What operators do to sessions, whichever node holds them. Every method rejects when the store is out of order. */
export class Operators {
    constructor(
        private readonly backend: HandlerBackend,
        private readonly node: ClusterNode,
        private readonly local: LocalSessions,
        private readonly timeoutMs: number
    ) {}

    async list(page?: ListOptions): Promise<SessionPage> {
        const { sessionStore } = this.backend;
        if (!sessionStore.listSessions) {
            throw new SessionError('CONFIGURATION', 'This session store cannot list its sessions: it has no listSessions');
        }
        return sessionStore.listSessions(page);
    }

    get(sessionId: string): Promise<SessionData | null> {
        return this.within(() => this.backend.sessionStore.getSession(sessionId));
    }

    /** The record goes first: from then on nobody serves the session, and nodes that hold it let it go when they hear of it. */
    async end(sessionId: string): Promise<boolean> {
        const { sessionStore, eventLog } = this.backend;
        const existed = await this.within(() => sessionStore.sessionExists(sessionId));
        await this.within(() => sessionStore.deleteSession(sessionId));
        const sessionName = await digest(sessionId);
        if (existed) {
            publishOf('session-ended', sessionName);
        }
        this.local.get(sessionId)?.transport.lookAgain();
        this.node.announceChange(sessionName);
        await this.node.doorbells.told(sessionName);
        if (eventLog) {
            await this.within(() => eventLog.drop(sessionId));
        }
        return existed;
    }

    async endSessionsOf(principal: string): Promise<number> {
        const tag = await digest(principal);
        let ended = 0;
        let cursor: string | undefined;
        do {
            const page: SessionPage = await this.list(cursor === undefined ? {} : { cursor });
            for (const session of page.sessions.filter(session => session.principal === tag)) {
                ended += Number(await this.end(session.sessionId));
            }
            cursor = page.cursor;
        } while (cursor !== undefined);
        return ended;
    }

    private within<T>(start: () => Promise<T>): Promise<T> {
        return withinDeadline(this.timeoutMs, start);
    }
}
