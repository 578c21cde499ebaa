import { isValidSessionId } from '../session/sessionId.js';
import { bindToAuthInfo, type Bind } from '../session/principal.js';
import type { Exchange } from '../transport/exchange.js';
import { replies, type Reply } from '../transport/replies.js';
import { checkSource, type AllowedSources } from '../transport/requestChecks.js';
import type { SessionHandlerOptions } from './options.js';

/** Who is let in, before anything of the request but its head is read. */
export class Admission {
    private readonly allowed: AllowedSources | undefined;
    private readonly bind: Bind;
    private hasWarned = false;

    constructor(private readonly options: SessionHandlerOptions) {
        if (options.enableDnsRebindingProtection) {
            this.allowed = { hosts: options.allowedHosts, origins: options.allowedOrigins };
        }
        this.bind = options.bind ?? (authInfo => this.bindByDefault(authInfo));
    }

    /** Whom a session belongs to, for its transport. */
    get binding(): Bind {
        return this.bind;
    }

    /** Why a request is not let in; undefined to go on. Rejects with what the application's hooks throw. */
    async refusalOf(exchange: Exchange): Promise<Reply | undefined> {
        const { authenticate } = this.options;
        const refusal = this.allowed && checkSource(exchange, this.allowed);
        if (refusal) {
            return refusal;
        }
        const { method, requestInfo, address } = exchange;
        if (authenticate && !exchange.authInfo) {
            const { headers, url } = requestInfo;
            const authInfo = await authenticate({ method, headers, url, address });
            if (!authInfo) {
                return replies.unauthorized;
            }
            exchange.authInfo = authInfo;
        }
        // What cannot be an id begins a session, if anything.
        return this.limitOf(exchange, !isValidSessionId(exchange.header('mcp-session-id')));
    }

    /** Whether the caller may go on now. Asked once more for a request that names a session and begins another. */
    async limitOf(exchange: Exchange, isNew: boolean): Promise<Reply | undefined> {
        const { limit } = this.options;
        if (!limit) {
            return undefined;
        }
        const { method, authInfo, requestInfo, address } = exchange;
        const verdict = await limit({ principal: this.bind(authInfo, requestInfo), address, method, isNew });
        return verdict === true ? undefined : replies.tooManyRequests(verdict === false ? 1 : wholeSeconds(verdict.retryAfterSeconds));
    }

    private bindByDefault(authInfo: Parameters<Bind>[0]): string | undefined {
        const { iss, sub } = authInfo?.extra ?? {};
        if (authInfo && sub === undefined && !this.hasWarned) {
            this.hasWarned = true;
            (this.options.logger ?? console).warn(
                `mcp-sessions: authInfo.extra names no subject (sub)${iss === undefined ? ' and no issuer (iss)' : ''}, so all users of one client share their sessions. ` +
                    'Have the token verifier put them there, or name whom a session belongs to with `bind`.'
            );
        }
        return bindToAuthInfo(authInfo, { headers: {} });
    }
}

/** As HTTP has it: whole seconds. What is none is one. */
function wholeSeconds(seconds: number): number {
    return Number.isFinite(seconds) ? Math.max(0, Math.ceil(seconds)) : 1;
}
