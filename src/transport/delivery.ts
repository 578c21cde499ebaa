import { toError } from '../errors.js';
import { isRequest, type JSONRPCMessage, type JSONRPCRequest, type MessageExtraInfo, type RequestId } from '../jsonrpc/types.js';
import { timestamp } from '../history/entry.js';
import { firstResumableVersion, type ProtocolRules } from '../protocolRules.js';
import type { SessionGate } from '../session/sessionGate.js';
import { noteState } from '../session/sessionState.js';
import type { ClusterLink } from './clusterLink.js';
import type { Exchange } from './exchange.js';
import type { Operations } from './operations.js';
import { replies, type Reply } from './replies.js';
import { clientVersion } from './requestChecks.js';
import type { PendingRequest, RequestGroup } from './requestGroup.js';
import type { StreamRouter } from './streamRouter.js';

export interface DeliverySettings {
    readonly gate: SessionGate;
    readonly router: StreamRouter;
    readonly rules: ProtocolRules;
    /** To the other nodes of the session; undefined where there are none. */
    readonly link: ClusterLink | undefined;
    readonly enableJsonResponse: boolean;
    /**
     * Called with each message that was let in, before the server here gets it, and with when it came, where that is not now;
     * undefined where nobody keeps them.
     */
    readonly note: ((message: JSONRPCMessage, time?: string) => void) | undefined;
    isClosed(): boolean;
    toServer(message: JSONRPCMessage, extra: MessageExtraInfo): void;
    report(error: Error): void;
}

/** The way of admitted messages from the client to the server. */
export class Delivery {
    constructor(private readonly settings: DeliverySettings) {}

    /**
     * Hands messages to the server and, if there are requests among them, begins the answer that their responses will
     * make. Returns the answer where that is known at once, and no promise where nothing has to be waited for.
     */
    deliver(
        exchange: Exchange,
        messages: readonly JSONRPCMessage[],
        initialize: JSONRPCRequest | undefined,
        operations?: Operations
    ): Promise<Reply | undefined> | Reply | undefined {
        if (!messages.every(isRequest) || messages.length === 0) {
            return this.deliverAccepted(exchange, messages, initialize, operations);
        }
        this.noteAll(messages);
        return this.answer(exchange, messages, initialize, operations);
    }

    /** Notifications may concern the session, and then the store has to know of them first. */
    private async deliverAccepted(
        exchange: Exchange,
        messages: readonly JSONRPCMessage[],
        initialize: JSONRPCRequest | undefined,
        operations: Operations | undefined
    ): Promise<Reply | undefined> {
        const { gate, link, note } = this.settings;
        // Another node may have an answer, and what comes of it may be noted there, before this one is told that it has.
        const cameAt = note && timestamp();
        const accepted: JSONRPCMessage[] = [];
        for (const message of messages) {
            const verdict = isRequest(message) ? true : gate.accepts(message);
            const outcome = typeof verdict === 'object' ? await verdict : verdict;
            if (typeof outcome === 'string') {
                return replies[outcome];
            }
            if (outcome) {
                accepted.push(message);
            }
        }
        const routed = link ? await link.routeAll(accepted) : accepted.map(() => 'here' as const);
        const refusal = routed.find(outcome => typeof outcome === 'object');
        if (this.settings.isClosed()) {
            this.noteAll(
                accepted.filter((_, index) => routed[index] === 'done'),
                cameAt
            );
            return replies[gate.refusalWhenClosed];
        }
        // The client sends again what was refused.
        const refused = new Set(accepted.filter((_, index) => typeof routed[index] === 'object'));
        this.noteAll(
            messages.filter(message => !refused.has(message)),
            cameAt
        );
        const here = accepted.filter((_, index) => routed[index] === 'here');
        if (messages.some(isRequest)) {
            return this.answer(exchange, here, initialize, operations);
        }
        for (const message of here) {
            this.pass(message, extraOf(exchange));
        }
        const telling = link?.told();
        if (telling) {
            await telling;
        }
        return refusal ?? replies.accepted;
    }

    /** Hands the server a message that the client sent to another node. Who sent it is not passed on. */
    receive(message: JSONRPCMessage): void {
        this.pass(message, { requestInfo: { headers: {} } });
    }

