import { DefaultBinding } from '../session/defaultBinding.js';
import type { Bind } from '../session/principal.js';
import { isValidSessionId } from '../session/sessionId.js';
import type { Exchange } from '../transport/exchange.js';
import { replies, type Reply } from '../transport/replies.js';
import { checkSource, type AllowedSources } from '../transport/requestChecks.js';
import type { SessionHandlerOptions } from './options.js';

/** Who is let in, before anything of the request but its head is read. */
export class Admission {
    private readonly allowed: AllowedSources | undefined;
    private readonly bind: Bind;

    constructor(private readonly options: SessionHandlerOptions) {
        if (options.enableDnsRebindingProtection) {
            this.allowed = { hosts: options.allowedHosts, origins: options.allowedOrigins };
        }
        this.bind = options.bind ?? new DefaultBinding(options.logger ?? console).bind;
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
}

/** As HTTP has it: whole seconds. What is none is one. */
function wholeSeconds(seconds: number): number {
    return Number.isFinite(seconds) ? Math.max(0, Math.ceil(seconds)) : 1;
}
