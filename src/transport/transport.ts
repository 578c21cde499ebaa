import { SessionError, toError } from '../errors.js';
import type { JSONRPCMessage, JSONRPCRequest, MessageExtraInfo, RequestId } from '../jsonrpc/types.js';
import { defaultProtocolRules, type ProtocolRules } from '../protocolRules.js';
import { ExternalSession } from '../session/externalSession.js';
import { MemorySession } from '../session/memorySession.js';
import type { SessionGate, Verdict } from '../session/sessionGate.js';
import { Delivery } from './delivery.js';
import type { Exchange } from './exchange.js';
import { readMessages } from './messageReader.js';
import { milliseconds, positiveBytes, storageMode, timeoutMs } from './optionChecks.js';
import type { SessionStorageMode, StreamableHttpOptions } from './options.js';
import { OwnRequests } from './ownRequests.js';
import { errorText, replies, type Reply } from './replies.js';
import { checkGetHeaders, checkPostHeaders, checkProtocolVersion, checkSource, type AllowedSources } from './requestChecks.js';
import { StreamRouter } from './streamRouter.js';

const defaultKeepAliveMs = 15_000;
const defaultMaxBodyBytes = 4 * 1024 * 1024;
const defaultMaxBufferedBytes = 4 * 1024 * 1024;
const defaultMaxRecordBytes = 256 * 1024;
const defaultRevalidateMs = 1000;
const defaultStoreTimeoutMs = 1000;

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

    private readonly gate: SessionGate;
    private readonly router: StreamRouter;
    private readonly delivery: Delivery;
    private readonly own = new OwnRequests();
    private readonly allowed: AllowedSources | undefined;
    private readonly stateless: boolean;
    private readonly maxBodyBytes: number;
    private started = false;
    private used = false;
    private closed = false;

    constructor(
        options: StreamableHttpOptions = {},
        private readonly rules: ProtocolRules = defaultProtocolRules
    ) {
        this.stateless = options.sessionIdGenerator === undefined;
        this.sessionStorageMode = storageMode(options);
        this.maxBodyBytes = positiveBytes('maxRequestBodySize', options.maxRequestBodySize, defaultMaxBodyBytes);
        if (options.enableDnsRebindingProtection) {
            this.allowed = { hosts: options.allowedHosts, origins: options.allowedOrigins };
        }
        this.gate = this.createGate(options);
        this.router = new StreamRouter({
            eventStore: options.eventStore,
            retryMs: options.retryInterval,
            streamPrefix: () => this.gate.streamPrefix,
            sessionId: () => this.gate.sessionId,
            mustDeliverRequests: this.isUsingExternalSessionStore,
            streams: {
                keepAliveMs: options.keepAliveMs ?? defaultKeepAliveMs,
                maxBufferedBytes: positiveBytes('maxBufferedBytes', options.maxBufferedBytes, defaultMaxBufferedBytes),
                onerror: error => this.report(error)
            }
        });
        this.delivery = new Delivery({
            gate: this.gate,
            router: this.router,
            rules,
            enableJsonResponse: options.enableJsonResponse ?? false,
            isClosed: () => this.closed,
            toServer: (message, extra) => this.onmessage?.(message, extra),
            report: error => this.report(error)
        });
    }

    /** The session that this transport serves; undefined before `initialize` or recovery, and without sessions. */
    get sessionId(): string | undefined {
        return this.gate.sessionId;
    }

    /** For a transport whose session is in memory, and only for applications that give it a session of their own making. */
    protected assignSessionId(sessionId: string | undefined): void {
        if (!(this.gate instanceof MemorySession)) {
            throw new SessionError(
                'CONFIGURATION',
                'In external mode the session id comes from initialize or from the store and cannot be set'
            );
        }
        this.gate.sessionId = sessionId;
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
        return this.gate.isVacant;
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
        if (this.own.take(message, options?.relatedRequestId)) {
            return Promise.resolve();
        }
        return this.router.send(message, options?.relatedRequestId);
    }

    /** Ends all streams of this node. A session in a store goes on elsewhere. May be called twice. */
    async close(): Promise<void> {
        if (this.closed) {
            return;
        }
        this.closed = true;
        this.gate.close();
        this.router.close(this.closedReply);
        this.own.close();
        this.onclose?.();
    }

    /** Ends the stream of a request, so that the client polls: it comes back with `Last-Event-ID`. */
    closeSSEStream(requestId: RequestId): void {
        this.router.closeRequestStream(requestId);
    }

    /** Ends the session's standalone stream likewise. */
    closeStandaloneSSEStream(): void {
        this.router.closeStandaloneStream();
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
        return refusal ?? (this.closed ? this.closedReply : this.router.get(exchange));
    }

    private async delete(exchange: Exchange): Promise<Reply | undefined> {
        const refusal =
            (await replyTo(this.gate.admitEnd(exchange))) ??
            checkProtocolVersion(exchange, this.rules) ??
            (await replyTo(this.gate.end(exchange)));
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
        const verdict = initialize ? this.initialize(exchange, messages.length) : this.admit(exchange);
        const refusal = verdict instanceof Promise ? await verdict : verdict;
        if (refusal) {
            return refusal;
        }
        return this.closed ? this.closedReply : this.delivery.deliver(exchange, messages, initialize);
    }

    private initialize(exchange: Exchange, count: number): Answer {
        if (count > 1) {
            return this.sessionId === undefined ? replies.oneInitializeOnly : replies.alreadyInitialized;
        }
        return replyTo(this.gate.open(exchange));
    }

    /** Lets in what is of this session and speaks a version that is served. Asks nobody where the gate need not. */
    private admit(exchange: Exchange): Answer {
        const refusal = replyTo(this.gate.admit(exchange));
        return refusal instanceof Promise
            ? refusal.then(refusal => refusal ?? checkProtocolVersion(exchange, this.rules))
            : (refusal ?? checkProtocolVersion(exchange, this.rules));
    }

    private createGate(options: StreamableHttpOptions): SessionGate {
        const { sessionIdGenerator, sessionStore } = options;
        if (!this.isUsingExternalSessionStore || !sessionIdGenerator || !sessionStore) {
            return new MemorySession(sessionIdGenerator, options, error => this.report(error));
        }
        return new ExternalSession(
            {
                generateSessionId: sessionIdGenerator,
                store: sessionStore,
                callbacks: options,
                bind: options.bind,
                revalidateMs: milliseconds('revalidateMs', options.revalidateMs, defaultRevalidateMs),
                storeTimeoutMs: timeoutMs('storeTimeoutMs', options.storeTimeoutMs, defaultStoreTimeoutMs),
                maxRecordBytes: positiveBytes('maxRecordBytes', options.maxRecordBytes, defaultMaxRecordBytes)
            },
            {
                ask: (method, params, { authInfo, requestInfo }) =>
                    this.own.ask(id => {
                        if (!this.onmessage || this.closed) {
                            throw new SessionError(
                                'RESTORE_FAILED',
                                'No server is connected: call server.connect(transport) before requests are handled'
                            );
                        }
                        this.onmessage({ jsonrpc: '2.0', id, method, params }, { authInfo, requestInfo });
                    }),
                isBusy: () => this.router.isBusy,
                sessionGone: () => {
                    this.close().catch((error: unknown) => this.report(toError(error)));
                },
                report: error => this.report(error)
            }
        );
    }

    private get closedReply(): Reply {
        return replies[this.gate.refusalWhenClosed];
    }

    private refuse(exchange: Exchange, refusal: Reply): void {
        if (refusal.status >= 400 && refusal.status < 500 && !this.closed) {
            this.report(new Error(errorText(refusal)));
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
