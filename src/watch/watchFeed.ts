import type { WatchMessage } from '../cluster/busMessages.js';
import type { ClusterNode } from '../cluster/clusterNode.js';
import { listenToAll } from '../diagnostics.js';
import { fingerprintOfDigest } from '../digest.js';
import type { MessageBus } from '../ports/messageBus.js';
import { every } from '../timers.js';
import { Audience } from './audience.js';
import { defaultNodeName } from './nodeName.js';
import { maxNamed, type NodeEvent, type NodeState, type WatchedSession } from './reports.js';

/** How often events are told, and how often the node's state is; in milliseconds. */
const pace = { eventsMs: 200, stateMs: 1000 };
/** The same where each report is a call that somebody may pay for. */
const pollingPace = { eventsMs: 1000, stateMs: 2500 };
/** Events that wait at most until it is known which node of this process they happened on. */
const maxUnsure = 10_000;
/** How many may watch a node at a time. */
const maxAudiences = 8;

/** Something in this process that sessions are served by, such as a handler. */
export interface FeedSource {
    readonly isReady: boolean;
}

export interface FeedOptions {
    /** What watchers see this node as; where several sources have one, the first. @default `<host>:<process id>` */
    readonly name?: string | undefined;
    /**
     * False: the node hides, whatever other sources say. `'always'`: it can be seen at any time, and not only while something
     * concerns other nodes.
     */
    readonly watchable: boolean | 'always';
}

/**
 * Tells those who watch the cluster what happens on this node. While nobody does there is no timer, no subscription and no
 * message: that somebody watches is heard at the address at which nodes hear of other things.
 *
 * Diagnostic channels are the process's. Where it is several nodes, each tells of the sessions that it holds or held.
 */
export class WatchFeed {
    private readonly sources = new Map<FeedSource, FeedOptions>();
    private readonly audiences = new Map<string, Audience>();
    /** Present while the node can be seen. */
    private stopHearing: (() => void) | undefined;
    /** Whether it listens only to be seen. */
    private isAttending = false;
    /** Present while somebody watches. */
    private live: Live | undefined;

    private static readonly byNode = new WeakMap<ClusterNode, WatchFeed>();
    /** How many nodes this process is. */
    private static nodes = 0;

    /** The source is watched from now on, as a part of its node; returns how to end that. Never rejects then. */
    static join(node: ClusterNode, bus: MessageBus | undefined, source: FeedSource, options: FeedOptions): () => Promise<void> {
        const feed = WatchFeed.byNode.get(node) ?? new WatchFeed(node, bus);
        feed.sources.set(source, options);
        void feed.adjust();
        return () => feed.leave(source);
    }

    private constructor(
        private readonly node: ClusterNode,
        private readonly bus: MessageBus | undefined
    ) {
        WatchFeed.byNode.set(node, this);
        WatchFeed.nodes++;
    }

    private async leave(source: FeedSource): Promise<void> {
        if (!this.sources.delete(source)) {
            return;
        }
        if (this.sources.size === 0) {
            WatchFeed.byNode.delete(this.node);
            WatchFeed.nodes--;
        }
        await this.adjust();
    }

    /** The node can be seen from now on, or no more, as its sources want it. Resolves when those who watch it know; never rejects. */
    private async adjust(): Promise<void> {
        const wanted = [...this.sources.values()].map(({ watchable }) => watchable);
        const isSeen = wanted.length > 0 && !wanted.includes(false);
        const mustAttend = isSeen && wanted.includes('always');
        if (mustAttend !== this.isAttending) {
            this.isAttending = mustAttend;
            if (mustAttend) {
                attend(this.node);
            } else {
                this.node.rest();
            }
        }
        if (isSeen) {
            this.stopHearing ??= this.node.onWatch(message => this.hear(message));
            return;
        }
        this.stopHearing?.();
        this.stopHearing = undefined;
        const audiences = [...this.audiences.values()];
        const node = this.live?.node;
        this.audiences.clear();
        this.end();
        if (node) {
            await Promise.all(audiences.map(audience => audience.sayGoodbye(node)));
        }
    }

    private get name(): string {
        return [...this.sources.values()].map(({ name }) => name).find(name => name !== undefined) ?? defaultNodeName();
    }

    private hear(message: WatchMessage): void {
        const known = this.audiences.get(message.watch);
        if (!known && (message.forMs === 0 || this.audiences.size >= maxAudiences)) {
            return;
        }
        const audience = known ?? new Audience(message.watch, async text => this.bus?.publish(`node/${message.watch}`, text));
        audience.extend(message);
        this.audiences.set(audience.id, audience);
        this.begin();
        if (!known) {
            this.tell();
        }
    }

