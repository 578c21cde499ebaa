import { withinDeadline } from '../deadline.js';
import { parseMessage } from '../jsonrpc/parse.js';
import { isRequest, isResponse, type JSONRPCMessage, type RequestId } from '../jsonrpc/types.js';
import type { MessageBus } from '../ports/messageBus.js';
import { parseBusMessage, type Answer, type BusMessage, type Question, type WatchMessage } from './busMessages.js';
import { Doorbells } from './doorbells.js';
import type { Activity, Member } from './member.js';
import { newNodeId } from './nodeId.js';
import { OnDemandSubscription } from './onDemandSubscription.js';
import { PendingCalls } from './pendingCalls.js';
import { QuestionBook } from './questionBook.js';

/** What a call comes to: an answer; `gone` when nobody listens under that id; `silent` when no answer came in time. */
export type Outcome = Answer | 'gone' | 'silent';

/** The address of all nodes that something concerns. */
export const everyNode = 'nodes';
/** What all sessions are told is filed under this where other things are filed under a session. */
const noticesName = 'notices';
/** How long a subscription is kept for the next request. */
const lingerMs = 5000;
/** How long the bus may take to pass a question on. */
const busTimeoutMs = 1000;
const answerTimeoutMs = 1000;
/** How long all nodes have to answer: one that is slow or dead must not hold up what the others can do. */
const allAnswerTimeoutMs = 300;
/** The same where answers are polled for. */
const polledAnswerTimeoutMs = 2500;

/**
 * This process as the other nodes of its cluster know it: all transports that share one bus are one node.
 *
 * It hands over what arrived at the wrong node, and asks others what only they know. Without a bus it is a cluster of one.
 */
export class ClusterNode {
    readonly questions = new QuestionBook(this);
    readonly doorbells: Doorbells;
    private readonly members = new Map<string, Set<Member>>();
    /** Those on which something may go on: of all others there is nothing to count. */
    private readonly busy = new Set<Member>();
    private readonly noticeListeners = new Set<() => void>();
    private readonly watchListeners = new Set<(message: WatchMessage) => void>();
    private readonly calls = new PendingCalls();
    private ownId: string | undefined;
    private ownAddresses: readonly OnDemandSubscription[] | undefined;
    private streams = 0;

    private static readonly byBus = new WeakMap<MessageBus, ClusterNode>();
    private static alone: ClusterNode | undefined;

    /** The node of a bus. All that have no bus are one, too. */
    static on(bus: MessageBus | undefined): ClusterNode {
        if (!bus) {
            return (ClusterNode.alone ??= new ClusterNode(undefined));
        }
        let node = ClusterNode.byBus.get(bus);
        if (!node) {
            node = new ClusterNode(bus);
            ClusterNode.byBus.set(bus, node);
        }
        return node;
    }

    private constructor(private readonly bus: MessageBus | undefined) {
        this.doorbells = new Doorbells(bus);
    }

    /** Made when it is first asked for: some runtimes give no chance while modules are loaded, where handlers are made. */
    get id(): string {
        return (this.ownId ??= newNodeId());
    }

    private get addresses(): readonly OnDemandSubscription[] {
        const { bus } = this;
        // What polls costs calls for as long as it listens.
        const keptMs = bus?.polls ? 0 : lingerMs;
        const subscribe = (address: string, onGap: () => void) =>
            bus ? [new OnDemandSubscription(bus, address, { onMessage: text => this.onMessage(text), onGap }, keptMs)] : [];
        return (this.ownAddresses ??= [
            // Whoever asks this node asks again.
            ...subscribe(`node/${this.id}`, () => undefined),
            ...subscribe(everyNode, () => this.onGap())
        ]);
    }

    /** A number that no other stream of this node has. */
    nextStream(): number {
        return ++this.streams;
    }

    /** From now on a session is served here; returns how to end that. */
    join(member: Member): () => void {
        const members = this.members.get(member.session) ?? new Set();
        this.members.set(member.session, members.add(member));
        return () => {
            members.delete(member);
            if (members.size === 0 && this.members.get(member.session) === members) {
                this.members.delete(member.session);
            }
        };
    }

