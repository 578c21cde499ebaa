import { toBase64 } from './base64.js';
import { Remembered } from './remembered.js';

/** Names of streams that are remembered. */
const mostNames = 10_000;
/** Of each HMAC: enough for no two streams of a session to meet. */
const nameBytes = 16;

/**
 * Names that say nothing and stay the same on every node, whatever the keys: HMAC-SHA-256 under the session's id, a secret
 * that the backend is never given.
 */
export class StreamNames {
    private readonly names = new Remembered<Promise<string>>(mostNames);

    stream(sessionId: string, streamId: string): Promise<string> {
        return this.nameOf(sessionId, ['stream', streamId]);
    }

    /** Of a request within its stream. */
    request(sessionId: string, streamId: string, finalOf: string): Promise<string> {
        return this.nameOf(sessionId, ['request', streamId, finalOf]);
    }

    private nameOf(sessionId: string, what: readonly string[]): Promise<string> {
        const text = JSON.stringify(what);
        return this.names.get(`${text} ${sessionId}`, () => make(sessionId, text));
    }
}

async function make(sessionId: string, text: string): Promise<string> {
    const encoder = new TextEncoder();
    const key = await crypto.subtle.importKey('raw', encoder.encode(sessionId), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
    const mac = await crypto.subtle.sign('HMAC', key, encoder.encode(text));
    return toBase64(new Uint8Array(mac, 0, nameBytes));
}
