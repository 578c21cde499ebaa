import { fingerprintOfDigest } from '../digest.js';
import { isSessionError, SessionError, toError } from '../errors.js';
import type { AuthInfo, JSONRPCMessage, JSONRPCRequest, MessageExtraInfo, RequestId, RequestInfo } from '../jsonrpc/types.js';
import { defaultProtocolRules, type ProtocolRules } from '../protocolRules.js';
import { MemorySession } from '../session/memorySession.js';
import type { Verdict } from '../session/sessionGate.js';
import { installed } from '../telemetry/installed.js';
import { assemble, type Parts } from './assembly.js';
import { tellOfMessage } from './callEvents.js';
import type { Exchange } from './exchange.js';
import { readMessages } from './messageReader.js';
import { Operations } from './operations.js';
import { positiveBytes, storageMode } from './optionChecks.js';
import type { SessionStorageMode, StreamableHttpOptions } from './options.js';
import { replies, RequestRefused, type Reply } from './replies.js';
import {
    checkGetHeaders,
    checkPostHeaders,
    checkProtocolVersion,
    checkSource,
    clientVersion,
    type AllowedSources
} from './requestChecks.js';

/** A session that needs a server. */
export interface SessionStart {
    readonly sessionId: string;
    /** Who asks. */
    readonly authInfo: AuthInfo | undefined;
    /** The request that began the session, or the first that came of it to this node. */
    readonly request: RequestInfo;
    /** Whether the session was begun on another node, or by an earlier process. */
    readonly restored: boolean;
}

/** For who makes servers only when there is a session for them. */
export interface TransportHooks {
    /** Connects a server. Called once, when the request has passed all checks. Rejecting answers it with 500. */
    connectServer?(start: SessionStart): Promise<void>;
    /** Has an `initialize` answered by another transport, where this one is of the session that it names. */
    beginElsewhere?(exchange: Exchange, messages: readonly JSONRPCMessage[]): Promise<void> | undefined;
    /** Called when an `initialize` came to nothing, after {@link connectServer} or before. */
    openingFailed?(): void;
    /** Called when a session could not be taken over, after {@link connectServer} or before. */
    restoringFailed?(): void;
    /** Called when the session is this transport's: begun, or taken over. */
    adopted?(sessionId: string): void;
    /** How far a session that begins now has no need to be told of notices. */
    noticed?(): string | undefined;
    /** Called when the session's life is extended: what else is kept for it must not expire before it. Does not reject. */
    extended?(): Promise<void> | undefined;
    /** Called when the session's standalone stream has been opened here, where there is an event log. */
    standaloneOpened?(): void;
}

const defaultMaxBodyBytes = 4 * 1024 * 1024;

/**
 * The Streamable HTTP server transport, without the HTTP: what a request means, in which order it is checked, and who
 * gets it. `NodeStreamableHttpTransport` and `WebStreamableHttpTransport` put it on `node:http` and on the fetch API.
 *
 * https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#streamable-http
 */
export abstract class StreamableHttpTransport {
    /** Called when the transport closes. */
    onclose?: (() => void) | undefined;
    /** Called with what went wrong, also with requests that were refused. Never carries an id or a token. */
    onerror?: ((error: Error) => void) | undefined;
    /** Called with each message of the client; the server that is connected sets it. */
    onmessage?: ((message: JSONRPCMessage, extra?: MessageExtraInfo) => void) | undefined;

    /** Whether the session can outlive this transport. */
    readonly sessionStorageMode: SessionStorageMode;

    protected readonly parts: Parts;
    private readonly allowed: AllowedSources | undefined;
    private readonly stateless: boolean;
    private readonly maxBodyBytes: number;
    private readonly isMeasured: boolean;
    private started = false;
    private used = false;
    private closed = false;

    constructor(
        options: StreamableHttpOptions = {},
        private readonly rules: ProtocolRules = defaultProtocolRules,
        private readonly hooks: TransportHooks = {}
    ) {
        this.stateless = options.sessionIdGenerator === undefined;
        this.isMeasured = options.telemetry !== false;
        this.sessionStorageMode = storageMode(options);
        this.maxBodyBytes = positiveBytes('maxRequestBodySize', options.maxRequestBodySize, defaultMaxBodyBytes);
        if (options.enableDnsRebindingProtection) {
            this.allowed = { hosts: options.allowedHosts, origins: options.allowedOrigins };
        }
        this.parts = assemble(options, this.isUsingExternalSessionStore, rules, {
            isClosed: () => this.closed,
            prepareServer: (sessionId, { authInfo, requestInfo }, restored) =>
                hooks.connectServer?.({ sessionId, authInfo, request: requestInfo, restored }),
            hasServer: () => this.onmessage !== undefined,
            toServer: (message, extra) => this.onmessage?.(message, extra),
            close: () => this.close(),
            openingFailed: () => hooks.openingFailed?.(),
            restoringFailed: () => hooks.restoringFailed?.(),
            adopted: () => hooks.adopted?.(this.sessionId as string),
            noticed: hooks.noticed && (() => hooks.noticed?.()),
            extended: () => hooks.extended?.(),
            standaloneOpened: () => hooks.standaloneOpened?.(),
            report: error => this.report(error)
        });
    }

