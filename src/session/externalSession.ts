import { isSessionError, SessionError, toError, type SessionErrorCode } from '../errors.js';
import type { JSONRPCMessage, JSONRPCRequest, JSONRPCResponse } from '../jsonrpc/types.js';
import type { SessionStore } from '../ports/sessionStore.js';
import { bindToAuthInfo, PrincipalTagger, type Bind, type PrincipalTag } from './principal.js';
import { schemaVersion, type SessionRecord } from './record.js';
import { ChangeQueue } from './changeQueue.js';
import { changeOf, type RecordChange } from './recordedRequests.js';
import { Recovery } from './recovery.js';
import { restoreServer, updateServer } from './restoreServer.js';
import { digest, fingerprint, isValidSessionId } from './sessionId.js';
import type { Refusal, ResponseHook, SessionCallbacks, SessionGate, SessionHost, SessionRequest, Verdict } from './sessionGate.js';
import { SessionKeeper } from './sessionKeeper.js';
import { StoreAccess } from './storeAccess.js';

export interface ExternalSessionOptions {
    readonly generateSessionId: () => string;
    readonly store: SessionStore;
    readonly callbacks: SessionCallbacks;
    readonly bind: Bind | undefined;
    readonly revalidateMs: number;
    readonly storeTimeoutMs: number;
    readonly maxRecordBytes: number;
}

/**
 * A session that lives in a store. Any node serves it: one that has not seen it reads its record, gives its server what
 * the first node's server knew, and goes on.
 *
 * The record is the truth. A node trusts its copy for `revalidateMs`; then it reads and extends the record again, and
 * learns what other nodes changed, or that the session is gone.
 */
export class ExternalSession implements SessionGate {
    sessionId: string | undefined;
    /** A tag of the session, so that sessions may share one event store and none is given another's events. */
    streamPrefix = '';

    /** The record as this node last saw it. Present as soon as the session is this transport's. */
    private record: SessionRecord | undefined;
    private checkedAt = 0;
    /** Known to be gone: by a DELETE here or elsewhere, or by expiry. */
    private ended = false;
    /** The request that begins the session, until the session is recorded. */
    private opening: SessionRequest | undefined;
    private recovery: Recovery | undefined;
    private revalidation: Promise<Refusal | undefined> | undefined;
    private readonly changes = new ChangeQueue(change => this.write(change));
    private readonly access: StoreAccess;
    private readonly keeper: SessionKeeper;
    private readonly principals: PrincipalTagger;

    constructor(
        private readonly options: ExternalSessionOptions,
        private readonly host: SessionHost
    ) {
        this.principals = new PrincipalTagger(options.bind ?? bindToAuthInfo);
        this.access = new StoreAccess(options.store, {
            timeoutMs: options.storeTimeoutMs,
            maxRecordBytes: options.maxRecordBytes,
            onerror: error => host.report(error)
        });
        this.keeper = new SessionKeeper(options.store.ttlMs, host, async () => {
            await this.revalidate();
        });
    }

    /** Most clients give up for good on a 404, and the session may well live on elsewhere. */
    get refusalWhenClosed(): Refusal {
        return this.ended ? 'sessionNotFound' : 'unavailable';
    }

    get protocolVersion(): string | undefined {
        return this.record?.protocolVersion;
    }

    async open(request: SessionRequest): Promise<Refusal | undefined> {
        if (this.opening || this.recovery || this.record) {
            return 'alreadyInitialized';
        }
        this.opening = request;
        const refusal = await this.guarded(async () => {
            const claimed = request.header('mcp-session-id');
            if (isValidSessionId(claimed)) {
                const record = await this.access.read(claimed);
                if (record && record.principal === (await this.principalOf(request))) {
                    return 'alreadyInitialized';
                }
            }
            const sessionId = this.options.generateSessionId();
            if (!isValidSessionId(sessionId)) {
                throw new SessionError(
                    'INVALID_SESSION_ID',
                    'sessionIdGenerator must return 1 to 1024 visible ASCII characters (0x21 to 0x7E), for example randomUUID()'
                );
            }
            await this.take(sessionId);
            return undefined;
        });
        if (refusal) {
            this.undoOpen();
        }
        return refusal;
    }

    undoOpen(): void {
        this.opening = undefined;
        if (!this.record) {
            this.sessionId = undefined;
        }
    }