    private noteAll(messages: readonly JSONRPCMessage[], time?: string): void {
        const { note } = this.settings;
        if (note) {
            messages.forEach(message => note(message, time));
        }
    }

    private answer(
        exchange: Exchange,
        messages: readonly JSONRPCMessage[],
        initialize: JSONRPCRequest | undefined,
        operations: Operations | undefined
    ): Promise<undefined> | undefined {
        const { gate, router, enableJsonResponse, report } = this.settings;
        if (gate.sessionId !== undefined) {
            noteState(exchange.requestInfo, gate.state);
        }
        const group = router.begin(
            exchange,
            enableJsonResponse,
            messages.filter(isRequest).map(({ id }) => id)
        );
        const fail = (error: unknown): undefined => {
            report(toError(error));
            router.fail(group, replies.internalError);
            if (initialize) {
                gate.undoOpen();
            }
        };
        try {
            // All are under way before the first is handed over: an answer is complete only with the last of them.
            const requests = messages.map(message =>
                isRequest(message) ? router.track(message, group, gate.hookFor(message), operations?.of(message)) : undefined
            );
            if (router.isResumable && !enableJsonResponse && this.versionOf(exchange, initialize) >= firstResumableVersion) {
                return this.primeAndHandOver(exchange, messages, requests, group).catch(fail);
            }
            this.handOver(messages, requests, group, extraOf(exchange));
        } catch (error) {
            fail(error);
        }
        return undefined;
    }

    private async primeAndHandOver(
        exchange: Exchange,
        messages: readonly JSONRPCMessage[],
        requests: readonly (PendingRequest | undefined)[],
        group: RequestGroup
    ): Promise<undefined> {
        const { router, isClosed } = this.settings;
        await router.prime(group);
        if (!isClosed()) {
            // Without an event id the client could not come back for the rest.
            const closers = group.resumable ? { closeStandaloneSSEStream: () => router.closeStandaloneStream() } : undefined;
            this.handOver(messages, requests, group, extraOf(exchange), closers);
        }
    }

    private handOver(
        messages: readonly JSONRPCMessage[],
        requests: readonly (PendingRequest | undefined)[],
        group: RequestGroup,
        extra: MessageExtraInfo,
        closers?: Pick<MessageExtraInfo, 'closeStandaloneSSEStream'>
    ): void {
        const { router, toServer } = this.settings;
        group.handedOver = true;
        let index = 0;
        for (const message of messages) {
            const request = requests[index++];
            if (!request) {
                this.pass(message, extra);
                continue;
            }
            const { id, clientId, operation } = request;
            const known = id === clientId ? message : ({ ...message, id } as JSONRPCRequest);
            const its = closers ? { ...extra, ...closers, closeSSEStream: () => router.closeRequestStream(id) } : extra;
            if (operation) {
                operation.run(() => toServer(known, its));
            } else {
                toServer(known, its);
            }
        }
        router.release(group);
    }

    /** Hands a notification or a response to the server. */
    private pass(message: JSONRPCMessage, extra: MessageExtraInfo): void {
        const { link, toServer } = this.settings;
        const known = this.withServerId(link?.incoming(message) ?? message);
        if (known) {
            toServer(known, extra);
        }
    }

    /** A cancellation names the request as the client does; the server may know it by another id. */
    private withServerId(message: JSONRPCMessage): JSONRPCMessage | undefined {
        if (!('method' in message) || message.method !== 'notifications/cancelled') {
            return message;
        }
        const clientId = message.params?.['requestId'] as RequestId | undefined;
        if (clientId === undefined) {
            return message;
        }
        const { router, report } = this.settings;
        if (router.pending.countByClientId(clientId) > 1) {
            report(new Error('A cancellation was ignored: several requests under way have the id that it names'));
            return undefined;
        }
        const id = router.pending.cancel(clientId);
        return id === undefined || id === clientId ? message : { ...message, params: { ...message.params, requestId: id } };
    }

    /** The version that the client speaks, as far as it decides whether it can resume. */
    private versionOf(exchange: Exchange, initialize: JSONRPCRequest | undefined): string {
        const { gate, rules } = this.settings;
        return (initialize?.params?.['protocolVersion'] as string | undefined) ?? clientVersion(exchange, gate, rules);
    }
}

function extraOf({ authInfo, requestInfo }: Exchange): MessageExtraInfo {
    return { authInfo, requestInfo };
}
