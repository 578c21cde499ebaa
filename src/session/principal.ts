import { SessionError } from '../errors.js';
import type { AuthInfo, RequestInfo } from '../jsonrpc/types.js';
import { digest } from './sessionId.js';

/** What a record keeps of its owner: a hash, or undefined for a session without one. */
export type PrincipalTag = string | undefined;

/** Names whom a request speaks for; undefined: nobody in particular. */
export type Bind = (authInfo: AuthInfo | undefined, request: RequestInfo) => string | undefined;

/**
 * The default binding: issuer, subject and client id. Issuer and subject are read from `authInfo.extra` (`iss`, `sub`),
 * where token verifiers put their claims; without them the client id alone decides.
 */
export const bindToAuthInfo: Bind = authInfo => {
    if (!authInfo) {
        return undefined;
    }
    const { iss, sub } = authInfo.extra ?? {};
    return JSON.stringify([iss ?? null, sub ?? null, authInfo.clientId]);
};

/** Tells principals apart by their tags. The last one is remembered: most sessions only ever see one. */
export class PrincipalTagger {
    private last: { readonly principal: string; readonly tag: string } | undefined;

    constructor(private readonly bind: Bind) {}

    /** Whom a request speaks for. A promise only for a principal that was not the last one. */
    tagOf(authInfo: AuthInfo | undefined, request: RequestInfo): PrincipalTag | Promise<PrincipalTag> {
        const principal: unknown = this.bind(authInfo, request);
        if (principal !== undefined && typeof principal !== 'string') {
            throw new SessionError('CONFIGURATION', 'bind must return a string or undefined, and not a promise');
        }
        if (principal === undefined || principal === this.last?.principal) {
            return principal === undefined ? undefined : this.last?.tag;
        }
        return digest(principal).then(tag => {
            this.last = { principal, tag };
            return tag;
        });
    }
}