    /** The session that this transport serves; undefined before `initialize` or recovery, and without sessions. */
    get sessionId(): string | undefined {
        return this.parts.gate.sessionId;
    }

    /** For a transport whose session is in memory, and only for applications that give it a session of their own making. */
    protected assignSessionId(sessionId: string | undefined): void {
        if (!(this.parts.gate instanceof MemorySession)) {
            throw new SessionError(
                'CONFIGURATION',
                'In external mode the session id comes from initialize or from the store and cannot be set'
            );
        }
        this.parts.gate.sessionId = sessionId;
    }

    /** Whether this transport's session lives in a store, so that any node can serve it. */
    get isUsingExternalSessionStore(): boolean {
        return this.sessionStorageMode === 'external';
    }

    /**
     * True while there is no session here and none is being begun or recovered. An application that made the transport
     * for a request may drop it then: the request was of no session that there is.
     */
    get isVacant(): boolean {
        return this.parts.gate.isVacant;
    }

    /** Whether a stream is open here, a call runs here, or a question of the server's waits for its answer. */
    get isBusy(): boolean {
        return this.parts.router.isBusy || (this.parts.link?.hasQuestions ?? false);
    }

    /** Called by the server that connects. Rejects the second time. */
    async start(): Promise<void> {
        if (this.started) {
            throw new Error('Transport already started');
        }
        this.started = true;
    }

    /**
     * Sends a message of the server: a response, or what has a `relatedRequestId`, on the stream of that request; all
     * else on the session's standalone stream. Rejects when a response has nowhere to go.
     */
    send(message: JSONRPCMessage, options?: { relatedRequestId?: RequestId | undefined }): Promise<void> {
        const { own, router, link, gate } = this.parts;
        if (own.take(message, options?.relatedRequestId)) {
            return Promise.resolve();
        }
        tellOfMessage(message, gate.sessionName);
        const outgoing = link?.outgoing(message) ?? message;
        const sent = router.send(outgoing, options?.relatedRequestId);
        return outgoing === message ? sent : sent.catch((error: unknown) => link?.failedToSend(outgoing, error));
    }

    /** Ends all streams of this node. A session in a store goes on elsewhere. May be called twice. */
    async close(): Promise<void> {
        const { gate, router, link, own, history } = this.parts;
        if (!this.closed) {
            this.closed = true;
            gate.close();
            router.close(this.closedReply, gate.refusalWhenClosed === 'unavailable');
            link?.leave();
            own.close();
            this.onclose?.();
        }
        // Where the session goes on elsewhere its streams do; who closes the backend next must not cut that off.
        const leaving = gate.refusalWhenClosed === 'unavailable' ? history.left() : undefined;
        if (leaving) {
            await leaving;
        }
    }

    /** Ends the stream of a request, so that the client polls: it comes back with `Last-Event-ID`. */
    closeSSEStream(requestId: RequestId): void {
        this.parts.router.closeRequestStream(requestId);
    }

    /**
     * This node is about to go: ends the GET streams that are open here with a hint to come back, and each that comes from
     * now on. Calls that are under way go on, and so do requests.
     */
    retireStreams(): void {
        this.parts.history.retire();
        this.parts.link?.retire();
    }

    /** Ends the session's standalone stream likewise. */
    closeStandaloneSSEStream(): void {
        this.parts.router.closeStandaloneStream();
    }

    /** Answers one request. Never rejects but for the reuse of a stateless transport. */
    protected async handle(exchange: Exchange): Promise<void> {
        if (this.closed) {
            return exchange.reply(this.closedReply);
        }
        if (this.stateless && this.used) {
            throw new Error('Stateless transport cannot be reused across requests. Create a new transport per request.');
        }
        this.used = true;
        try {
            const refusal = await this.dispatch(exchange);
            if (refusal) {
                this.refuse(exchange, refusal);
            }
        } catch (error) {
            this.report(toError(error));
            exchange.reply(replies.internalError);
        }
    }

    private dispatch(exchange: Exchange): Answer {
        const refusal = this.allowed && checkSource(exchange, this.allowed);
        if (refusal) {
            return refusal;
        }
        switch (exchange.method) {
            case 'POST':
                return this.post(exchange);
            case 'GET':
                return this.get(exchange);
            case 'DELETE':
                return this.delete(exchange);
            default:
                return replies.methodNotAllowed;
        }
    }

    private async get(exchange: Exchange): Promise<Reply | undefined> {
        const refusal = checkGetHeaders(exchange) ?? (await this.admit(exchange));
        return refusal ?? (this.closed ? this.closedReply : this.parts.history.get(exchange));
    }