    admit(request: SessionRequest): Verdict {
        const sessionId = request.header('mcp-session-id');
        if (!sessionId) {
            return 'sessionIdRequired';
        }
        if (!isValidSessionId(sessionId)) {
            return 'sessionNotFound';
        }
        const principal = this.principalOf(request);
        return principal instanceof Promise
            ? this.guarded(async () => this.admitPrincipal(sessionId, await principal, request))
            : this.admitPrincipal(sessionId, principal, request);
    }

    async admitEnd(request: SessionRequest): Promise<Refusal | undefined> {
        const sessionId = request.header('mcp-session-id');
        if (!sessionId) {
            return 'sessionIdRequired';
        }
        if (!isValidSessionId(sessionId) || (this.sessionId !== undefined && sessionId !== this.sessionId)) {
            return 'sessionNotFound';
        }
        return this.guarded(async () => {
            const record = await this.access.read(sessionId);
            if (!record && this.record) {
                return this.gone();
            }
            return record && record.principal === (await this.principalOf(request)) ? undefined : 'sessionNotFound';
        });
    }

    async end(request: SessionRequest): Promise<Refusal | undefined> {
        const sessionId = request.header('mcp-session-id') as string;
        return this.guarded(async () => {
            await this.access.delete(sessionId);
            this.ended = true;
            await this.options.callbacks.onsessionclosed?.(sessionId);
            return undefined;
        });
    }

    hookFor(message: JSONRPCRequest): ResponseHook | undefined {
        if (message.method === 'initialize') {
            return this.opening ? response => this.guarded(() => this.recordSession(message, response)) : undefined;
        }
        const change = changeOf(message);
        if (!change) {
            return undefined;
        }
        return response => ('result' in response ? this.guarded(() => this.apply(change)) : Promise.resolve(undefined));
    }

    accepts(message: JSONRPCMessage): boolean | Promise<boolean | Refusal> {
        if ('method' in message && message.method === 'notifications/initialized') {
            return this.markInitialized();
        }
        return true;
    }

    close(): void {
        this.keeper.stop();
    }

    private admitPrincipal(sessionId: string, principal: PrincipalTag, request: SessionRequest): Verdict {
        if (!this.record) {
            return this.guarded(() => this.recover(sessionId, principal, request));
        }
        if (sessionId !== this.sessionId || principal !== this.record.principal) {
            return this.refuseAsUnknown(sessionId);
        }
        this.keeper.wake();
        if (this.options.revalidateMs > 0 && performance.now() - this.checkedAt < this.options.revalidateMs) {
            return undefined;
        }
        return this.guarded(() => this.revalidate(request));
    }

    /** Stores the session that an `initialize` response begins, before the client sees that response. */
    private async recordSession(message: JSONRPCRequest, response: JSONRPCResponse): Promise<Refusal | undefined> {
        const sessionId = this.sessionId as string;
        const request = this.opening as SessionRequest;
        let stored = false;
        try {
            if (!('result' in response)) {
                return undefined;
            }
            const now = Date.now();
            const principal = await this.principalOf(request);
            const record: SessionRecord = {
                sessionId,
                initialized: false,
                createdAt: now,
                lastActivity: now,
                schemaVersion,
                revision: 1,
                protocolVersion: String(response.result['protocolVersion']),
                initializeParams: message.params ?? {},
                ...(principal !== undefined && { principal })
            };
            if (!(await this.access.create(record))) {
                throw new SessionError('INVALID_SESSION_ID', 'sessionIdGenerator returned the id of a session that exists');
            }
            stored = true;
            await this.options.callbacks.onsessioninitialized?.(sessionId);
            this.adopt(record);
            return undefined;
        } catch (error) {
            if (stored) {
                this.access.forget(sessionId);
            }
            throw error;
        } finally {
            this.undoOpen();
        }
    }

    private async recover(sessionId: string, principal: PrincipalTag, request: SessionRequest): Promise<Refusal | undefined> {
        if (this.opening) {
            return 'notInitialized';
        }
        if (this.recovery && this.recovery.sessionId !== sessionId) {
            // Another session is being recovered here. Only if that fails can this transport become this session's.
            await this.recovery.over;
            return this.admit(request);
        }
        const recovery = (this.recovery ??= new Recovery(sessionId, this.access.read(sessionId)));
        return recovery.share(
            async () => {
                const record = await recovery.record;
                if (!record || record.principal !== principal) {
                    return 'sessionNotFound';
                }
                await (recovery.restored ??= this.restore(record, request));
                return undefined;
            },
            () => {
                this.recovery = undefined;
            }
        );
    }

