export { digest, fingerprint } from '../digest.js';

/** Characters in a session id; the specification sets no bound, so this one leaves room for a JWT. */
export const maxSessionIdLength = 1024;

/**
 * Whether an id may be used at all: 1 to 1024 visible ASCII characters.
 * https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#session-management
 */
export function isValidSessionId(sessionId: unknown): sessionId is string {
    return typeof sessionId === 'string' && sessionId.length <= maxSessionIdLength && /^[\x21-\x7e]+$/.test(sessionId);
}
