import type { AuthInfo, RequestInfo } from '../jsonrpc/types.js';
import { digest } from './sessionId.js';

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

/** What a record keeps of its owner. */
export function principalTag(principal: string | undefined): string | undefined {
    return principal === undefined ? undefined : digest(principal);
}
