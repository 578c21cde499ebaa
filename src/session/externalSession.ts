import { publish, publishOf } from '../diagnostics.js';
import { fingerprintOfDigest } from '../digest.js';
import { isSessionError, SessionError, toError } from '../errors.js';
import type { JSONRPCMessage, JSONRPCRequest, JSONRPCResponse } from '../jsonrpc/types.js';
import type { SessionLock } from '../ports/sessionLock.js';
import type { SessionStore } from '../ports/sessionStore.js';
import { capabilitiesIn, type Audience } from './audience.js';
import { bindByDefault } from './defaultBinding.js';
import { Ending } from './ending.js';
import { ExternalState } from './externalState.js';
import { LiveSession } from './liveSession.js';
import { newSessionId, storeNew } from './newSession.js';
import { PrincipalTagger, type Bind, type PrincipalTag } from './principal.js';
import { newRecord, type SessionRecord } from './record.js';
import { changeOf } from './recordedRequests.js';
import { Recovery } from './recovery.js';
import { refusalFor } from './refusals.js';
import { restoreServer } from './restoreServer.js';
import { digest, fingerprint, isValidSessionId } from './sessionId.js';
import type { Refusal, ResponseHook, SessionCallbacks, SessionGate, SessionHost, SessionRequest, Verdict } from './sessionGate.js';
import { StoreAccess } from './storeAccess.js';

export interface ExternalSessionOptions {
    readonly generateSessionId: () => string;
    readonly store: SessionStore;
    readonly callbacks: SessionCallbacks;
    readonly bind: Bind | undefined;
    readonly revalidateMs: number;
    readonly storeTimeoutMs: number;
    readonly maxRecordBytes: number;
    readonly maxStateBytes: number;
    readonly lock: SessionLock | undefined;
    /** How far a session that begins now has no need to be told of notices. */
    readonly noticed: (() => string | undefined) | undefined;
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
    sessionName = '';
    readonly state: ExternalState;

    /** Present as soon as the session is this transport's. */
    private live: LiveSession | undefined;
    /** What {@link live} will be, while the server takes the session over. */
    private restoring: LiveSession | undefined;
    /** The request that begins the session, until the session is recorded. */
    private opening: SessionRequest | undefined;
    private recovery: Recovery | undefined;
    private ending: Promise<Refusal | undefined> | undefined;
    /** Known to be gone: by a DELETE here or elsewhere, or by expiry. */
    private ended = false;
    private closed = false;
    private capabilities: Readonly<Record<string, unknown>> | undefined;
    private readonly access: StoreAccess;
    private readonly deletion: Ending;
    private readonly principals: PrincipalTagger;

    constructor(
        private readonly options: ExternalSessionOptions,
        private readonly host: SessionHost
    ) {
        this.principals = new PrincipalTagger(options.bind ?? bindByDefault);
        this.access = new StoreAccess(options.store, {
            timeoutMs: options.storeTimeoutMs,
            maxRecordBytes: options.maxRecordBytes,
            onerror: error => host.report(error)
        });
        this.deletion = new Ending(this.access, host, options.callbacks.onsessionclosed, options.storeTimeoutMs);
        this.state = new ExternalState({
            lock: options.lock,
            maxStateBytes: options.maxStateBytes,
            sessionName: () => this.sessionName,
            live: () => this.live ?? this.restoring,
            isBeginning: () => this.opening !== undefined,
            read: sessionId => this.access.read(sessionId)
        });
    }

    get isVacant(): boolean {
        return !this.live && !this.opening && !this.recovery;
    }

    /** Most clients give up for good on a 404, and the session may well live on elsewhere. */
    get refusalWhenClosed(): Refusal {
        return this.ended ? 'sessionNotFound' : 'unavailable';
    }

    get principal(): string | undefined {
        return this.live?.record.principal;
    }

    get protocolVersion(): string | undefined {
        return this.live?.record.protocolVersion;
    }

