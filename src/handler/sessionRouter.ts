import { ClusterNode } from '../cluster/clusterNode.js';
import { unavailable, withinDeadline } from '../deadline.js';
import { toError } from '../errors.js';
import { historyLogOf, recorderOf, type HistoryRecorder } from '../history/historyRecorder.js';
import { defaultFlushMs } from '../history/historyWriter.js';
import type { JSONRPCMessage } from '../jsonrpc/types.js';
import { createMemoryBackend, type MemoryBackend } from '../memory/backend.js';
import { requireCount, requirePositive } from '../positiveOptions.js';
import { defaultProtocolRules, type ProtocolRules } from '../protocolRules.js';
import { later, pause } from '../timers.js';
import { isValidSessionId } from '../session/sessionId.js';
import type { Exchange } from '../transport/exchange.js';
import { storeTimeoutMs } from '../transport/optionChecks.js';
import { replies } from '../transport/replies.js';
import type { SessionStart } from '../transport/transport.js';
import { requireNodeName } from '../watch/nodeName.js';
import { WatchFeed } from '../watch/watchFeed.js';
import { Admission } from './admission.js';
import { checkParts } from './checkParts.js';
import { ErrorNotes } from './errorNotes.js';
import { LocalSessions, type LocalSession } from './localSessions.js';
import { makeServer } from './makeServer.js';
import { NoticeBoard } from './noticeBoard.js';
import { Notifier } from './notify.js';
import { Operators } from './operators.js';
import type { HandlerBackend, SessionHandlerOptions, SessionServerFactory } from './options.js';
import { noteServedBy, tellOfRequest } from './requestEvents.js';
import { SessionTransport } from './sessionTransport.js';

const defaultMaxLocalSessions = 10_000;
const defaultLocalIdleMs = 300_000;
/** What each session's log holds where no backend was given: it is in the memory of this process, and for streams that break. */
const ownBounds = { maxEvents: 1000, maxBytes: 2 * 1024 * 1024 };
/** The same of each history, if one was asked for. */
const ownHistory = { retentionSeconds: 3600, maxMessages: 1000, maxBytes: 2 * 1024 * 1024 };
/** How often it is looked whether all calls have ended, in milliseconds. */
const drainLookMs = 25;
/** How often it is looked whether a refused `initialize` has its answer, in milliseconds. */
const dropLookMs = 20;
/** How often a session that is used keeps the notices alive, where the store does not say how long it lives, in milliseconds. */
const defaultKeepMs = 60_000;
/** When notices that could not be told are tried again, in milliseconds. */
const lookAgainMs = 1000;

/** State of the store, and of this node. */
export interface HandlerHealth {
    /** Whether this node should get requests: false from `drain` on. */
    readonly ready: boolean;
    /** Whether the store answers. */
    readonly store: 'ok' | 'unavailable';
    /** How long the store took to answer, in milliseconds. */
    readonly storeMs: number;
    /** How many sessions this node holds in memory. */
    readonly localSessions: number;
}

/** Brings each request to the transport of its session, which it makes when there is none on this node. */
export class SessionRouter {
    readonly notifier: Notifier;
    readonly operators: Operators;
    private readonly local: LocalSessions;
    /** Sessions that have a server and no record yet. */
    private readonly beginning = new Set<LocalSession>();
    private readonly admission: Admission;
    private readonly backend: HandlerBackend;
    /** Where no other was given: it ends with the handler. */
    private readonly ownBackend: MemoryBackend | undefined;
    private readonly node: ClusterNode;
    private readonly board: NoticeBoard | undefined;
    private readonly recorder: HistoryRecorder | undefined;
    private readonly timeoutMs: number;
    private readonly onerror: (error: Error) => void;
    private readonly stopListening: () => void;
    private readonly leaveFeed: () => Promise<void>;
    private lookTimer: ReturnType<typeof setTimeout> | undefined;
    /** Requests that are being handled, also those of no session yet. */
    private requests = 0;
    private isDraining = false;
    private closing: Promise<void> | undefined;