    /**
     * Something here concerns other nodes: a call runs, a stream is open, an answer is awaited. They can reach this one
     * until {@link rest}. Resolves when they can; may be left to itself.
     */
    async attend(): Promise<void> {
        await Promise.all(this.addresses.map(address => address.acquire()));
    }

    rest(): void {
        for (const address of this.addresses) {
            address.release();
        }
    }

    /** Whether a call runs, a stream is open or an answer is awaited on a member. */
    noteBusy(member: Member, isBusy: boolean): void {
        if (isBusy) {
            this.busy.add(member);
        } else {
            this.busy.delete(member);
        }
    }

    /** Asks one node. Rejects when the bus is out of order. */
    async ask(nodeId: string, question: Question): Promise<Outcome> {
        if (nodeId === this.id) {
            return this.answer(question);
        }
        const timeoutMs = this.bus?.polls ? polledAnswerTimeoutMs : answerTimeoutMs;
        const answers = await this.call(`node/${nodeId}`, question, reached => (reached === 0 ? 0 : 1), timeoutMs);
        return answers === 'gone' ? 'gone' : (answers.get(nodeId) ?? 'silent');
    }

    /**
     * The nodes, this one included, that run a request which the client calls by this id, and how many each.
     * Rejects when the bus is out of order.
     */
    async whoRuns(session: string, requestId: RequestId): Promise<Map<string, number>> {
        const question: Question = { ask: 'count', session, requestId };
        const others = this.bus
            ? await this.call(
                  everyNode,
                  question,
                  // This node hears itself.
                  reached => (reached === undefined ? Infinity : reached - 1),
                  this.bus.polls ? polledAnswerTimeoutMs : allAnswerTimeoutMs
              )
            : 'gone';
        const counts = new Map<string, number>([[this.id, this.count(session, requestId)]]);
        for (const [nodeId, count] of others === 'gone' ? [] : others) {
            counts.set(nodeId, Number(count));
        }
        return new Map([...counts].filter(([, count]) => count > 0));
    }

    /** Tells everybody who serves a session, except who says so, that its record changed or is gone. */
    announceChange(session: string, by?: Member): void {
        if (!this.bus) {
            return;
        }
        this.lookAtRecord(session, by);
        this.doorbells.insist(session, everyNode, { changed: session, from: this.id });
    }

    /** Calls back when another node has put up a notice to all sessions, or may have. Returns how to end that. */
    onNotice(listener: () => void): () => void {
        this.noticeListeners.add(listener);
        return () => void this.noticeListeners.delete(listener);
    }

    /** Calls back when somebody, in this process or in another, watches the cluster. Returns how to end that. */
    onWatch(listener: (message: WatchMessage) => void): () => void {
        this.watchListeners.add(listener);
        return () => void this.watchListeners.delete(listener);
    }

    /** How many sessions are served here. */
    get sessionCount(): number {
        return this.members.size;
    }

    /** What goes on in all of them. */
    totals(): { readonly streams: number; readonly calls: number } {
        let calls = 0;
        const listening = new Set<string>();
        for (const member of this.busy) {
            if (this.members.get(member.session)?.has(member)) {
                const { activity } = member;
                calls += activity.calls;
                if (activity.isListening) {
                    listening.add(member.session);
                }
            }
        }
        return { streams: listening.size, calls };
    }

    /** The digests of their ids. */
    get sessions(): Iterable<string> {
        return this.members.keys();
    }

    /** What goes on in each of them, by the digest of its id. */
    *activities(): Iterable<[string, Activity]> {
        for (const [session, members] of this.members) {
            const all = [...members].map(({ activity }) => activity);
            yield [
                session,
                { isListening: all.some(({ isListening }) => isListening), calls: all.reduce((sum, { calls }) => sum + calls, 0) }
            ];
        }
    }

    /** Tells the other nodes of a notice. Those that do not hear of it see it when a stream is next opened there. Never rejects. */
    async announceNotice(): Promise<void> {
        if (this.bus) {
            this.doorbells.insist(noticesName, everyNode, { noticed: true, from: this.id });
            await this.doorbells.told(noticesName);
        }
    }

