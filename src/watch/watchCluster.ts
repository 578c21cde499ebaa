import { everyNode } from '../cluster/clusterNode.js';
import type { WatchMessage } from '../cluster/busMessages.js';
import { newNodeId } from '../cluster/nodeId.js';
import { SessionError, toError } from '../errors.js';
import type { BusSubscription, MessageBus } from '../ports/messageBus.js';
import { every } from '../timers.js';
import { parseReport, type NodeEvent, type NodeReport, type NodeState } from './reports.js';

/** For how long nodes report after each time that they are asked to, in milliseconds. */
const watchForMs = 10_000;
/** How often they are asked, and after how long a silence a node counts as lost. */
const pace = { askMs: 2000, lostMs: 3000 };
/** The same where reports are polled for. */
const pollingPace = { askMs: 4000, lostMs: 10_000 };
/** How often it is looked for nodes that are silent. */
const lookMs = 500;

/** A node of the cluster, as it last reported. */
export interface WatchedNode extends NodeState {
    /** Of its process; a process that takes its place has another. */
    readonly id: string;
    readonly name: string;
}

/** Something that happened on a node, with its fields in `data` as `DiagnosticEvents` names them. */
export type WatchedEvent = NodeEvent & {
    /** The id of that node. */
    readonly node: string;
    /** Its name. */
    readonly name: string;
};

export interface WatchOptions {
    /** The fingerprint of one session: only its events are told. @default those of all */
    session?: string | undefined;
    /** Called with each report of a node, about once a second. */
    onnode?: ((node: WatchedNode) => void) | undefined;
    /** Called with what happens, a fraction of a second later; in the order of each node. */
    onevent?: ((event: WatchedEvent) => void) | undefined;
    /** Called when so many events of a node were too many to be told. */
    ondropped?: ((count: number, node: { readonly id: string; readonly name: string }) => void) | undefined;
    /**
     * Called when a node is there no more: `left` when it said so, `silent` when nothing was heard of it for 3 seconds, or 10
     * where nodes poll. One that comes back is told of by `onnode` again.
     */
    onlost?: ((node: WatchedNode, how: 'left' | 'silent') => void) | undefined;
    /** Called when the message bus failed; it is tried again. While it does no node counts as lost. */
    onerror?: ((error: Error) => void) | undefined;
    /** Ends the watch. */
    signal?: AbortSignal | undefined;
}

export interface ClusterWatch {
    /** The nodes that report now, by their ids. */
    readonly nodes: ReadonlyMap<string, WatchedNode>;
    /** Ends the watch: nodes stop reporting. The backend stays open. May be called twice, and never rejects. */
    close(): Promise<void>;
}

/**
 * Watches a cluster from outside or from one of its nodes: what its handlers do, live, by fingerprints and counts alone. Nodes
 * report to who watches, and to nobody else; one is seen as soon as it has something to do, or at once with `watchable: 'always'`.
 * Calling back must not throw.
 *
 * @param backend as the nodes have it: the same store, prefix and keys.
 * @returns when nodes can be heard.
 * @throws SessionError `CONFIGURATION` without a message bus; what the bus rejects with when it cannot be reached.
 */
export async function watchCluster(
    backend: { readonly messageBus?: MessageBus | undefined },
    options: WatchOptions = {}
): Promise<ClusterWatch> {
    const { messageBus } = backend;
    if (!messageBus) {
        throw new SessionError('CONFIGURATION', 'A cluster is watched over its message bus, and this backend has none');
    }
    const watch = new Watch(messageBus, options);
    await watch.begin();
    return watch;
}

interface Heard {
    node: WatchedNode;
    at: number;
}

class Watch implements ClusterWatch {
    private readonly id = newNodeId();
    private readonly heard = new Map<string, Heard>();
    private readonly pace: typeof pace;
    private readonly timers: ReturnType<typeof setInterval>[] = [];
    private subscription: BusSubscription | undefined;
    private isDeaf = false;
    private closing: Promise<void> | undefined;

    constructor(
        private readonly bus: MessageBus,
        private readonly options: WatchOptions
    ) {
        this.pace = bus.polls ? pollingPace : pace;
    }

    get nodes(): ReadonlyMap<string, WatchedNode> {
        return new Map([...this.heard].map(([id, { node }]) => [id, node]));
    }

    async begin(): Promise<void> {
        const { signal } = this.options;
        signal?.throwIfAborted();
        this.subscription = await this.bus.subscribe(`node/${this.id}`, {
            onMessage: text => this.take(parseReport(text)),
            // Nobody was silent meanwhile: it was here that nothing could be heard.
            onGap: () => this.forgive()
        });
        try {
            await this.publish(watchForMs);
            signal?.throwIfAborted();
        } catch (error) {
            await this.close();
            throw error;
        }
        signal?.addEventListener('abort', () => void this.close(), { once: true });
        this.timers.push(
            every(() => void this.ask(), this.pace.askMs),
            every(() => this.lookForSilent(), lookMs)
        );
    }

    close(): Promise<void> {
        this.closing ??= this.end();
        return this.closing;
    }

    private async end(): Promise<void> {
        this.timers.splice(0).forEach(timer => clearInterval(timer));
        await this.publish(0).catch(() => {
            // Then nodes stop by themselves, a little later.
        });
        await this.subscription?.close();
    }

    private async ask(): Promise<void> {
        try {
            await this.publish(watchForMs);
            if (this.isDeaf) {
                this.isDeaf = false;
                this.forgive();
            }
        } catch (error) {
            this.isDeaf = true;
            this.options.onerror?.(toError(error));
        }
    }

    private async publish(forMs: number): Promise<void> {
        const { session } = this.options;
        const message: WatchMessage = { watch: this.id, forMs, ...(session !== undefined && { session }) };
        await this.bus.publish(everyNode, JSON.stringify(message));
    }

    private take(report: NodeReport | undefined): void {
        if (!report || this.closing) {
            return;
        }
        const { from: id, name, state, events = [], dropped, left } = report;
        const known = this.heard.get(id);
        if (known) {
            known.at = performance.now();
        }
        if (state) {
            const node = { id, name, ...state };
            this.heard.set(id, { node, at: performance.now() });
            this.options.onnode?.(node);
        }
        events.forEach(event => this.options.onevent?.({ ...event, node: id, name }));
        if (dropped) {
            this.options.ondropped?.(dropped, { id, name });
        }
        if (left) {
            this.lose(id, 'left');
        }
    }

    private lookForSilent(): void {
        const longAgo = performance.now() - this.pace.lostMs;
        for (const [id, { at }] of this.isDeaf ? [] : [...this.heard]) {
            if (at < longAgo) {
                this.lose(id, 'silent');
            }
        }
    }

    private lose(id: string, how: 'left' | 'silent'): void {
        const lost = this.heard.get(id);
        if (lost && this.heard.delete(id)) {
            this.options.onlost?.(lost.node, how);
        }
    }

    private forgive(): void {
        const now = performance.now();
        this.heard.forEach(entry => (entry.at = now));
    }
}