    constructor(
        private readonly factory: SessionServerFactory,
        private readonly options: SessionHandlerOptions,
        private readonly rules: ProtocolRules = defaultProtocolRules
    ) {
        checkParts(factory, options);
        const { watchable = true } = options;
        this.onerror = options.onerror ?? new ErrorNotes(options.logger ?? console).note;
        const nodeName = requireNodeName(options.nodeName);
        this.ownBackend = options.backend
            ? undefined
            : createMemoryBackend({ ...ownBounds, ...(options.history && { history: ownHistory }) });
        this.backend = options.backend ?? (this.ownBackend as MemoryBackend);
        this.timeoutMs = storeTimeoutMs(options);
        this.local = new LocalSessions({
            maxSessions: requireCount(options.maxLocalSessions ?? defaultMaxLocalSessions, 'maxLocalSessions'),
            idleMs: requirePositive(options.localIdleMs ?? defaultLocalIdleMs, 'localIdleMs'),
            report: error => this.report(error)
        });
        this.admission = new Admission(options);
        const { eventLog, messageBus, historyLog } = this.backend;
        const node = (this.node = ClusterNode.on(messageBus));
        const { backend, local, timeoutMs } = this;
        const { ttlMs = defaultKeepMs * 3 } = backend.sessionStore;
        const keepMs = ttlMs / 3;
        this.board = eventLog && new NoticeBoard({ log: eventLog, node, timeoutMs, keepMs, onerror: error => this.report(error) });
        const onfailed = () => this.lookAtNoticesLater();
        const history = { history: options.history, historyLog };
        const recorder = (this.recorder = recorderOf(history, node, error => this.report(error)));
        this.notifier = new Notifier({ backend, board: this.board, node, local, timeoutMs, recorder, onfailed });
        this.operators = new Operators({ backend, node, local, timeoutMs, recorder, historyLog: historyLogOf(history) });
        // A transport whose options contradict each other throws; better now than at the first request, and than later here.
        void this.newTransport({ connectServer: () => Promise.resolve() });
        this.stopListening = node.onNotice(() => this.lookAtNotices());
        this.leaveFeed = WatchFeed.join(node, messageBus, this, { name: nodeName, watchable });
    }

    get localSessions(): number {
        return this.local.size;
    }

    get isReady(): boolean {
        return !this.isDraining;
    }

    /** Answers one request. Never rejects. */
    async serve(exchange: Exchange): Promise<void> {
        this.requests++;
        tellOfRequest(exchange);
        try {
            const refusal = await this.admission.refusalOf(exchange);
            if (refusal ?? this.closing) {
                exchange.reply(refusal ?? replies.unavailable);
                return;
            }
            const claimed = exchange.header('mcp-session-id');
            const sessionId = isValidSessionId(claimed) ? claimed : undefined;
            const session = (sessionId !== undefined && this.local.get(sessionId)) || this.begin(sessionId);
            await this.serveIn(session, exchange);
        } catch (error) {
            this.report(toError(error));
            exchange.reply(replies.internalError);
        } finally {
            this.requests--;
        }
    }

    /** The options of a request, with what outlives its answer given to the platform, the history of it included. */
    outliving<T extends { waitUntil?: ((work: Promise<unknown>) => void) | undefined }>(options: T): T {
        const tell = (work: Promise<unknown>): void => {
            const all = work.then(() => this.recorder?.written(defaultFlushMs));
            // As the method that it may be: a platform's context can be handed over as it is. An async one may reject.
            new Promise(resolve => resolve(options.waitUntil?.(all))).catch((error: unknown) => this.report(toError(error)));
        };
        return options.waitUntil ? { ...options, waitUntil: tell } : options;
    }

    async health(): Promise<HandlerHealth> {
        const asked = performance.now();
        const store = await withinDeadline(this.timeoutMs, () => this.backend.sessionStore.sessionExists('health')).then(
            () => 'ok' as const,
            () => 'unavailable' as const
        );
        return { ready: this.isReady, store, storeMs: performance.now() - asked, localSessions: this.local.size };
    }

    async drain(graceMs: number): Promise<void> {
        this.isDraining = true;
        const deadline = performance.now() + graceMs;
        this.local.all().forEach(({ transport }) => transport.retireStreams());
        const isBusy = () => this.requests > 0 || this.local.all().some(({ transport }) => transport.isBusy);
        while (performance.now() < deadline && isBusy()) {
            await pause(drainLookMs);
        }
        await this.recorder?.flush(Math.min(defaultFlushMs, deadline - performance.now()));
    }

    close(): Promise<void> {
        this.isDraining = true;
        this.stopListening();
        clearTimeout(this.lookTimer);
        this.closing ??= this.endAll().catch((error: unknown) => this.report(toError(error)));
        return this.closing;
    }

    private async endAll(): Promise<void> {
        await Promise.all([this.local.clear(), ...[...this.beginning].map(({ transport }) => transport.close())]);
        await this.leaveFeed();
        await this.recorder?.flush(defaultFlushMs);
        await this.ownBackend?.close();
    }

