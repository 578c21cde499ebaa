import type { ClusterNode } from '../cluster/clusterNode.js';
import { withinDeadline } from '../deadline.js';
import { digest } from '../digest.js';
import type { HistoryRecorder } from '../history/historyRecorder.js';
import type { JSONRPCNotification } from '../jsonrpc/types.js';
import { standaloneStream } from '../transport/eventIds.js';
import { findSession } from './findSession.js';
import type { LocalSessions } from './localSessions.js';
import { notification, relevant, type NoticeBoard, type Notices } from './noticeBoard.js';
import type { HandlerBackend } from './options.js';
import type { SessionTransport } from './sessionTransport.js';

/** How many sessions are told at the same time. */
const atOnce = 50;

/**
 * Notifications to the clients of a cluster, from any node. They go on each session's standalone stream (its GET), once each;
 * to a session whose stream is not open, when it next is. Repeated ones are told once: ten `toolsChanged()` are one.
 *
 * Putting one up costs one write and one message on the bus, however many sessions there are. Telling it costs, for each
 * session whose stream is open and which it concerns, an append to its log and an update of its record; each GET that is
 * opened costs one more read.
 *
 * Without an `eventLog` in the backend they reach the sessions whose stream is open on this node.
 */
export interface ClusterNotifications {
    /** `notifications/tools/list_changed` to all sessions. */
    toolsChanged(): Promise<void>;
    /** `notifications/prompts/list_changed` to all sessions. */
    promptsChanged(): Promise<void>;
    /** `notifications/resources/list_changed` to all sessions. */
    resourcesChanged(): Promise<void>;
    /** `notifications/resources/updated` to the sessions that have subscribed to it. */
    resourceUpdated(uri: string): Promise<void>;
    /** Any notification to all sessions. */
    all(method: string, params?: JSONRPCNotification['params']): Promise<void>;
    /**
     * Any notification to one session. False when there is no such session; without an `eventLog` also when its stream is not
     * open on this node, so that it was not sent.
     */
    session(sessionId: string, method: string, params?: JSONRPCNotification['params']): Promise<boolean>;
}

export interface NotifierSettings {
    readonly backend: HandlerBackend;
    readonly board: NoticeBoard | undefined;
    readonly node: ClusterNode;
    readonly local: LocalSessions;
    readonly timeoutMs: number;
    /** Undefined where no history is kept. */
    readonly recorder: HistoryRecorder | undefined;
    /** Called when some could not be told, or the board could not be read: to be tried again. */
    onfailed(): void;
}

export class Notifier implements ClusterNotifications {
    constructor(private readonly settings: NotifierSettings) {}

    toolsChanged(): Promise<void> {
        return this.all('notifications/tools/list_changed');
    }

    promptsChanged(): Promise<void> {
        return this.all('notifications/prompts/list_changed');
    }

    resourcesChanged(): Promise<void> {
        return this.all('notifications/resources/list_changed');
    }

    resourceUpdated(uri: string): Promise<void> {
        return this.all('notifications/resources/updated', { uri });
    }

    async all(method: string, params?: JSONRPCNotification['params']): Promise<void> {
        const { board } = this.settings;
        const notice = notification(method, params);
        if (board) {
            await board.put(notice);
            await this.look();
        } else {
            await this.tellHere(only(notice));
        }
    }

    async session(sessionId: string, method: string, params?: JSONRPCNotification['params']): Promise<boolean> {
        const { backend, local, node, timeoutMs, recorder } = this.settings;
        const message = notification(method, params);
        const { sessionStore, eventLog } = backend;
        const found = await withinDeadline(timeoutMs, () => findSession(sessionStore, sessionId, recorder !== undefined));
        if (!found) {
            return false;
        }
        if (!eventLog) {
            const transport = local.get(sessionId)?.transport;
            if (!transport?.isStandaloneOpen) {
                return false;
            }
            await transport.send(message);
            return true;
        }
        const event = { streamId: standaloneStream, message, undelivered: true };
        const [position = null] = await withinDeadline(timeoutMs, () => eventLog.append(sessionId, [event]), 'log');
        const sessionName = await digest(sessionId);
        if (recorder && position !== null) {
            const leaving = recorder.message({ sessionId, sessionName, principal: found.principal }, 'out', message);
            node.doorbells.mustLeave(sessionName, leaving);
        }
        node.doorbells.ring(sessionName, standaloneStream);
        await node.doorbells.told(sessionName);
        return position !== null;
    }

    /** There may be something new on the board: the sessions here whose stream is open are told. */
    async look(): Promise<void> {
        const { board } = this.settings;
        if (board) {
            await this.refreshed(board);
            await this.tellHere(board);
        }
    }

    /** Another node has put up a notice, or may have. Where no stream is open nobody is told now, and the board is not read. */
    async hear(): Promise<void> {
        if (this.open().length > 0) {
            await this.look();
        }
    }

    /** A session's stream has been opened here: it is told what it has missed. The others are only if there is something new. */
    async catchUp(transport: SessionTransport): Promise<void> {
        const { board } = this.settings;
        if (!board) {
            return;
        }
        const before = board.position;
        await this.refreshed(board);
        await (board.position === before ? this.tellAll([transport], board) : this.tellHere(board));
    }

    private async refreshed(board: NoticeBoard): Promise<void> {
        try {
            await board.refresh();
        } catch (error) {
            this.settings.onfailed();
            throw error;
        }
    }

    /** The sessions whose standalone stream is open here. */
    private open(): SessionTransport[] {
        return this.settings.local
            .all()
            .map(({ transport }) => transport)
            .filter(transport => transport.isStandaloneOpen);
    }

    private tellHere(notices: Notices): Promise<void> {
        return this.tellAll(this.open(), notices);
    }

    /** Some at a time: each is an append, and all have the same deadline. */
    private async tellAll(transports: readonly SessionTransport[], notices: Notices): Promise<void> {
        let isToldToAll = true;
        for (let from = 0; from < transports.length; from += atOnce) {
            const told = await Promise.all(transports.slice(from, from + atOnce).map(transport => transport.tell(notices)));
            isToldToAll &&= !told.includes(false);
        }
        if (!isToldToAll) {
            this.settings.onfailed();
        }
    }
}

/** One notice, for sessions that cannot be told later. */
function only(notice: JSONRPCNotification): Notices {
    return {
        since: (position, { subscriptions }) => Promise.resolve({ news: relevant([notice], subscriptions), position, passed: 0 })
    };
}