    private async restore(record: SessionRecord, request: SessionRequest): Promise<void> {
        try {
            // Servers file what belongs to a session under the id that the transport has at that time.
            await this.take(record.sessionId);
            await restoreServer(this.host, record, request);
            this.adopt(record);
            this.access.touch(record.sessionId).catch((error: unknown) => this.host.report(toError(error)));
        } catch (cause) {
            this.sessionId = undefined;
            throw new SessionError('RESTORE_FAILED', `The server did not take over session ${await fingerprint(record.sessionId)}`, {
                cause
            });
        }
        try {
            await this.options.callbacks.onsessionrestored?.(record.sessionId);
        } catch (error) {
            this.host.report(toError(error));
        }
    }

    private async take(sessionId: string): Promise<void> {
        this.streamPrefix = `${(await digest(sessionId)).slice(0, 16)}.`;
        this.sessionId = sessionId;
    }

    private adopt(record: SessionRecord): void {
        this.record = record;
        this.checkedAt = performance.now();
        this.keeper.wake();
    }

    /** Reads and extends the record. Requests that come meanwhile share the answer, unless each must have its own. */
    private revalidate(request?: SessionRequest): Promise<Refusal | undefined> {
        if (this.options.revalidateMs === 0) {
            return this.readAgain(request);
        }
        this.revalidation ??= this.readAgain(request).finally(() => {
            this.revalidation = undefined;
        });
        return this.revalidation;
    }

    private async readAgain(request: SessionRequest | undefined): Promise<Refusal | undefined> {
        const known = this.record as SessionRecord;
        const record = await this.access.readAndTouch(known.sessionId);
        if (!record) {
            return this.gone();
        }
        this.checkedAt = performance.now();
        const before = this.record as SessionRecord;
        if ((record.revision ?? 0) > (before.revision ?? 0)) {
            this.record = record;
            await updateServer(this.host, before, record, request);
        }
        return undefined;
    }

    /** Writes a change of the session, which this node's server has made already, for all nodes. */
    private async apply(change: RecordChange): Promise<Refusal | undefined> {
        await this.changes.add(change);
        return this.ended ? 'sessionNotFound' : undefined;
    }

    private async write(change: RecordChange): Promise<void> {
        const before = this.record as SessionRecord;
        const expected = { ...before, ...change(before) };
        const record = await this.access.update(before, change);
        if (!record) {
            this.gone();
            return;
        }
        this.record = record;
        this.checkedAt = performance.now();
        if ((record.revision ?? 0) > (before.revision ?? 0) + 1) {
            // Other nodes changed the session too, and only their changes are news to this node's server.
            await updateServer(this.host, expected, record);
        }
    }

    /** True for the one `notifications/initialized` of the session, on whichever node and however often it is sent. */
    private async markInitialized(): Promise<boolean | Refusal> {
        let first = false;
        const refusal = await this.guarded(() =>
            this.apply(current => {
                first = !current.initialized;
                return first ? { initialized: true } : undefined;
            })
        );
        return refusal ?? first;
    }

    /** The session was ended elsewhere, or has expired: what is left of it here goes too. */
    private gone(): Refusal {
        this.ended = true;
        this.host.sessionGone();
        return 'sessionNotFound';
    }

    /** The answer of an unknown session, found in the way of an unknown session: 503 while the store is down. */
    private refuseAsUnknown(sessionId: string): Promise<Refusal | undefined> {
        return this.guarded(async () => {
            await this.access.read(sessionId);
            return 'sessionNotFound';
        });
    }

    private principalOf({ authInfo, requestInfo }: SessionRequest): PrincipalTag | Promise<PrincipalTag> {
        return this.principals.tagOf(authInfo, requestInfo);
    }

    /** Turns what went wrong into what the client is told; the error itself is for `onerror` alone. */
    private async guarded(step: () => Promise<Refusal | undefined>): Promise<Refusal | undefined> {
        try {
            return await step();
        } catch (error) {
            this.host.report(toError(error));
            return (isSessionError(error) && refusalOf[error.code]) || 'internalError';
        }
    }
}

const refusalOf: Partial<Record<SessionErrorCode, Refusal>> = {
    STORE_UNAVAILABLE: 'unavailable',
    RECORD_TOO_LARGE: 'recordTooLarge'
};