    /** @param sessionId the id that the request names, if it can be one. */
    private begin(sessionId: string | undefined): LocalSession {
        const transport = this.newTransport({
            connectServer: start => this.connect(session, start),
            beginElsewhere: (exchange, messages) => this.beginElsewhere(session, exchange, messages),
            openingFailed: () => this.drop(session),
            // Who comes next gets another transport: this one has a server that failed.
            restoringFailed: () => this.local.delete(session),
            adopted: id => this.hold(session, id),
            noticed: () => this.board?.position,
            extended: () => this.board?.keep(),
            standaloneOpened: () => {
                transport.forgetTold();
                this.notifier.catchUp(transport).catch((error: unknown) => this.report(toError(error)));
            }
        });
        const session: LocalSession = { transport, id: sessionId, server: undefined, requests: 0, usedAt: performance.now() };
        transport.onerror = error => this.report(error);
        transport.onclose = () => {
            this.local.delete(session);
            this.beginning.delete(session);
            void this.local.closeServer(session);
        };
        this.local.claim(session);
        if (this.isDraining) {
            transport.retireStreams();
        }
        return session;
    }

    private newTransport(hooks: ConstructorParameters<typeof SessionTransport>[2]): SessionTransport {
        const { sessionStore, eventLog, messageBus, sessionLock, historyLog } = this.backend;
        const { sessionIdGenerator = () => crypto.randomUUID() } = this.options;
        return new SessionTransport(
            {
                ...this.options,
                // It has been checked before the transport is asked.
                enableDnsRebindingProtection: false,
                sessionIdGenerator,
                sessionStorageMode: 'external',
                sessionStore,
                eventLog,
                messageBus,
                sessionLock,
                historyLog,
                bind: this.admission.binding
            },
            this.rules,
            hooks
        );
    }

    private async serveIn(session: LocalSession, exchange: Exchange): Promise<void> {
        session.requests++;
        this.local.use(session);
        noteServedBy(exchange, session.transport);
        try {
            await session.transport.serve(exchange);
        } finally {
            session.requests--;
            this.drop(session);
        }
    }

    /** Nothing is kept of a request that was of no session. It has its answer first. */
    private drop(session: LocalSession): void {
        const { transport, requests } = session;
        if (!transport.isVacant) {
            return;
        }
        this.local.delete(session);
        if (requests > 0) {
            // The last of them comes here again.
            return;
        }
        if (transport.isBusy) {
            later(() => this.drop(session), dropLookMs);
        } else {
            this.local.letGo(session);
        }
    }

    /**
     * An `initialize` that names a session is answered by a transport of its own, which looks whose that session is. So nobody
     * can tell by the answer whether it is held here, and a session is not kept waiting for one that somebody begins.
     */
    private beginElsewhere(session: LocalSession, exchange: Exchange, messages: readonly JSONRPCMessage[]): Promise<void> | undefined {
        if (session.id === undefined) {
            return undefined;
        }
        exchange.parsedBody = messages.length === 1 ? messages[0] : messages;
        return this.beginAnew(exchange);
    }

    private async beginAnew(exchange: Exchange): Promise<void> {
        const refusal = await this.admission.limitOf(exchange, true);
        if (refusal) {
            exchange.reply(refusal);
        } else {
            await this.serveIn(this.begin(undefined), exchange);
        }
    }

    private async connect(session: LocalSession, start: SessionStart): Promise<void> {
        if (session.server) {
            throw unavailable(new Error('The server of this transport did not take the session over'));
        }
        if (!start.restored) {
            await this.board?.find().catch((error: unknown) => this.report(toError(error)));
        }
        const server = await makeServer(this.factory, start, error => this.report(error));
        session.server = server;
        if (this.closing) {
            await this.local.closeServer(session);
            throw unavailable(new Error('The handler was closed while the session began'));
        }
        if (!start.restored) {
            this.beginning.add(session);
        }
        await server.connect(session.transport);
    }

    private hold(session: LocalSession, sessionId: string): void {
        this.beginning.delete(session);
        this.local.hold(session, sessionId);
        if (this.isDraining) {
            session.transport.retireStreams();
        }
    }

    private lookAtNotices(): void {
        this.notifier.hear().catch((error: unknown) => this.report(toError(error)));
    }

    private lookAtNoticesLater(): void {
        if (!this.closing && this.lookTimer === undefined) {
            this.lookTimer = later(() => {
                this.lookTimer = undefined;
                this.lookAtNotices();
            }, lookAgainMs);
        }
    }

    private report(error: Error): void {
        try {
            this.onerror(error);
        } catch {
            // There is nobody left to tell.
        }
    }
}
