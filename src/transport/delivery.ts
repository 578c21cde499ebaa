import { toError } from '../errors.js';
import { isRequest, type JSONRPCMessage, type JSONRPCRequest, type MessageExtraInfo, type RequestId } from '../jsonrpc/types.js';
import { firstResumableVersion, type ProtocolRules } from '../protocolRules.js';
import type { SessionGate } from '../session/sessionGate.js';
import type { Exchange } from './exchange.js';
import { replies, type Reply } from './replies.js';
import type { RequestGroup } from './requestGroup.js';
import type { StreamRouter } from './streamRouter.js';

export interface DeliverySettings {
    readonly gate: SessionGate;
    readonly router: StreamRouter;
    readonly rules: ProtocolRules;
    readonly enableJsonResponse: boolean;
    isClosed(): boolean;
    toServer(message: JSONRPCMessage, extra: MessageExtraInfo): void;
    report(error: Error): void;
}

/** The way of admitted messages from the client to the server. */
export class Delivery {
    constructor(private readonly settings: DeliverySettings) {}

    /**
     * Hands messages to the server and, if there are requests among them, begins the answer that their responses will
     * make. Returns the answer where that is known at once.
     */
    async deliver(exchange: Exchange, messages: JSONRPCMessage[], initialize: JSONRPCRequest | undefined): Promise<Reply | undefined> {
        const { gate, router, enableJsonResponse, report, toServer } = this.settings;
        const extra: MessageExtraInfo = { authInfo: exchange.authInfo, requestInfo: exchange.requestInfo };
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
        if (!messages.some(isRequest)) {
            for (const message of accepted) {
                this.pass(message, extra, toServer);
            }
            return replies.accepted;
        }
        const group = router.begin(exchange, enableJsonResponse);
        try {
            await this.begin(exchange, accepted, initialize, group, extra);
        } catch (error) {
            report(toError(error));
            router.fail(group, replies.internalError);
            if (initialize) {
                gate.undoOpen();
            }
            return undefined;
        }
        router.release(group);
        return undefined;
    }

    private async begin(
        exchange: Exchange,
        messages: JSONRPCMessage[],
        initialize: JSONRPCRequest | undefined,
        group: RequestGroup,
        extra: MessageExtraInfo
    ): Promise<void> {
        const { gate, router, enableJsonResponse, isClosed, toServer } = this.settings;
        // All are under way before the first is handed over: an answer is complete only with the last of them.
        const requests = messages.map(message => (isRequest(message) ? router.track(message, group, gate.hookFor(message)) : undefined));
        const resumable = router.isResumable && !enableJsonResponse && this.versionOf(exchange, initialize) >= firstResumableVersion;
        if (resumable) {
            await router.prime(group);
            if (isClosed()) {
                return;
            }
        }
        group.handedOver = true;
        let index = 0;
        for (const message of messages) {
            const request = requests[index++];
            if (!request) {
                this.pass(message, extra, toServer);
                continue;
            }
            const { id, clientId } = request;
            const known = id === clientId ? message : ({ ...message, id } as JSONRPCRequest);
            toServer(
                known,
                resumable
                    ? {
                          ...extra,
                          closeSSEStream: () => router.closeRequestStream(id),
                          closeStandaloneSSEStream: () => router.closeStandaloneStream()
                      }
                    : extra
            );
        }
    }

    /** Hands a notification or a response to the server. */
    private pass(message: JSONRPCMessage, extra: MessageExtraInfo, toServer: DeliverySettings['toServer']): void {
        const known = this.withServerId(message);
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
        if (router.isAmbiguous(clientId)) {
            report(new Error('A cancellation was ignored: several requests under way have the id that it names'));
            return undefined;
        }
        const id = router.cancel(clientId);
        return id === undefined || id === clientId ? message : { ...message, params: { ...message.params, requestId: id } };
    }

    /** The version that the client speaks, as far as it decides whether it can resume. */
    private versionOf(exchange: Exchange, initialize: JSONRPCRequest | undefined): string {
        const { gate, rules } = this.settings;
        return (
            (initialize?.params?.['protocolVersion'] as string | undefined) ??
            exchange.header('mcp-protocol-version') ??
            gate.protocolVersion ??
            rules.defaultProtocolVersion
        );
    }
}
