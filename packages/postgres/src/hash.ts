/**
 * A number of 32 bits, with sign, as Postgres takes it for the key of an advisory lock (FNV-1a). Two texts may have the same:
 * then they share a lock.
 */
export function hash32(text: string, seed = 0x811c9dc5): number {
    let hash = seed;
    for (let i = 0; i < text.length; i++) {
        hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
    }
    return hash | 0;
}

/** A short name for a text, to tell it from others of one program. */
export function shortName(text: string): string {
    return [hash32(text), hash32(text, 0x2f0b4c47)].map(part => (part >>> 0).toString(36)).join('');
}