    private tellOfNotices(): void {
        this.noticeListeners.forEach(listener => listener());
    }

    private async call(
        address: string,
        question: Question,
        expected: (reached: number | undefined) => number,
        timeoutMs: number
    ): Promise<Map<string, Answer> | 'gone'> {
        if (!this.bus) {
            return 'gone';
        }
        const call = this.calls.begin();
        try {
            await withinDeadline(
                busTimeoutMs,
                async () => {
                    await this.attend();
                    call.expect(expected(await this.publish(address, { call: call.id, from: this.id, question })));
                },
                'bus'
            );
            if (call.isHopeless) {
                return 'gone';
            }
            await call.over(timeoutMs);
            return call.answers;
        } finally {
            this.calls.end(call);
            this.rest();
        }
    }

    private async publish(address: string, message: BusMessage): Promise<number | undefined> {
        return this.bus ? this.bus.publish(address, JSON.stringify(message)) : 0;
    }

    /** What is not a message of ours is dropped: the bus is shared with whoever has the store's password. */
    private onMessage(text: string): void {
        const message = parseBusMessage(text);
        if (!message) {
            return;
        }
        if ('changed' in message) {
            if (message.from !== this.id) {
                this.lookAtRecord(message.changed);
            }
        } else if ('noticed' in message) {
            if (message.from !== this.id) {
                this.tellOfNotices();
            }
        } else if ('watch' in message) {
            this.watchListeners.forEach(listener => listener(message));
        } else if ('reply' in message) {
            this.calls.add(message.reply, message.from, message.answer);
        } else if ('call' in message && message.from !== this.id) {
            const { call: reply, from, question } = message;
            const answer = this.answer(question);
            // When it does not arrive, whoever asked will ask again, or take silence for an answer.
            this.publish(`node/${from}`, { reply, from: this.id, answer }).catch(() => undefined);
        }
    }

    private answer(question: Question): Answer {
        const members = [...(this.members.get(question.session) ?? [])];
        switch (question.ask) {
            case 'deliver': {
                const message = parseMessage(question.message);
                if (!message || !isAnswer(message) || members.length === 0) {
                    return 'no';
                }
                this.questions.deliver(question.session, message);
                return 'yes';
            }
            case 'isRunning':
                return members.map(member => member.yieldStream(question.stream)).includes(true) ? 'yes' : 'no';
            case 'isSilent':
                return members.some(member => member.isSilent(question.stream)) ? 'yes' : 'no';
            case 'isReading':
                return members.some(member => member.isReading(question.reader)) ? 'yes' : 'no';
            case 'yieldReader':
                return members.map(member => member.yieldReader(question.reader)).includes(true) ? 'yes' : 'no';
            case 'count':
                return this.count(question.session, question.requestId);
            case 'cancel': {
                const message = parseMessage(question.message);
                if (message && isNotification(message, 'notifications/cancelled')) {
                    members.forEach(member => member.receive(message));
                }
                return 'yes';
            }
        }
    }

    private lookAtRecord(session: string, except?: Member): void {
        for (const member of [...(this.members.get(session) ?? [])]) {
            if (member !== except) {
                member.lookAtRecord();
            }
        }
    }

    /** What was missed may have been a DELETE. Sessions without streams and calls look at their records when they are used. */
    private onGap(): void {
        this.tellOfNotices();
        for (const member of [...this.members.values()].flatMap(members => [...members])) {
            if (member.isBusy) {
                member.lookAtRecord();
            }
        }
    }

    private count(session: string, requestId: RequestId): number {
        let count = 0;
        this.members.get(session)?.forEach(member => (count += member.countRunning(requestId)));
        return count;
    }
}

/** Whether a message is what `deliver` is for: nobody's requests come over the bus. */
function isAnswer(message: JSONRPCMessage): boolean {
    return isResponse(message) || isNotification(message, 'notifications/progress');
}

function isNotification(message: JSONRPCMessage, method: string): boolean {
    return 'method' in message && message.method === method && !isRequest(message);
}
