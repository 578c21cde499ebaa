import type { ClusterNode } from '../cluster/clusterNode.js';
import { withinDeadline } from '../deadline.js';
import { toError } from '../errors.js';
import type { JSONRPCNotification } from '../jsonrpc/types.js';
import type { EventLog, LoggedEvent } from '../ports/eventLog.js';

/** The log of notices is one like those of sessions, under an id that no session has: ids have no spaces. */
const boardId = 'notices to all sessions';
const streamId = 'notices';
const pageSize = 100;
/** How many notices a node remembers, so that telling a thousand sessions of one takes one read. */
const remembered = 256;
/** For how long a node knows where the board ends, in milliseconds. */
const findMs = 1000;

/** Notices for one session, and how far they go. */
export interface News {
    readonly news: readonly JSONRPCNotification[];
    readonly position: string;
    /** How many there were for anybody. */
    readonly passed: number;
}

/** What decides which notices concern a session. */
export interface Concern {
    readonly subscriptions: readonly string[];
    /** Of the session's server; undefined where they are not known. */
    readonly capabilities: Readonly<Record<string, unknown>> | undefined;
}

export interface Notices {
    /** What is new behind a position for a session; each kind once. */
    since(position: string, concern: Concern): Promise<News>;
}

export interface NoticeBoardSettings {
    readonly log: EventLog;
    readonly node: ClusterNode;
    readonly timeoutMs: number;
    /** Within which of its uses a session keeps the board alive, in milliseconds: less than a third of what either lives. */
    readonly keepMs: number;
    onerror(error: Error): void;
}

/**
 * Notices to all sessions of the cluster, in one log: putting one up is one write, however many sessions there are. A session
 * is told when its standalone stream is open, on the node where it is, of all that it has not been told before.
 */
export class NoticeBoard implements Notices {
    /** The last notices, all that there are behind `start`. */
    private recent: LoggedEvent[] = [];
    private start = '';
    private end: string | undefined;
    private foundAt = -Infinity;
    private keptAt = -Infinity;
    private last: Promise<void> = Promise.resolve();
    /** A read that has not begun. */
    private next: Promise<void> | undefined;

    constructor(private readonly settings: NoticeBoardSettings) {}

    /** How far the board goes as far as this node knows; undefined before it has looked. */
    get position(): string | undefined {
        return this.end;
    }

    /** Looks where the board ends, for a session that begins; at most once a second. Keeps the board alive. */
    async find(): Promise<void> {
        if (this.end === undefined || performance.now() - this.foundAt >= findMs) {
            await this.inTurn(() => this.lookForEnd());
        }
    }

    /** A session is used: what it has not been told of must not expire before it. What it returns does not reject. */
    keep(): Promise<void> | undefined {
        const { keepMs, onerror } = this.settings;
        if (performance.now() - this.keptAt < keepMs) {
            return undefined;
        }
        return this.touch().then(
            () => undefined,
            (error: unknown) => {
                this.keptAt = -Infinity;
                onerror(toError(error));
            }
        );
    }

    async put(notification: JSONRPCNotification): Promise<void> {
        const { log, node } = this.settings;
        await this.within(() => log.append(boardId, [{ streamId, message: notification }]));
        await node.announceNotice();
    }

    /** Reads what is new on the board. What is put up before the call is seen, also while an earlier read is under way. */
    refresh(): Promise<void> {
        this.next ??= this.inTurn(() => {
            this.next = undefined;
            return this.readOn();
        });
        return this.next;
    }

    async since(position: string, concern: Concern): Promise<News> {
        const events = this.recall(position) ?? (await this.read(position));
        return events
            ? {
                  news: relevant(events.map(notificationOf), concern.subscriptions),
                  position: events.at(-1)?.position ?? position,
                  passed: events.length
              }
            : { news: everything(concern), position: this.end ?? '', passed: Infinity };
    }

    private recall(position: string): readonly LoggedEvent[] | undefined {
        if (position === this.start) {
            return this.recent;
        }
        const index = this.recent.findIndex(event => event.position === position);
        return index < 0 ? undefined : this.recent.slice(index + 1);
    }

    /** One after the other: each goes on from where the one before it has come to. */
    private inTurn(step: () => Promise<void>): Promise<void> {
        const done = this.last.then(step);
        this.last = done.catch(() => undefined);
        return done;
    }

    private async lookForEnd(): Promise<void> {
        const end = await this.touch();
        this.foundAt = performance.now();
        if (end !== this.end) {
            // What is between is read for each session that asks for it, which are few where no stream is open.
            this.recent = [];
            this.end = this.start = end;
        }
    }

    private async readOn(): Promise<void> {
        if (this.end === undefined) {
            await this.lookForEnd();
        }
        const from = this.end ?? '';
        const events = await this.read(from);
        if (!events) {
            // The board was trimmed, or has expired: what this node remembers leads nowhere.
            this.recent = [];
            this.end = this.start = await this.touch();
            return;
        }
        this.recent.push(...events);
        this.end = events.at(-1)?.position ?? from;
        const dropped = this.recent.splice(0, Math.max(0, this.recent.length - remembered));
        this.start = dropped.at(-1)?.position ?? this.start;
    }

    /** All notices behind a position, or undefined where some may have been trimmed. */
    private async read(position: string): Promise<readonly LoggedEvent[] | undefined> {
        const events: LoggedEvent[] = [];
        for (let since = position; ; ) {
            const page = await this.within(() => this.settings.log.read(boardId, streamId, { since }, pageSize));
            if (!page) {
                return undefined;
            }
            events.push(...page.events);
            if (!page.more) {
                return events;
            }
            since = page.position;
        }
    }

    private touch(): Promise<string> {
        this.keptAt = performance.now();
        return this.within(() => this.settings.log.touch(boardId));
    }

    private within<T>(start: () => Promise<T>): Promise<T> {
        return withinDeadline(this.settings.timeoutMs, start, 'log');
    }
}

function notificationOf({ message }: LoggedEvent): JSONRPCNotification {
    return message as JSONRPCNotification;
}

/** What a session is to hear: the last notice of each kind, in the order of those. */
export function relevant(notifications: readonly JSONRPCNotification[], subscriptions: readonly string[]): JSONRPCNotification[] {
    const last = new Map<string, JSONRPCNotification>();
    for (const notification of notifications) {
        const uri = updatedUri(notification);
        if (uri === undefined || subscriptions.includes(uri)) {
            const kind = isRepeatable(notification) ? `${notification.method} ${uri ?? ''}` : `#${last.size}`;
            last.delete(kind);
            last.set(kind, notification);
        }
    }
    return [...last.values()];
}

/** Whether two of a kind say no more than the last one. */
function isRepeatable({ method }: JSONRPCNotification): boolean {
    return method === 'notifications/resources/updated' || method.endsWith('/list_changed');
}

function updatedUri({ method, params }: JSONRPCNotification): string | undefined {
    return method === 'notifications/resources/updated' ? String(params?.['uri']) : undefined;
}

/** For a session that may have missed any notice. */
function everything({ subscriptions, capabilities }: Concern): JSONRPCNotification[] {
    return [
        ...['tools', 'prompts', 'resources']
            .filter(kind => !capabilities || capabilities[kind] !== undefined)
            .map(kind => notification(`notifications/${kind}/list_changed`)),
        ...subscriptions.map(uri => notification('notifications/resources/updated', { uri }))
    ];
}

export function notification(method: string, params?: JSONRPCNotification['params']): JSONRPCNotification {
    return { jsonrpc: '2.0', method, ...(params && { params }) };
}
