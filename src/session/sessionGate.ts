import type { StateKeeper } from './stateKeeper.js';
import type { AuthInfo, JSONRPCMessage, JSONRPCRequest, JSONRPCResponse, Params, RequestInfo } from '../jsonrpc/types.js';

/** Why a request is not served, as far as its session is concerned. */
export type Refusal =
    | 'alreadyInitialized'
    | 'notInitialized'
    | 'sessionIdRequired'
    | 'sessionNotFound'
    | 'recordTooLarge'
    | 'tooManySessions'
    | 'internalError'
    | 'unavailable';

/** A refusal, or undefined to go on. A gate that does not have to ask a store answers at once. */
export type Verdict = Refusal | undefined | Promise<Refusal | undefined>;

/** What a gate needs to see of a request. */
export interface SessionRequest {
    readonly authInfo: AuthInfo | undefined;
    readonly requestInfo: RequestInfo;
    header(name: string): string | undefined;
}

/** Looks at a response before the client gets it; with a refusal the client gets that in its place. */
export type ResponseHook = (response: JSONRPCResponse) => Promise<Refusal | undefined>;

/** What a gate needs of its transport. */
export interface SessionHost {
    /** There is a session for a server now: connects one where the application makes it this late. */
    prepareServer(sessionId: string, from: SessionRequest, restored: boolean): Promise<void> | undefined;
    /** Has the session taken over: does what is given, and measures it. */
    restoring(restore: () => Promise<void>): Promise<void>;
    /** Hands the server a request of our own. Its response reaches nobody else. */
    ask(method: string, params: Params, from: SessionRequest): Promise<JSONRPCResponse>;
    /** Whether a stream is open or a call runs. */
    isBusy(): boolean;
    /** The session that was being begun came to nothing. */
    openingFailed(): void;
    /** A session that was being recovered was not: the server that was connected for it is of no use. */
    restoringFailed(): void;
    /** The session is this transport's, under this name. */
    adopted(sessionName: string): void;
    /** The session's life was extended, or is being extended: then by what does not reject. */
    extended(extending?: Promise<void>): void;
    /** The record was changed here: other nodes should know. */
    changed(): void;
    /** A DELETE that came here has ended a session, which need not be the one that is served here. */
    ended(session: { sessionId: string; sessionName: string; principal: string | undefined }): void;
    /** The record was deleted here: what else is kept of the session goes, and other nodes should know. */
    deleted(sessionId: string, sessionName: string): Promise<void>;
    /** The session has ended elsewhere: the transport closes. */
    sessionGone(): void;
    /** For what no client can be told. */
    report(error: Error): void;
}

/** Callbacks of the application. */
export interface SessionCallbacks {
    readonly onsessioninitialized?: ((sessionId: string) => void | Promise<void>) | undefined;
    readonly onsessionclosed?: ((sessionId: string) => void | Promise<void>) | undefined;
    readonly onsessionrestored?: ((sessionId: string) => void | Promise<void>) | undefined;
}

/**
 * Decides which requests belong to the transport's session, and keeps what must outlive the transport.
 * `MemorySession` keeps the session in the process; `ExternalSession` in a store that all nodes share.
 */
export interface SessionGate {
    /** The session of this transport, once there is one. */
    readonly sessionId: string | undefined;

    /** Whether there is no session here, and none is being begun or recovered. */
    readonly isVacant: boolean;

    /** What tools keep of the session. */
    readonly state: StateKeeper;

    /** Hash of whom the session belongs to; undefined where that is nobody, or is not known yet. */
    readonly principal: string | undefined;

    /** The version to assume for a request that names none; undefined where the protocol's default holds. */
    readonly protocolVersion: string | undefined;

    /** What a request gets from a transport that is closed. */
    readonly refusalWhenClosed: Refusal;

    /** An `initialize` request: begins the session, or says why not. */
    open(request: SessionRequest): Verdict;

    /** The `initialize` that {@link open} let in came to nothing: everything is as it was before it. */
    undoOpen(): void;

    /** Any other request: whether it is of this session. */
    admit(request: SessionRequest): Verdict;

    /** A DELETE: whether it is of this session. Does not need a server that knows the session. */
    admitEnd(request: SessionRequest): Verdict;

    /** Ends the session of a DELETE that was admitted, or says why not. With undefined the transport closes. */
    end(request: SessionRequest): Verdict;

    /** What has to happen with the response to this request before the client gets it. */
    hookFor(message: JSONRPCRequest): ResponseHook | undefined;

    /** Whether the server is to get this notification or response of the client. */
    accepts(message: JSONRPCMessage): boolean | Promise<boolean | Refusal>;

    /** Names the session where its id must not be told; `''` for a session that no other node knows. */
    readonly sessionName: string;

    /** Another node changed or ended the session, or may have: this one looks at it now. */
    lookAgain(): void;

    /** The transport closes. A session in a store lives on. */
    close(): void;
}
