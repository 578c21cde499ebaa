/** Characters in a session id; the specification sets no bound, so this one leaves room for a JWT. */
export const maxSessionIdLength = 1024;

/**
 * Whether an id may be used at all: 1 to 1024 visible ASCII characters.
 * https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#session-management
 */
export function isValidSessionId(sessionId: unknown): sessionId is string {
    return typeof sessionId === 'string' && sessionId.length <= maxSessionIdLength && /^[\x21-\x7e]+$/.test(sessionId);
}

/**
 * SHA-256 in base64url (43 characters): what keys and records hold in place of a session id or a principal.
 * By the Web Crypto API, so that it is there on every runtime.
 */
export async function digest(text: string): Promise<string> {
    const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
    return btoa(String.fromCharCode(...new Uint8Array(hash)))
        .replaceAll('+', '-')
        .replaceAll('/', '_')
        .replace(/=+$/, '');
}

/** A short name for a session in messages: enough to find its lines, useless for anything else. */
export async function fingerprint(sessionId: string): Promise<string> {
    return (await digest(sessionId)).slice(0, 8);
}
