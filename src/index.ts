export { encryptBackend } from './atRest/backend.js';
export { encryptEventLog } from './atRest/eventLog.js';
export type { EncryptionKey } from './atRest/keyRing.js';
export { encryptMessageBus } from './atRest/messageBus.js';
export type { EncryptionOptions } from './atRest/sealer.js';
export { encryptSessionStore } from './atRest/sessionStore.js';
export { PollingBus, type PollingBusOptions } from './bus/pollingBus.js';
export { digest, fingerprint } from './digest.js';
export { isSessionError, SessionError, type SessionErrorCode } from './errors.js';
export type {
    AuthInfo,
    JSONRPCErrorResponse,
    JSONRPCMessage,
    JSONRPCNotification,
    JSONRPCRequest,
    JSONRPCResultResponse,
    MessageExtraInfo,
    Params,
    RequestId,
    RequestInfo
} from './jsonrpc/types.js';
export { withLock, type HeldLock, type WithLockOptions } from './lock/withLock.js';
export { createMemoryBackend, type MemoryBackend, type MemoryBackendOptions } from './memory/backend.js';
export { InMemoryEventLog, type InMemoryEventLogOptions } from './memory/eventLog.js';
export { InMemoryMailbox } from './memory/mailbox.js';
export { InMemoryMessageBus, type InMemoryMessageBusOptions } from './memory/messageBus.js';
export { InMemorySessionLock } from './memory/sessionLock.js';
export { InMemorySessionStore, type InMemorySessionStoreOptions } from './memory/sessionStore.js';
export type { Claim, EventLog, LogCursor, LoggedEvent, LogPage, NewEvent } from './ports/eventLog.js';
export type { Mail, Mailbox } from './ports/mailbox.js';
export type { BusListener, BusSubscription, MessageBus } from './ports/messageBus.js';
export type { SessionBackend } from './ports/sessionBackend.js';
export type { SessionLock } from './ports/sessionLock.js';
export type { SessionCreation, SessionData, SessionLimits, SessionStore } from './ports/sessionStore.js';
export { milliseconds, requireCount, requirePositive } from './positiveOptions.js';
export { defaultProtocolRules, type ProtocolRules } from './protocolRules.js';
export { isValidSessionId, maxSessionIdLength } from './session/sessionId.js';
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