    private async delete(exchange: Exchange): Promise<Reply | undefined> {
        const refusal =
            (await replyTo(this.parts.gate.admitEnd(exchange))) ??
            checkProtocolVersion(exchange, this.rules) ??
            (await replyTo(this.parts.gate.end(exchange)));
        if (!refusal) {
            await this.close();
        }
        return refusal ?? replies.ended;
    }

    private async post(exchange: Exchange): Promise<Reply | undefined> {
        const headerRefusal = checkPostHeaders(exchange);
        if (headerRefusal) {
            return headerRefusal;
        }
        const messages = await readMessages(exchange, this.maxBodyBytes);
        if (!Array.isArray(messages)) {
            return messages;
        }
        if (this.closed) {
            return this.closedReply;
        }
        const initialize = messages.find(
            (message): message is JSONRPCRequest =>
                'method' in message && message.method === 'initialize' && this.rules.isInitializeRequest(message)
        );
        const elsewhere = initialize && this.hooks.beginElsewhere?.(exchange, messages);
        if (elsewhere) {
            await elsewhere;
            return undefined;
        }
        const operations = this.isMeasured ? this.operationsOf(exchange, messages) : undefined;
        return operations
            ? operations.run(() => this.take(exchange, messages, initialize, operations))
            : this.take(exchange, messages, initialize, operations);
    }

    /** Finds or begins the session of messages, and hands them to its server. */
    private async take(
        exchange: Exchange,
        messages: readonly JSONRPCMessage[],
        initialize: JSONRPCRequest | undefined,
        operations: Operations | undefined
    ): Promise<Reply | undefined> {
        const verdict = initialize ? this.initialize(exchange, messages.length) : this.admit(exchange);
        const refusal = verdict instanceof Promise ? await verdict : verdict;
        if (refusal) {
            return refusal;
        }
        const failure = initialize && this.hooks.connectServer && (await this.connectServerFor(exchange));
        if (failure) {
            return failure;
        }
        return this.closed ? this.closedReply : this.parts.delivery.deliver(exchange, messages, initialize, operations);
    }

    private operationsOf(exchange: Exchange, messages: readonly JSONRPCMessage[]): Operations | undefined {
        const { instrumentation } = installed;
        if (!instrumentation) {
            return undefined;
        }
        const { gate } = this.parts;
        return Operations.begin(instrumentation, messages, {
            headers: exchange.requestInfo.headers,
            version: () => {
                const version = clientVersion(exchange, gate, this.rules);
                return this.rules.supportedProtocolVersions.includes(version) ? version : undefined;
            },
            session: () => (gate.sessionName === '' ? undefined : fingerprintOfDigest(gate.sessionName))
        });
    }

    /** The session that this request opened gets its server now. Without one it is as if it had never been opened. */
    private async connectServerFor({ authInfo, requestInfo }: Exchange): Promise<Reply | undefined> {
        try {
            await this.hooks.connectServer?.({ sessionId: this.sessionId as string, authInfo, request: requestInfo, restored: false });
            return undefined;
        } catch (error) {
            this.parts.gate.undoOpen();
            this.report(toError(error));
            return isSessionError(error) && error.code === 'STORE_UNAVAILABLE' ? replies.unavailable : replies.internalError;
        }
    }

    private initialize(exchange: Exchange, count: number): Answer {
        if (count > 1) {
            return this.sessionId === undefined ? replies.oneInitializeOnly : replies.alreadyInitialized;
        }
        return replyTo(this.parts.gate.open(exchange));
    }

    /** Lets in what is of this session and speaks a version that is served. Asks nobody where the gate need not. */
    private admit(exchange: Exchange): Answer {
        const refusal = replyTo(this.parts.gate.admit(exchange));
        return refusal instanceof Promise
            ? refusal.then(refusal => refusal ?? checkProtocolVersion(exchange, this.rules))
            : (refusal ?? checkProtocolVersion(exchange, this.rules));
    }

    private get closedReply(): Reply {
        return replies[this.parts.gate.refusalWhenClosed];
    }

    private refuse(exchange: Exchange, refusal: Reply): void {
        if (refusal.status >= 400 && refusal.status < 500 && !this.closed) {
            this.report(new RequestRefused(refusal));
        }
        exchange.reply(refusal);
    }

    /** A throwing `onerror` harms nobody. */
    protected report(error: Error): void {
        try {
            this.onerror?.(error);
        } catch {
            // There is nobody left to tell.
        }
    }
}

/** An answer that is known, or undefined where the request goes on. */
type Answer = Reply | undefined | Promise<Reply | undefined>;

function replyTo(verdict: Verdict): Answer {
    return verdict instanceof Promise ? verdict.then(refusal => refusal && replies[refusal]) : verdict && replies[verdict];
}
