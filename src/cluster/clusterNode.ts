import { withinDeadline } from '../deadline.js';
import { toError } from '../errors.js';
import { parseMessage } from '../jsonrpc/parse.js';
import type { RequestId } from '../jsonrpc/types.js';
import type { MessageBus } from '../ports/messageBus.js';
import { parseBusMessage, type Answer, type BusMessage, type Question } from './busMessages.js';
import { Doorbells } from './doorbells.js';
import type { Member } from './member.js';
import { newNodeId } from './nodeId.js';
import { OnDemandSubscription } from './onDemandSubscription.js';
import { QuestionBook } from './questionBook.js';

/** What a call comes to: an answer; `gone` when nobody listens under that id; `silent` when no answer came in time. */
export type Outcome = Answer | 'gone' | 'silent';

const everyNode = 'nodes';
/** How long a subscription is kept for the next request. */
const lingerMs = 5000;
/** How long the bus may take to pass a question on. */
const busTimeoutMs = 1000;
const answerTimeoutMs = 1000;
/** How long all nodes have to answer: one that is slow or dead must not hold up what the others can do. */
const allAnswerTimeoutMs = 300;
/** The same where answers are polled for. */
const polledAnswerTimeoutMs = 2500;

interface Waiting {
    /** Answers that are still to come; with the last one it is over. */
    missing: number;
    readonly answers: Map<string, Answer>;
    finish(): void;
}

/**
 * This process as the other nodes of its cluster know it: all transports that share one bus are one node.
 *
 * It hands over what arrived at the wrong node, and asks others what only they know. Without a bus it is a cluster of one.
 */
export class ClusterNode {
    readonly id = newNodeId();
    readonly questions = new QuestionBook(this.id);
    readonly doorbells: Doorbells;
    private readonly members = new Map<string, Set<Member>>();
    private readonly waiting = new Map<number, Waiting>();
    private readonly addresses: readonly OnDemandSubscription[];
    private calls = 0;
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
        const ignore = (): void => undefined;
        this.doorbells = new Doorbells(bus, bus?.polls ? 0 : lingerMs);
        const listener = {
            onMessage: (text: string) => this.onMessage(text),
            onGap: () => this.onGap()
        };
        this.addresses = bus
            ? [`node/${this.id}`, everyNode].map(
                  address => new OnDemandSubscription(bus, address, listener, bus.polls ? 0 : lingerMs, ignore)
              )
            : [];
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
    async announceChange(session: string, by?: Member): Promise<void> {
        if (!this.bus) {
            return;
        }
        this.lookAtRecord(session, by);
        await this.publish(everyNode, { changed: session, from: this.id });
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
        const call = ++this.calls;
        const waiting: Waiting = { missing: Infinity, answers: new Map(), finish: () => undefined };
        this.waiting.set(call, waiting);
        try {
            await withinDeadline(busTimeoutMs, async () => {
                await this.attend();
                waiting.missing = expected(await this.publish(address, { call, from: this.id, question }));
            });
            if (waiting.missing === 0) {
                return 'gone';
            }
            await over(waiting, timeoutMs);
            return waiting.answers;
        } finally {
            this.waiting.delete(call);
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
        } else if ('reply' in message) {
            const waiting = this.waiting.get(message.reply);
            waiting?.answers.set(message.from, message.answer);
            if (waiting && waiting.answers.size >= waiting.missing) {
                waiting.finish();
            }
        } else if ('call' in message && message.from !== this.id) {
            const { call: reply, from, question } = message;
            this.publish(`node/${from}`, { reply, from: this.id, answer: this.answer(question) }).catch((error: unknown) =>
                // Whoever asked will ask again, or take silence for an answer.
                toError(error)
            );
        }
    }

    private answer(question: Question): Answer {
        const members = [...(this.members.get(question.session) ?? [])];
        switch (question.ask) {
            case 'deliver': {
                const message = parseMessage(question.message);
                if (!message || members.length === 0) {
                    return 'no';
                }
                this.questions.deliver(question.session, message);
                return 'yes';
            }
            case 'isRunning':
                return members.map(member => member.yieldStream(question.stream)).includes(true) ? 'yes' : 'no';
            case 'isReading':
                return members.some(member => member.isReading(question.reader)) ? 'yes' : 'no';
            case 'count':
                return this.count(question.session, question.requestId);
            case 'cancel': {
                const message = parseMessage(question.message);
                if (message) {
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

    private count(session: string, requestId: RequestId): number {
        let count = 0;
        this.members.get(session)?.forEach(member => (count += member.countRunning(requestId)));
        return count;
    }

    private onGap(): void {
        for (const session of [...this.members.keys()]) {
            this.lookAtRecord(session);
        }
    }
}

/** Resolves when all answers are there, or when no more are waited for. */
async function over(waiting: Waiting, timeoutMs: number): Promise<void> {
    if (waiting.answers.size >= waiting.missing) {
        return;
    }
    await new Promise<void>(resolve => {
        const timer = setTimeout(resolve, timeoutMs);
        (timer as { unref?: () => void }).unref?.();
        waiting.finish = () => {
            clearTimeout(timer);
            resolve();
        };
    });
}
