import { SessionError } from '../errors.js';
import { fromBase64 } from './base64.js';
import { Remembered } from './remembered.js';

/** One key of a ring. */
export interface EncryptionKey {
    /** Names the key in what was encrypted with it: 1 to 64 letters, digits, `_` and `-`. A name is for one key, for ever. */
    id: string;
    /** 32 random bytes, as they are or as base64 text: `openssl rand -base64 32`. */
    key: Uint8Array | string;
}

type Derive = typeof crypto.subtle.deriveKey;
/** A key of Web Crypto. */
type Key = Awaited<ReturnType<Derive>>;

const keyBytes = 32;
/** Derived keys that are remembered: what is used again and again is derived once. */
const mostDerived = 10_000;
const salt = new TextEncoder().encode('mcp-sessions/at-rest/1');

/**
 * The keys of a configuration. Nothing is encrypted with them: each session has a key of its own, derived by HKDF-SHA-256,
 * so that what may be encrypted with random nonces under one key is never used up.
 */
export class KeyRing {
    /** The id of the key that encrypts. */
    readonly first: string;
    private readonly keys = new Map<string, Promise<Key>>();
    private readonly principalKey: Promise<Key>;
    private readonly derived = new Remembered<Promise<Key>>(mostDerived);

    /** @throws SessionError `CONFIGURATION` where a key cannot be used. Its message holds nothing of the key. */
    constructor(keys: readonly EncryptionKey[], principalKey: Uint8Array | string | undefined) {
        const [first] = keys;
        if (!first) {
            throw new SessionError(
                'CONFIGURATION',
                "keys must hold at least one key: [{ id: '2026-01', key: '<openssl rand -base64 32>' }]"
            );
        }
        keys.forEach((entry, index) => this.add(entry, `keys[${index}]`));
        this.first = first.id;
        const tagging = imported(principalKey ?? first.key, 'principalKey');
        this.principalKey = this.derive(tagging, 'principal', { name: 'HMAC', hash: 'SHA-256', length: 256 }, ['sign']);
    }

    /** The cipher of what belongs together; undefined for a key that is not in the ring. */
    cipher(id: string, scope: string): Promise<Key> | undefined {
        const key = this.keys.get(id);
        return (
            key &&
            this.derived.get(`${id} ${scope}`, () => this.derive(key, scope, { name: 'AES-GCM', length: 256 }, ['encrypt', 'decrypt']))
        );
    }

    /** What stands for a principal: the same on all nodes, and of no use without the key. */
    async principalTag(principal: string): Promise<Uint8Array> {
        return new Uint8Array(await crypto.subtle.sign('HMAC', await this.principalKey, new TextEncoder().encode(principal)));
    }

    private add({ id, key }: EncryptionKey, name: string): void {
        if (typeof id !== 'string' || !/^[\w-]{1,64}$/.test(id)) {
            throw new SessionError('CONFIGURATION', `${name}.id must be 1 to 64 letters, digits, _ and -`);
        }
        if (this.keys.has(id)) {
            throw new SessionError('CONFIGURATION', `${name}.id is that of another key: each key needs an id of its own`);
        }
        this.keys.set(id, imported(key, `${name}.key`));
    }

    private async derive(key: Promise<Key>, scope: string, kind: Parameters<Derive>[2], usages: Parameters<Derive>[4]): Promise<Key> {
        // A session id may be longer than what HKDF takes.
        const info = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(scope));
        return crypto.subtle.deriveKey({ name: 'HKDF', hash: 'SHA-256', salt, info }, await key, kind, false, usages);
    }
}

function imported(key: Uint8Array | string, name: string): Promise<Key> {
    const bytes =
        typeof key === 'string'
            ? fromBase64(key.trim().replaceAll('-', '+').replaceAll('_', '/').replace(/=+$/, ''))
            : key instanceof Uint8Array
              ? Uint8Array.from(key)
              : undefined;
    if (bytes?.length !== keyBytes) {
        const found = bytes ? `it has ${bytes.length}` : 'it is neither';
        throw new SessionError(
            'CONFIGURATION',
            `${name} must be ${keyBytes} bytes, as a Uint8Array or as base64 text (openssl rand -base64 32); ${found}`
        );
    }
    return crypto.subtle.importKey('raw', bytes, 'HKDF', false, ['deriveKey']);
}
