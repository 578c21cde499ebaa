import type { ClusterNode } from '../cluster/clusterNode.js';
import type { Activity, Member } from '../cluster/member.js';
import { nodeOf } from '../cluster/nodeId.js';
import { progressTokenOf, type Questions } from '../cluster/questionBook.js';
import { publish } from '../diagnostics.js';
import { fingerprintOfDigest } from '../digest.js';
import { toError } from '../errors.js';
import { isRequest, isResponse, type JSONRPCMessage, type RequestId } from '../jsonrpc/types.js';
import type { StepNotes } from '../telemetry/instrumentation.js';
import { inStep, installed } from '../telemetry/installed.js';
import { AskerSearch, reachForMs } from './askerSearch.js';
import { replies, type Reply } from './replies.js';

export interface ClusterLinkSettings {
    readonly node: ClusterNode;
    /** Hands the server a message of the client that arrived elsewhere. */
    receive(message: JSONRPCMessage): void;
    /** Whether a call runs or a stream is open here. */
    isBusy(): boolean;
    activity(): Activity;
    /** Whether what is done is measured, where anybody measures. */
    readonly isMeasured: boolean;
    yieldStream(streamId: string): boolean;
    isSilent(streamId: string): boolean;
    isReading(reader: string): boolean;
    yieldReader(reader: string): boolean;
    countRunning(requestId: RequestId): number;
    lookAtRecord(): void;
    report(error: Error): void;
}

/** What became of a message of the client: `here` is to be handed to the server; `done` is; a reply says why it cannot be. */
export type Routed = 'here' | 'done' | Reply;

/** A transport's tie to the other nodes that serve its session: what arrives here for them goes there, and the reverse. */
export class ClusterLink implements Member {
    session = '';
    private readonly questions: Questions;
    private readonly search = new AskerSearch();
    private leaveNode: (() => void) | undefined;
    private isAttending = false;
    private hasLeft = false;

    constructor(private readonly settings: ClusterLinkSettings) {
        this.questions = settings.node.questions.forSession(() => this);
    }

    get isBusy(): boolean {
        return this.settings.isBusy();
    }

    get activity(): Activity {
        return this.settings.activity();
    }

    /** Whether a question waits for its answer. */
    get hasQuestions(): boolean {
        return this.questions.size > 0;
    }

    /** This transport serves the session from now on. */
    join(session: string): void {
        this.leaveNode?.();
        this.session = session;
        installed.sessions += this.leaveNode ? 0 : 1;
        this.leaveNode = this.settings.node.join(this);
    }

    leave(): void {
        installed.sessions -= this.leaveNode ? 1 : 0;
        this.leaveNode?.();
        this.leaveNode = undefined;
        this.hasLeft = true;
        this.search.stop();
        this.questions.close();
        this.attendIf(false);
    }

    /** This node is about to go: an answer whose node is not found at once is for the next one to hand over. */
    retire(): void {
        this.search.stop();
    }

    /** While something runs or is open here, other nodes must be able to reach this one. */
    noteActivity(): void {
        this.attendIf(!this.hasLeft && (this.settings.isBusy() || this.hasQuestions));
    }

    private attendIf(wanted: boolean): void {
        const { node, report } = this.settings;
        if (wanted !== this.isAttending) {
            this.isAttending = wanted;
            node.noteBusy(this, wanted);
            if (wanted) {
                node.attend().catch((error: unknown) => report(toError(error)));
            } else {
                node.rest();
            }
        }
    }

    /** A message of the server as the client is to see it. */
    outgoing(message: JSONRPCMessage): JSONRPCMessage {
        const outgoing = this.questions.outgoing(message);
        if (outgoing !== message) {
            this.noteActivity();
        }
        return outgoing;
    }

    /** A message that the client does not get: nobody waits for an answer to it. Throws the error again. */
    failedToSend(outgoing: JSONRPCMessage, error: unknown): never {
        if (isRequest(outgoing)) {
            this.questions.forget(outgoing.id);
            this.noteActivity();
        }
        throw error;
    }

    /** A message of the client as the server is to see it. */
    incoming(message: JSONRPCMessage): JSONRPCMessage {
        const incoming = this.questions.incoming(message);
        if (incoming !== message) {
            this.noteActivity();
        }
        return incoming;
    }

