import { ClusterNode } from '../cluster/clusterNode.js';
import { withinDeadline } from '../deadline.js';
import { fingerprintOfDigest } from '../digest.js';
import { SessionError, toError } from '../errors.js';
import { recorderOf } from '../history/historyRecorder.js';
import { SessionRecorder } from '../history/sessionRecorder.js';
import type { JSONRPCMessage, MessageExtraInfo } from '../jsonrpc/types.js';
import { firstResumableVersion, type ProtocolRules } from '../protocolRules.js';
import { ExternalSession } from '../session/externalSession.js';
import { MemorySession } from '../session/memorySession.js';
import type { SessionGate, SessionHost, SessionRequest } from '../session/sessionGate.js';
import { noteState } from '../session/sessionState.js';
import { inStep } from '../telemetry/installed.js';
import type { StepNotes } from '../telemetry/instrumentation.js';
import { ClusterLink } from './clusterLink.js';
import { Delivery } from './delivery.js';
import { LocalHistory } from './localHistory.js';
import { LoggedHistory } from './loggedHistory.js';
import { OpenStreams } from './openStreams.js';
import { checkStreamOptions, milliseconds, positiveBytes, storeTimeoutMs } from './optionChecks.js';
import type { StreamableHttpOptions } from './options.js';
import { OwnRequests } from './ownRequests.js';
import { clientVersion } from './requestChecks.js';
import type { StreamHistory } from './streamHistory.js';
import { StreamRouter } from './streamRouter.js';

const defaultKeepAliveMs = 15_000;
const defaultMaxBufferedBytes = 4 * 1024 * 1024;
const defaultMaxRecordBytes = 256 * 1024;
const defaultMaxStateBytes = 64 * 1024;
const defaultMaxEventBytes = 4 * 1024 * 1024;
const defaultRevalidateMs = 1000;
/** When a client whose connection we close may come back. */
const defaultHangUpRetryMs = 1000;
/** How often a log is told that its session is used, where the store does not say how long a session lives. */
const defaultTouchMs = 60_000;

/** What the parts need of their transport. */
export interface PartsHost {
    isClosed(): boolean;
    /** {@link SessionHost.prepareServer} */
    prepareServer(sessionId: string, from: SessionRequest, restored: boolean): Promise<void> | undefined;
    /** False when no server is connected. */
    hasServer(): boolean;
    toServer(message: JSONRPCMessage, extra: MessageExtraInfo): void;
    close(): Promise<void>;
    /** {@link SessionHost.openingFailed} */
    openingFailed(): void;
    /** {@link SessionHost.restoringFailed} */
    restoringFailed(): void;
    /** {@link SessionHost.adopted} */
    adopted(): void;
    /** How far a session that begins now has no need to be told of notices; undefined where there are none. */
    readonly noticed: (() => string | undefined) | undefined;
    /** The session's life is extended. What it returns does not reject. */
    extended(): Promise<void> | undefined;
    /** The session's standalone stream has been opened here, to be read from the log. */
    standaloneOpened(): void;
    report(error: Error): void;
}

/** What a transport is made of. */
export interface Parts {
    readonly gate: SessionGate;
    readonly router: StreamRouter;
    readonly history: StreamHistory;
    readonly delivery: Delivery;
    readonly own: OwnRequests;
    /** To the other nodes of the session; undefined in memory mode. */
    readonly link: ClusterLink | undefined;
}

