/**
 * Transport, handler, sessions and the ports of a backend. It imports no driver and nothing of the SDK.
 *
 * @module @mcp-sessions/core
 */

export { encryptBackend } from './atRest/backend.js';
export { encryptEventLog } from './atRest/eventLog.js';
export type { EncryptionKey } from './atRest/keyRing.js';
export { encryptMessageBus } from './atRest/messageBus.js';
export type { EncryptionOptions } from './atRest/sealer.js';
export { encryptSessionStore } from './atRest/sessionStore.js';
export { PollingBus, type PollingBusOptions } from './bus/pollingBus.js';
export { listenTo, type DiagnosticEvents } from './diagnostics.js';
export { digest, fingerprint, fingerprintOfDigest } from './digest.js';
export { createSessionHandler, type FetchOptions, type SessionHandler } from './handler/createSessionHandler.js';
export { shutDown, shutdownOnSignals, type ShutdownOptions } from './handler/nodeShutdown.js';
export type { ClusterNotifications } from './handler/notify.js';
export type {
    Caller,
    HandlerBackend,
    IncomingRequest,
    LimitVerdict,
    SessionContext,
    SessionHandlerOptions,
    SessionServer,
    SessionServerFactory
} from './handler/options.js';
export type { HandlerHealth } from './handler/sessionRouter.js';
export { isSessionError, SessionError, type SessionErrorCode } from './errors.js';
export type { DropReason, HistoryEnd, HistoryEntry, HistoryGap, HistoryMessage, HistoryTrimmed } from './history/entry.js';
export { flushHistory } from './history/historyWriter.js';
export type { HistoryOptions, RedactionContext } from './history/options.js';
export { exportHistory, readHistory, type ReadHistoryOptions } from './history/readHistory.js';
export type {
    AuthInfo,
    JSONRPCErrorResponse,
    JSONRPCMessage,
    JSONRPCNotification,
    JSONRPCRequest,
    JSONRPCResponse,
    JSONRPCResultResponse,
    MessageExtraInfo,
    Params,
    RequestId,
    RequestInfo
} from './jsonrpc/types.js';
export { checkedPage, isRecordNamed, type CheckedPage } from './listing.js';
export { withLock, type HeldLock, type WithLockOptions } from './lock/withLock.js';
export { createMemoryBackend, type MemoryBackend, type MemoryBackendOptions } from './memory/backend.js';
export { InMemoryEventLog, type InMemoryEventLogOptions } from './memory/eventLog.js';
export { InMemoryMailbox } from './memory/mailbox.js';
export { InMemoryMessageBus, type InMemoryMessageBusOptions } from './memory/messageBus.js';
export { InMemorySessionLock } from './memory/sessionLock.js';
export { InMemorySessionStore, type InMemorySessionStoreOptions } from './memory/sessionStore.js';
export type { Claim, EventLog, LogCursor, LoggedEvent, LogPage, NewEvent } from './ports/eventLog.js';
export { historyLogOptions, type HistoryLimits } from './ports/historyLimits.js';
export type { Mail, Mailbox } from './ports/mailbox.js';
export type { BusListener, BusSubscription, MessageBus } from './ports/messageBus.js';
export type { SessionBackend } from './ports/sessionBackend.js';
export type { SessionLock } from './ports/sessionLock.js';
export type { ListOptions, SessionCreation, SessionData, SessionLimits, SessionPage, SessionStore } from './ports/sessionStore.js';
export { milliseconds, requireCount, requirePositive } from './positiveOptions.js';
export { defaultProtocolRules, type ProtocolRules } from './protocolRules.js';
export { sessionState, type SessionState } from './session/sessionState.js';
export { isValidSessionId, maxSessionIdLength } from './session/sessionId.js';
export { gauges, installInstrumentation, isInstrumented, type Gauges } from './telemetry/installed.js';
export type { Arrival, BackendPart, Instrumentation, Operation, StepName, StepNotes } from './telemetry/instrumentation.js';
export { every, later } from './timers.js';
export { NodeStreamableHttpTransport } from './transport/nodeTransport.js';
export type {
    EventId,
    EventStore,
    HandleRequestOptions,
    SessionStorageMode,
    StreamableHttpOptions,
    StreamId
} from './transport/options.js';
export { WebStreamableHttpTransport } from './transport/webTransport.js';
export type { NodeState, WatchedSession } from './watch/reports.js';
export { watchCluster, type ClusterWatch, type WatchedEvent, type WatchedNode, type WatchOptions } from './watch/watchCluster.js';