    /**
     * Where each of these messages of the client belongs. They are handed over side by side, but for those of one question, which
     * stay in their order; what has not been begun within {@link reachForMs} is refused.
     */
    routeAll(messages: readonly JSONRPCMessage[]): Promise<Routed[]> {
        const deadline = performance.now() + reachForMs;
        const last = new Map<unknown, Promise<unknown>>();
        return Promise.all(
            messages.map(async message => {
                const question = questionOf(message);
                const before = question === undefined ? undefined : last.get(question);
                const routed = before
                    ? before.then(() => (performance.now() < deadline ? this.route(message) : tooLate(message)))
                    : this.route(message);
                if (question !== undefined && routed instanceof Promise) {
                    last.set(question, routed);
                }
                return routed;
            })
        );
    }

    /** No promise for what belongs here. */
    private route(message: JSONRPCMessage): Routed | Promise<Routed> {
        if (isRequest(message)) {
            return 'here';
        }
        const asker = nodeOf(questionOf(message));
        if (asker !== undefined) {
            if (this.questions.owns(message)) {
                return 'here';
            }
            return this.settings.isMeasured
                ? inStep('route_answer', note => this.handOver(asker, message, note))
                : this.handOver(asker, message, () => undefined);
        }
        return 'method' in message && message.method === 'notifications/cancelled' ? this.cancel(message) : 'here';
    }

    /** Tells the nodes that serve the session that its record changed or is gone. */
    announceChange(session = this.session): void {
        this.settings.node.announceChange(session, this);
    }

    /** Has {@link told} wait for this, too. It does not reject. */
    mustLeave(leaving: Promise<void>): void {
        this.settings.node.doorbells.mustLeave(this.session, leaving);
    }

    /** Resolves when other nodes can hear what was said to them; undefined when there is nothing to wait for. */
    told(session = this.session): Promise<void> | undefined {
        return this.settings.node.doorbells.told(session);
    }

    receive(message: JSONRPCMessage): void {
        try {
            this.settings.receive(message);
        } catch (error) {
            this.settings.report(toError(error));
        }
    }

    yieldStream(streamId: string): boolean {
        return this.settings.yieldStream(streamId);
    }

    isSilent(streamId: string): boolean {
        return this.settings.isSilent(streamId);
    }

    isReading(reader: string): boolean {
        return this.settings.isReading(reader);
    }

    yieldReader(reader: string): boolean {
        return this.settings.yieldReader(reader);
    }

    countRunning(requestId: RequestId): number {
        return this.settings.countRunning(requestId);
    }

    lookAtRecord(): void {
        this.settings.lookAtRecord();
    }

    /** An answer counts as accepted when the node that asked has it. Progress is accepted in any case. */
    private async handOver(asker: string, message: JSONRPCMessage, note: (notes: StepNotes) => void): Promise<Routed> {
        const { node, report } = this.settings;
        try {
            const deliver = () => node.ask(asker, { ask: 'deliver', session: this.session, message });
            const outcome = await (isResponse(message) ? this.search.reach(asker, deliver) : deliver());
            const session = fingerprintOfDigest(this.session);
            const told = outcome === 'yes' ? 'delivered' : outcome === 'silent' ? 'unreachable' : 'gone';
            note({ session, outcome: told });
            // The client may have made the node up, unless that has answered.
            publish('answer-routed', () => (told === 'delivered' ? { session, outcome: told, to: asker } : { session, outcome: told }));
            if (outcome === 'yes' || !isResponse(message)) {
                return 'done';
            }
            return outcome === 'silent' ? replies.unavailable : replies.askerGone;
        } catch (error) {
            report(toError(error));
            return isResponse(message) ? replies.unavailable : 'done';
        }
    }

    /** A client may use one id for several requests; one that is cancelled must be the only one that is meant. */
    private async cancel(message: JSONRPCMessage & { params?: Record<string, unknown> | undefined }): Promise<Routed> {
        const { node, report } = this.settings;
        const requestId = message.params?.['requestId'];
        if (typeof requestId !== 'string' && typeof requestId !== 'number') {
            return 'here';
        }
        try {
            const runs = await node.whoRuns(this.session, requestId);
            const [nodeId, count] = [...runs][0] ?? [node.id, 0];
            if (runs.size > 1 || count > 1) {
                report(new Error('A cancellation was ignored: several requests under way have the id that it names'));
                return 'done';
            }
            if (nodeId === node.id && (count === 0 || this.countRunning(requestId) > 0)) {
                return 'here';
            }
            await node.ask(nodeId, { ask: 'cancel', session: this.session, message });
            return 'done';
        } catch (error) {
            report(toError(error));
            return 'here';
        }
    }
}

/** The question that a message of the client is about: its answer, or progress. */
function questionOf(message: JSONRPCMessage): unknown {
    return isResponse(message) ? message.id : progressTokenOf(message);
}

function tooLate(message: JSONRPCMessage): Routed {
    return isResponse(message) ? replies.unavailable : 'done';
}