/** Builds a transport by its options. Throws where they contradict each other. */
export function assemble(options: StreamableHttpOptions, isExternal: boolean, rules: ProtocolRules, host: PartsHost): Parts {
    checkStreamOptions(options);
    const timeoutMs = storeTimeoutMs(options);
    const maxEventBytes = positiveBytes('maxEventBytes', options.maxEventBytes, defaultMaxEventBytes);
    const report = (error: Error): void => host.report(error);
    const own = new OwnRequests();
    const node = isExternal ? ClusterNode.on(options.messageBus) : undefined;
    const noteActivity = (): void => link?.noteActivity();
    const recorder = createRecorder();

    const gate = createGate();
    const open = new OpenStreams(
        {
            keepAliveMs: options.keepAliveMs ?? defaultKeepAliveMs,
            maxBufferedBytes: positiveBytes('maxBufferedBytes', options.maxBufferedBytes, defaultMaxBufferedBytes),
            // In memory mode the wire is that of SDK 1.32, which says nothing before it closes.
            hangUpRetryMs: isExternal ? (options.retryInterval ?? defaultHangUpRetryMs) : undefined,
            onerror: report
        },
        () => gate.sessionId,
        noteActivity
    );
    const history = createHistory();
    const router = new StreamRouter({
        open,
        history,
        retryMs: options.retryInterval,
        sessionId: () => gate.sessionId,
        sessionName: () => gate.sessionName,
        mustDeliverRequests: isExternal,
        note: noteIf('out'),
        onchange: noteActivity,
        told: () => link?.told(),
        onerror: report
    });
    const link = node && createLink(node);
    const delivery = new Delivery({
        gate,
        router,
        rules,
        link,
        enableJsonResponse: options.enableJsonResponse ?? false,
        note: noteIf('in'),
        isClosed: () => host.isClosed(),
        toServer: (message, extra) => host.toServer(message, extra),
        report
    });
    return { gate, router, history, delivery, own, link };

    function createGate(): SessionGate {
        const { sessionIdGenerator, sessionStore } = options;
        const maxStateBytes = positiveBytes('maxStateBytes', options.maxStateBytes, defaultMaxStateBytes);
        if (!isExternal || !sessionIdGenerator || !sessionStore) {
            return new MemorySession(sessionIdGenerator, options, maxStateBytes, report);
        }
        return new ExternalSession(
            {
                generateSessionId: sessionIdGenerator,
                store: sessionStore,
                callbacks: options,
                bind: options.bind,
                revalidateMs: milliseconds('revalidateMs', options.revalidateMs, defaultRevalidateMs),
                storeTimeoutMs: timeoutMs,
                maxRecordBytes: positiveBytes('maxRecordBytes', options.maxRecordBytes, defaultMaxRecordBytes),
                maxStateBytes,
                lock: options.sessionLock,
                noticed: host.noticed
            },
            sessionHost()
        );
    }

    function sessionHost(): SessionHost {
        return {
            prepareServer: (sessionId, from, restored) => host.prepareServer(sessionId, from, restored),
            restoring: restore => (options.telemetry === false ? restore() : inStep('restore', note => restoreNoting(restore, note))),
            ask: (method, params, { authInfo, requestInfo }) =>
                own.ask(id => {
                    if (!host.hasServer() || host.isClosed()) {
                        throw new SessionError(
                            'RESTORE_FAILED',
                            'No server is connected: call server.connect(transport) before requests are handled'
                        );
                    }
                    noteState(requestInfo, gate.state);
                    host.toServer({ jsonrpc: '2.0', id, method, params }, { authInfo, requestInfo });
                }),
            isBusy: () => router.isBusy,
            openingFailed: () => {
                recorder?.forget();
                host.openingFailed();
            },
            restoringFailed: () => {
                recorder?.forget();
                host.restoringFailed();
            },
            adopted: sessionName => {
                link?.join(sessionName);
                recorder?.begin();
                host.adopted();
            },
            extended: extending => {
                for (const leaving of [extending, history.touch(), host.extended()]) {
                    if (leaving) {
                        link?.mustLeave(leaving);
                    }
                }
            },
            changed: () => link?.announceChange(),
            ended: session => {
                const leaving = recorder?.ended(session);
                if (leaving) {
                    node?.doorbells.mustLeave(session.sessionName, leaving);
                }
            },
            deleted: async (sessionId, sessionName) => {
                link?.announceChange(sessionName);
                await dropLog(sessionId);
                await link?.told(sessionName);
            },
            sessionGone: () => {
                host.close().catch((error: unknown) => report(toError(error)));
            },
            report
        };
    }

    async function restoreNoting(restore: () => Promise<void>, note: (notes: StepNotes) => void): Promise<void> {
        await restore();
        note({ session: fingerprintOfDigest(gate.sessionName) });
    }

    function createRecorder(): SessionRecorder | undefined {
        const all = node && recorderOf(options, node, report);
        return (
            all &&
            new SessionRecorder({
                recorder: all,
                session: () => ({ sessionId: gate.sessionId as string, sessionName: gate.sessionName, principal: gate.principal }),
                onleaving: leaving => link?.mustLeave(leaving)
            })
        );
    }

    function noteIf(direction: 'in' | 'out'): ((message: JSONRPCMessage, time?: string) => void) | undefined {
        return recorder && ((message, time) => recorder.note(direction, message, time));
    }

    function createHistory(): StreamHistory {
        if (node && options.eventLog) {
            return new LoggedHistory({
                log: options.eventLog,
                node,
                open,
                standaloneStream: options.standaloneStream ?? 'takeover',
                timeoutMs,
                maxEventBytes: Math.min(maxEventBytes, options.eventLog.maxEventBytes ?? Infinity),
                retryMs: options.retryInterval,
                understandsPriming: exchange => clientVersion(exchange, gate, rules) >= firstResumableVersion,
                touchMs: options.sessionStore?.ttlMs === undefined ? defaultTouchMs : options.sessionStore.ttlMs / 3,
                sessionId: () => gate.sessionId,
                session: () => gate.sessionName,
                note: noteIf('out'),
                onchange: noteActivity,
                onstandalone: () => host.standaloneOpened(),
                onerror: report
            });
        }
        return new LocalHistory({
            eventStore: options.eventStore,
            open,
            streamPrefix: () => gate.sessionName && `${gate.sessionName.slice(0, 16)}.`,
            onresumed: streamId => router.pending.noteResumed(streamId),
            onerror: report
        });
    }

    function createLink(clusterNode: ClusterNode): ClusterLink {
        return new ClusterLink({
            node: clusterNode,
            receive: message => delivery.receive(message),
            isBusy: () => router.isBusy,
            isMeasured: options.telemetry !== false,
            activity: () => ({ isListening: history.isStandaloneOpen, calls: router.pending.size }),
            yieldStream: streamId => {
                open.get(streamId)?.end();
                return router.pending.isRunning(streamId);
            },
            isSilent: streamId => router.pending.isSilent(streamId),
            isReading: reader => history.isReading(reader),
            yieldReader: reader => history.yieldReader(reader),
            countRunning: requestId => router.pending.countByClientId(requestId),
            lookAtRecord: () => gate.lookAgain(),
            report
        });
    }

    /** The session is over whether or not this works: what is left ends with its time to live. */
    async function dropLog(sessionId: string): Promise<void> {
        const { eventLog } = options;
        if (isExternal && eventLog) {
            await withinDeadline(timeoutMs, () => eventLog.drop(sessionId), 'log').catch(report);
        }
    }
}
