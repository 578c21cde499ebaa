import type { WatchMessage } from '../cluster/busMessages.js';
import { withinDeadline } from '../deadline.js';
import { reportText, type NodeEvent, type NodeReport, type NodeState } from './reports.js';

/** How long the bus may take for a report, in milliseconds. */
const sendTimeoutMs = 1000;
/** Events of one kind, frequent or rare, that wait at most: what is rare is not crowded out by requests. */
const maxWaiting = 100;

/** Events that come with each request. */
const frequent = new Set<NodeEvent['event']>(['request', 'call-started', 'call-ended']);

/** Somebody who watches this node, and what he has not been told yet. */
export class Audience {
    private until = 0;
    private session: string | undefined;
    private waiting: NodeEvent[] = [];
    private dropped = 0;
    /** The state that he was told last. */
    private stated: NodeState | undefined;
    private isSending = false;

    constructor(
        readonly id: string,
        private readonly publish: (text: string) => Promise<unknown>
    ) {}

    get isGone(): boolean {
        return performance.now() >= this.until;
    }

    /** He watches for so long from now on. */
    extend({ forMs, session }: WatchMessage): void {
        this.until = performance.now() + forMs;
        this.session = session;
    }

    note(event: NodeEvent): void {
        if (this.session !== undefined && !('session' in event.data && event.data.session === this.session)) {
            return;
        }
        const isFrequent = frequent.has(event.event);
        if (this.waiting.filter(other => frequent.has(other.event) === isFrequent).length < maxWaiting) {
            this.waiting.push(event);
        } else {
            this.dropped++;
        }
    }

    /**
     * Tells him what waits, and of the node's state if he has not been told of this one. While the last report has not left,
     * nothing is sent: it waits, within its bound.
     */
    tell(node: Pick<NodeReport, 'from' | 'name'>, state: NodeState): void {
        const isNew = state !== this.stated;
        if (this.isSending || (!isNew && this.waiting.length === 0 && this.dropped === 0)) {
            return;
        }
        const { waiting, dropped } = this;
        this.waiting = [];
        this.dropped = 0;
        this.stated = state;
        this.send({
            ...node,
            ...(isNew && { state }),
            ...(waiting.length > 0 && { events: waiting }),
            ...(dropped > 0 && { dropped })
        }).catch(() => {
            this.dropped += dropped + waiting.length;
        });
    }

    /** The node goes. Never rejects. */
    sayGoodbye(node: Pick<NodeReport, 'from' | 'name'>): Promise<void> {
        return this.send({ ...node, ...(this.waiting.length > 0 && { events: this.waiting }), left: true }).catch(() => {
            // He finds out by its silence.
        });
    }

    private async send(report: NodeReport): Promise<void> {
        this.isSending = true;
        try {
            // A bus that hangs must hold up neither the next report nor the end of this node.
            await withinDeadline(sendTimeoutMs, () => this.publish(reportText(report)));
        } finally {
            this.isSending = false;
        }
    }
}
