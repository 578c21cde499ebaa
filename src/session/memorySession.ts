import type { SessionCallbacks, SessionGate, SessionRequest, Verdict } from './sessionGate.js';
import { SessionError, toError } from '../errors.js';
import { MemoryState } from './memoryState.js';

/** https://www.rfc-editor.org/rfc/rfc9110#section-5.5 */
const headerValue = /^[\t\x20-\x7e\x80-\xff]*$/;

/** A session that lives and dies with its transport, or no session at all (stateless). Behaves as SDK 1.32 does. */
export class MemorySession implements SessionGate {
    sessionId: string | undefined;
    readonly protocolVersion = undefined;
    readonly principal = undefined;
    readonly refusalWhenClosed = 'sessionNotFound';
    readonly sessionName = '';
    readonly state: MemoryState;
    private initialized = false;

    constructor(
        private readonly generateSessionId: (() => string) | undefined,
        private readonly callbacks: SessionCallbacks,
        maxStateBytes: number,
        private readonly report: (error: Error) => void
    ) {
        this.state = new MemoryState(maxStateBytes);
    }

    open(): Verdict {
        if (this.initialized && this.sessionId !== undefined) {
            return 'alreadyInitialized';
        }
        this.sessionId = this.generateSessionId?.();
        if (this.sessionId !== undefined && !headerValue.test(this.sessionId)) {
            this.undoOpen();
            this.report(new SessionError('INVALID_SESSION_ID', 'sessionIdGenerator must return a text that can be the value of a header'));
            return 'internalError';
        }
        this.initialized = true;
        const { onsessioninitialized } = this.callbacks;
        return this.sessionId && onsessioninitialized ? this.announce(this.sessionId, onsessioninitialized) : undefined;
    }

    get isVacant(): boolean {
        return !this.initialized;
    }

    undoOpen(): void {
        this.sessionId = undefined;
        this.initialized = false;
    }

    admit(request: SessionRequest): Verdict {
        if (this.generateSessionId === undefined) {
            return undefined;
        }
        if (!this.initialized) {
            return 'notInitialized';
        }
        const sessionId = request.header('mcp-session-id');
        if (!sessionId) {
            return 'sessionIdRequired';
        }
        return sessionId === this.sessionId ? undefined : 'sessionNotFound';
    }

    admitEnd(request: SessionRequest): Verdict {
        return this.admit(request);
    }

    async end() {
        try {
            await this.callbacks.onsessionclosed?.(this.sessionId as string);
            return undefined;
        } catch (error) {
            this.report(toError(error));
            return 'internalError';
        }
    }

    hookFor(): undefined {
        return undefined;
    }

    accepts(): true {
        return true;
    }

    lookAgain(): void {
        // No other node knows of the session.
    }

    close(): void {
        this.state.end();
    }

    private async announce(sessionId: string, callback: (sessionId: string) => void | Promise<void>) {
        try {
            await callback(sessionId);
            return undefined;
        } catch (error) {
            this.undoOpen();
            this.report(toError(error));
            return 'internalError';
        }
    }
}
