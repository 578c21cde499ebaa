import type { ClusterNode } from '../cluster/clusterNode.js';
import { withinDeadline } from '../deadline.js';
import { publishOf } from '../diagnostics.js';
import { digest } from '../digest.js';
import { SessionError } from '../errors.js';
import type { HistoryEntry } from '../history/entry.js';
import type { HistoryRecorder, RecordedSession } from '../history/historyRecorder.js';
import { readHistory, type ReadHistoryOptions } from '../history/readHistory.js';
import type { EventLog } from '../ports/eventLog.js';
import type { ListOptions, SessionData, SessionPage } from '../ports/sessionStore.js';
import type { BackendPart } from '../telemetry/instrumentation.js';
import { findSession } from './findSession.js';
import type { LocalSessions } from './localSessions.js';
import type { HandlerBackend } from './options.js';

/** How long one page of a listing may take, in milliseconds: it looks at many records. */
const pageTimeoutMs = 10_000;

export interface OperatorsSettings {
    readonly backend: HandlerBackend;
    readonly node: ClusterNode;
    readonly local: LocalSessions;
    readonly timeoutMs: number;
    /** Undefined where no history is kept. */
    readonly recorder: HistoryRecorder | undefined;
    /** Where histories are read. */
    readonly historyLog: EventLog | undefined;
}

/** What operators do to sessions, whichever node holds them. Every method rejects when the store is out of order. */
export class Operators {
    private readonly backend: HandlerBackend;
    private readonly node: ClusterNode;
    private readonly local: LocalSessions;
    private readonly timeoutMs: number;

    constructor(private readonly settings: OperatorsSettings) {
        ({ backend: this.backend, node: this.node, local: this.local, timeoutMs: this.timeoutMs } = settings);
    }

    async list(page?: ListOptions): Promise<SessionPage> {
        const { sessionStore } = this.backend;
        if (!sessionStore.listSessions) {
            throw new SessionError('CONFIGURATION', 'This session store cannot list its sessions: it has no listSessions');
        }
        if (page?.cursor !== undefined && typeof page.cursor !== 'string') {
            throw new TypeError('cursor must be the text that the page before came with');
        }
        const listed = await withinDeadline(Math.max(pageTimeoutMs, this.timeoutMs), async () => {
            try {
                return await sessionStore.listSessions?.(page);
            } catch (error) {
                // The fault of who asks, not of the store.
                if (error instanceof RangeError) {
                    return error;
                }
                throw error;
            }
        });
        if (listed instanceof RangeError) {
            throw listed;
        }
        return listed ?? { sessions: [] };
    }

    get(sessionId: string): Promise<SessionData | null> {
        return this.within(() => this.backend.sessionStore.getSession(sessionId));
    }

    /** The record goes first: from then on nobody serves the session, and nodes that hold it let it go when they hear of it. */
    async end(sessionId: string): Promise<boolean> {
        const { sessionStore, eventLog } = this.backend;
        const found = await this.within(() => findSession(sessionStore, sessionId, this.settings.recorder !== undefined));
        await this.within(() => sessionStore.deleteSession(sessionId));
        const sessionName = await digest(sessionId);
        if (found) {
            publishOf('session-ended', sessionName);
            this.noteEnd({ sessionId, sessionName, principal: found.principal });
        }
        this.local.get(sessionId)?.transport.noteEnded();
        this.node.announceChange(sessionName);
        await this.node.doorbells.told(sessionName);
        if (eventLog) {
            await this.within(() => eventLog.drop(sessionId), 'log');
        }
        return found !== undefined;
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

    /** @throws SessionError `CONFIGURATION` where there is no history. */
    history(sessionId: string, options?: ReadHistoryOptions): AsyncGenerator<HistoryEntry, void, undefined> {
        const { historyLog } = this.settings;
        if (!historyLog) {
            throw new SessionError('CONFIGURATION', 'There is no history: its backend was made without `history`');
        }
        return readHistory(historyLog, sessionId, options);
    }

    private noteEnd(session: RecordedSession): void {
        const leaving = this.settings.recorder?.ended(session, 'operator');
        if (leaving) {
            this.node.doorbells.mustLeave(session.sessionName, leaving);
        }
    }

    private within<T>(start: () => Promise<T>, part: BackendPart = 'store'): Promise<T> {
        return withinDeadline(this.timeoutMs, start, part);
    }
}