    private begin(): void {
        this.live ??= new Live(this.node, {
            name: this.name,
            ...this.pace,
            isOnlyNode: () => WatchFeed.nodes === 1,
            isReady: () => [...this.sources.keys()].every(({ isReady }) => isReady),
            onEvent: event => this.audiences.forEach(audience => audience.note(event)),
            onTime: () => this.tell()
        });
    }

    private end(): void {
        this.live?.end();
        this.live = undefined;
    }

    private tell(): void {
        for (const audience of [...this.audiences.values()]) {
            if (audience.isGone) {
                this.audiences.delete(audience.id);
            }
        }
        const { live } = this;
        if (!live || this.audiences.size === 0) {
            this.end();
            return;
        }
        live.release();
        const state = live.state();
        this.audiences.forEach(audience => audience.tell(live.node, state));
    }

    private get pace(): typeof pace {
        return this.bus?.polls ? pollingPace : pace;
    }
}

interface LiveSettings {
    readonly name: string;
    readonly eventsMs: number;
    readonly stateMs: number;
    isOnlyNode(): boolean;
    isReady(): boolean;
    onEvent(event: NodeEvent): void;
    onTime(): void;
}

/** A node while it is watched. */
class Live {
    readonly node: { readonly from: string; readonly name: string };
    private readonly counts = { requests: 0, messages: 0 };
    private readonly answers: Record<string, number> = {};
    private readonly timer: ReturnType<typeof setInterval>;
    private readonly stopListening: () => void;
    /** What may have happened on another node of this process. */
    private unsure: NodeEvent[] = [];
    /** Fingerprints of the sessions that this node holds, or held when it last looked. */
    private own = new Set<string>();
    private lastState: NodeState | undefined;
    private lookedAt = -Infinity;

    constructor(
        private readonly cluster: ClusterNode,
        private readonly settings: LiveSettings
    ) {
        this.node = { from: cluster.id, name: settings.name };
        attend(cluster);
        if (!settings.isOnlyNode()) {
            this.look();
        }
        this.stopListening = listenToAll((event, data) => this.note({ event, data, at: Date.now() } as NodeEvent));
        this.timer = every(() => settings.onTime(), settings.eventsMs);
    }

    end(): void {
        clearInterval(this.timer);
        this.stopListening();
        this.cluster.rest();
    }

    /** Passes on what waited until it was known whose it is. */
    release(): void {
        if (this.unsure.length === 0) {
            return;
        }
        const before = this.own;
        this.look();
        for (const event of this.unsure.splice(0)) {
            const session = 'session' in event.data ? event.data.session : undefined;
            if (session === undefined || this.own.has(session) || before.has(session)) {
                this.pass(event);
            }
        }
    }

    /** The node's state, made anew when that is due. */
    state(): NodeState {
        const now = performance.now();
        if (!this.lastState || now - this.lookedAt >= this.settings.stateMs) {
            this.lookedAt = now;
            this.lastState = this.newState();
        }
        return this.lastState;
    }

    private newState(): NodeState {
        const sessions: WatchedSession[] = [];
        for (const [name, activity] of this.cluster.activities()) {
            sessions.push({ session: fingerprintOfDigest(name), ...activity });
            if (sessions.length === maxNamed) {
                break;
            }
        }
        return {
            uptimeMs: Math.round(performance.now()),
            isDraining: !this.settings.isReady(),
            sessionCount: this.cluster.sessionCount,
            sessions,
            ...this.cluster.totals(),
            ...this.counts,
            answers: { ...this.answers }
        };
    }

    private note(event: NodeEvent): void {
        if (this.settings.isOnlyNode()) {
            this.pass(event);
        } else if (this.unsure.length < maxUnsure) {
            this.unsure.push(event);
        }
    }

    private pass(event: NodeEvent): void {
        this.count(event);
        if (event.event !== 'message-sent') {
            this.settings.onEvent(event);
        }
    }

    private look(): void {
        this.own = new Set([...this.cluster.sessions].map(fingerprintOfDigest));
    }

    private count({ event, data }: NodeEvent): void {
        if (event === 'request') {
            this.counts.requests++;
        } else if (event === 'message-sent') {
            this.counts.messages++;
        } else if (event === 'answer-routed' && data.outcome === 'delivered') {
            this.answers[data.to] = (this.answers[data.to] ?? 0) + 1;
        }
    }
}

function attend(node: ClusterNode): void {
    node.attend().catch(() => {
        // It is tried again for as long as it is wanted.
    });
}
