import { digest } from '../digest.js';
import { SessionError } from '../errors.js';
import { fromBase64, toBase64 } from './base64.js';
import { KeyRing, type EncryptionKey } from './keyRing.js';
import { Remembered } from './remembered.js';

export interface EncryptionOptions {
    /** The first one encrypts, each of them decrypts. Put a new key second, then first, then take the old one out. */
    keys: readonly EncryptionKey[];
    /**
     * Makes of a principal the tag that the store counts sessions by; 32 bytes, like the others. With one of its own the tags
     * stay when `keys` change, and `maxSessionsPerPrincipal` stays exact. @default the first of `keys`
     */
    principalKey?: Uint8Array | string;
    /**
     * Accept what is not encrypted, for sessions that began before encryption was switched on. Whoever can write the store
     * can make up sessions for as long as this is set. @default false
     */
    acceptPlain?: boolean;
    /**
     * Read what is encrypted, and write as if there were no encryption: for the roll-out before the one that encrypts, so that
     * nodes of both can serve one session. Implies `acceptPlain`. @default false
     */
    writePlain?: boolean;
    /** Told of all that could not be decrypted: a SessionError with code `UNREADABLE`. @default none */
    onerror?: (error: Error) => void;
}

/** What a sealed text is bound to: it cannot be opened in another place. */
export type Place = readonly (string | number | null)[];

/** What was in a sealed text, and whether the key that encrypts now has sealed it. */
export interface Opened {
    readonly text: string;
    readonly isCurrent: boolean;
}

/** Of the form `<version>.<key id>.<nonce, cipher text and tag in base64>`. */
const version = '1';
const nonceBytes = 12;
const tagBytes = 16;
/** Ids of sessions whose digests are remembered. */
const mostIds = 10_000;

/** Seals texts with AES-256-GCM, each bound to its place. */
export class Sealer {
    readonly acceptsPlain: boolean;
    readonly writesPlain: boolean;
    private readonly ring: KeyRing;
    private readonly onerror: ((error: Error) => void) | undefined;
    private readonly digests = new Remembered<Promise<string>>(mostIds);

    /** @throws SessionError `CONFIGURATION` where a key cannot be used. */
    constructor({ keys, principalKey, acceptPlain = false, writePlain = false, onerror }: EncryptionOptions) {
        this.ring = new KeyRing(keys, principalKey);
        this.acceptsPlain = acceptPlain || writePlain;
        this.writesPlain = writePlain;
        this.onerror = onerror;
    }

    /**
     * What a backend is given in place of a session's id, which is a secret: its digest. Where plain records are accepted, the
     * id itself is the second one, under which they stand; where they are written it is the first.
     */
    async idsOf(sessionId: string): Promise<readonly [string, ...string[]]> {
        const hidden = await this.hiddenIdOf(sessionId);
        return this.writesPlain ? [sessionId, hidden] : this.acceptsPlain ? [hidden, sessionId] : [hidden];
    }

    hiddenIdOf(sessionId: string): Promise<string> {
        return this.digests.get(sessionId, () => digest(sessionId));
    }

    /** @param scope names what shares a key: a session, or one node's messages. */
    async seal(scope: string, place: Place, text: string): Promise<string> {
        const { first } = this.ring;
        const nonce = crypto.getRandomValues(new Uint8Array(nonceBytes));
        const cipher = await this.ring.cipher(first, scope);
        if (!cipher) {
            throw new TypeError('The ring has no first key');
        }
        const sealed = await crypto.subtle.encrypt(algorithm(nonce, first, place), cipher, new TextEncoder().encode(text));
        const bytes = new Uint8Array(nonceBytes + sealed.byteLength);
        bytes.set(nonce);
        bytes.set(new Uint8Array(sealed), nonceBytes);
        return `${version}.${first}.${toBase64(bytes)}`;
    }

    /** Undefined for what was altered, was sealed for another place, or needs a key that is not in the ring. */
    async open(scope: string, place: Place, sealed: string): Promise<Opened | undefined> {
        const [found, id, text, ...rest] = sealed.split('.');
        const cipher = found === version && id !== undefined && rest.length === 0 ? await this.ring.cipher(id, scope) : undefined;
        const bytes = cipher && fromBase64(text ?? '');
        if (!cipher || !bytes || id === undefined) {
            return undefined;
        }
        try {
            const nonce = bytes.subarray(0, nonceBytes);
            const opened = await crypto.subtle.decrypt(algorithm(nonce, id, place), cipher, bytes.subarray(nonceBytes));
            return { text: new TextDecoder().decode(opened), isCurrent: id === this.ring.first };
        } catch {
            // Web Crypto says no more than that it is not authentic.
            return undefined;
        }
    }

    /** The longest text, in bytes, that takes no more than this many when it is sealed. */
    longestWithin(bytes: number): number {
        const envelope = `${version}.${this.ring.first}.`.length;
        return Math.max(0, Math.floor(((bytes - envelope) * 3) / 4) - nonceBytes - tagBytes);
    }

    async principalTag(principal: string): Promise<string> {
        return toBase64(await this.ring.principalTag(principal));
    }

    /** @param what for example `The record of session 1a2b3c4d`. */
    reportUnreadable(what: string): void {
        this.report(
            new SessionError(
                'UNREADABLE',
                `${what} could not be decrypted: it was altered, or is encrypted with a key that this node does not have. It counts as absent`
            )
        );
    }

    report(error: Error): void {
        try {
            this.onerror?.(error);
        } catch {
            // A throwing callback harms nobody.
        }
    }
}

function algorithm(iv: Uint8Array<ArrayBuffer>, keyId: string, place: Place) {
    return {
        name: 'AES-GCM',
        iv,
        additionalData: new TextEncoder().encode(JSON.stringify([version, keyId, ...place])),
        tagLength: tagBytes * 8
    };
}