    async open(request: SessionRequest): Promise<Refusal | undefined> {
        const claimed = request.header('mcp-session-id');
        if (this.live && claimed) {
            // Somebody who may not know of this session must not learn of it here.
            return (await this.admit(request, true)) ?? 'alreadyInitialized';
        }
        if (!this.isVacant) {
            return 'alreadyInitialized';
        }
        this.opening = request;
        const refusal = await this.guarded(async () => {
            if (isValidSessionId(claimed) && (await this.isOwner(request, await this.access.read(claimed)))) {
                return 'alreadyInitialized';
            }
            await this.take(newSessionId(this.options.generateSessionId));
            return undefined;
        });
        if (refusal) {
            this.undoOpen();
        }
        return refusal;
    }

    undoOpen(): void {
        this.opening = undefined;
        if (!this.live) {
            this.sessionId = undefined;
            this.host.openingFailed();
        }
    }

    /** @param always ask the store, also where this node's copy could be trusted. */
    admit(request: SessionRequest, always = false): Verdict {
        const sessionId = request.header('mcp-session-id');
        if (!sessionId) {
            return 'sessionIdRequired';
        }
        if (!isValidSessionId(sessionId)) {
            return 'sessionNotFound';
        }
        const principal = this.principalOf(request);
        return principal instanceof Promise
            ? this.guarded(async () => this.admitAs(await principal, sessionId, request, always))
            : this.admitAs(principal, sessionId, request, always);
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
            if (!record && this.live) {
                this.lose();
            }
            if (record === null || !(await this.isOwner(request, record))) {
                return 'sessionNotFound';
            }
            this.deletion.record = record;
            return undefined;
        });
    }

    end(request: SessionRequest): Promise<Refusal | undefined> {
        const sessionId = request.header('mcp-session-id') as string;
        // A DELETE that is sent twice at once ends the session once.
        this.ending ??= this.guarded(async () => {
            await this.deletion.end(sessionId, () => (this.ended = true));
            return undefined;
        }).finally(() => {
            this.ending = undefined;
        });
        return this.ending;
    }

    hookFor(message: JSONRPCRequest): ResponseHook | undefined {
        if (message.method === 'initialize') {
            return this.opening ? response => this.guarded(() => this.recordSession(message, response)) : undefined;
        }
        const change = changeOf(message);
        const { live } = this;
        if (!change || !live) {
            return undefined;
        }
        return async response =>
            'result' in response
                ? this.guarded(async () => ((await live.change(change, true)) ? undefined : 'sessionNotFound'))
                : undefined;
    }

    accepts(message: JSONRPCMessage): boolean | Promise<boolean | Refusal> {
        return 'method' in message && message.method === 'notifications/initialized' ? this.acceptInitialized() : true;
    }

    lookAgain(): void {
        this.live?.lookAgain();
    }

    /** The record has been deleted by who tells so: what is left of the session here goes. */
    noteEnded(): void {
        this.ended = true;
        this.host.sessionGone();
    }

    close(): void {
        this.closed = true;
        this.live?.stop();
    }

    /** What decides which notices the session is told, as this node knows it. */
    get audience(): Audience {
        const { noticed, subscriptions = [] } = this.live?.record ?? {};
        return { noticed, subscriptions, capabilities: this.capabilities };
    }

    /** Reads the record anew: {@link audience} is what other nodes know, too. */
    async readAudience(): Promise<void> {
        await this.live?.revalidate();
    }

    /** The session has been told of all notices up to here. @param before what the record said; else another node knows better. */
    async noteNoticed(noticed: string, before: string | undefined): Promise<void> {
        await this.live?.change(record => (record.noticed === before ? { noticed } : undefined));
    }

    private async acceptInitialized(): Promise<boolean | Refusal> {
        let first = false;
        const refusal = await this.guarded(async () => {
            first = (await this.live?.markInitialized()) ?? false;
            return this.ended ? 'sessionNotFound' : undefined;
        });
        return refusal ?? first;
    }

    private admitAs(principal: PrincipalTag, sessionId: string, request: SessionRequest, always: boolean): Verdict {
        const { live } = this;
        if (!live) {
            return this.guarded(() => this.recover(sessionId, principal, request));
        }
        if (sessionId !== this.sessionId || principal !== live.record.principal) {
            // Refused in the way of an unknown session, which is 503 while the store is down.
            return this.guarded(async (): Promise<Refusal> => {
                await this.access.read(sessionId);
                return 'sessionNotFound';
            });
        }
        if (live.use() && !always) {
            return undefined;
        }
        return this.guarded(async () => ((await live.revalidate(request)) ? undefined : 'sessionNotFound'));
    }

    /** Stores the session that an `initialize` response begins, before the client sees that response. */
    private async recordSession(message: JSONRPCRequest, response: JSONRPCResponse): Promise<Refusal | undefined> {
        const sessionId = this.sessionId as string;
        try {
            if (!('result' in response)) {
                return undefined;
            }
            const principal = await this.principalOf(this.opening as SessionRequest);
            const record = newRecord(sessionId, String(response.result['protocolVersion']), message.params ?? {}, {
                principal,
                noticed: this.options.noticed?.()
            });
            await storeNew(this.access, record);
            try {
                if (this.closed) {
                    throw new SessionError('RESTORE_FAILED', 'The transport was closed before its session began');
                }
                await this.options.callbacks.onsessioninitialized?.(sessionId);
            } catch (error) {
                this.access.forget(sessionId);
                throw error;
            }
            this.capabilities = capabilitiesIn(response.result);
            this.adopt(this.liveOf(record));
            publishOf('session-created', this.sessionName);
            return undefined;
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
                await (recovery.restored ??= this.host.restoring(() => this.restore(record, request)));
                return undefined;
            },
            () => {
                this.recovery = undefined;
            }
        );
    }

    private async restore(record: SessionRecord, request: SessionRequest): Promise<void> {
        const began = performance.now();
        const live = this.liveOf(record);
        this.restoring = live;
        try {
            // Servers file what belongs to a session under the id that the transport has at that time.
            await this.take(record.sessionId);
            await this.host.prepareServer(record.sessionId, request, true);
            this.capabilities = capabilitiesIn(await restoreServer(this.host, record, request));
        } catch (cause) {
            live.stop();
            this.sessionId = undefined;
            this.host.restoringFailed();
            if (isSessionError(cause) && cause.code === 'STORE_UNAVAILABLE') {
                throw cause;
            }
            throw new SessionError('RESTORE_FAILED', `The server did not take over session ${await fingerprint(record.sessionId)}`, {
                cause
            });
        } finally {
            this.restoring = undefined;
        }
        this.adopt(live);
        publish('session-restored', () => ({ session: fingerprintOfDigest(this.sessionName), durationMs: performance.now() - began }));
        this.host.extended(live.extend(request));
        try {
            await this.options.callbacks.onsessionrestored?.(record.sessionId);
        } catch (error) {
            this.host.report(toError(error));
        }
    }

    private async take(sessionId: string): Promise<void> {
        this.sessionName = await digest(sessionId);
        this.sessionId = sessionId;
    }

    private liveOf(record: SessionRecord): LiveSession {
        return new LiveSession(record, this.access, this.host, this.options.revalidateMs, () => this.lose());
    }

    private adopt(live: LiveSession): void {
        this.live = live;
        if (this.closed) {
            live.stop();
        } else {
            this.host.adopted(this.sessionName);
        }
    }

    /** The session was ended elsewhere, or has expired: what is left of it here goes too. */
    private lose(): void {
        if (!this.ended) {
            // Several who look at the record may find so at once.
            this.ended = true;
            publishOf('session-expired', this.sessionName);
        }
        this.host.sessionGone();
    }

    /** Whether there is such a session and it belongs to whom the request speaks for. */
    private async isOwner(request: SessionRequest, record: SessionRecord | null): Promise<boolean> {
        return record !== null && record.principal === (await this.principalOf(request));
    }

    private principalOf({ authInfo, requestInfo }: SessionRequest): PrincipalTag | Promise<PrincipalTag> {
        return this.principals.tagOf(authInfo, requestInfo);
    }

    /** Turns what went wrong into what the client is told; the error itself is for `onerror` alone. */
    private async guarded(step: () => Verdict): Promise<Refusal | undefined> {
        try {
            return await step();
        } catch (error) {
            this.host.report(toError(error));
            return refusalFor(error) ?? (this.closed ? this.refusalWhenClosed : 'internalError');
        }
    }
}
