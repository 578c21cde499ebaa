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
    return fingerprintOfDigest(await digest(sessionId));
}

/** The same, of a session of which only the {@link digest} of its id is known. */
export function fingerprintOfDigest(name: string): string {
    return name.slice(0, 8);
}
