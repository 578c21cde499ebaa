const alphabet = new TextEncoder().encode('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/');
const invalid = 0xff;
const values = new Uint8Array(256).fill(invalid);
alphabet.forEach((code, value) => (values[code] = value));

/** Base64 without padding. `btoa` takes a hundred times as long for the same on some releases of Node. */
export function toBase64(bytes: Uint8Array): string {
    const text = new Uint8Array(Math.ceil((bytes.length * 4) / 3));
    let written = 0;
    for (let i = 0; i < bytes.length; i += 3) {
        const group = (at(bytes, i) << 16) | (at(bytes, i + 1) << 8) | at(bytes, i + 2);
        // What lies behind the end of an array is not written.
        text[written++] = at(alphabet, group >> 18);
        text[written++] = at(alphabet, (group >> 12) & 63);
        text[written++] = at(alphabet, (group >> 6) & 63);
        text[written++] = at(alphabet, group & 63);
    }
    return new TextDecoder().decode(text);
}

/** The bytes; undefined for anything that {@link toBase64} has not made: each array of bytes has one text only. */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
    const codes = new TextEncoder().encode(text);
    const bytes = new Uint8Array(Math.floor((codes.length * 3) / 4));
    let written = 0;
    let last = 0;
    for (let i = 0; i < codes.length; i += 4) {
        const [a, b, c, d] = [valueAt(codes, i), valueAt(codes, i + 1), valueAt(codes, i + 2), valueAt(codes, i + 3)];
        if (a === invalid || b === invalid || c === invalid || d === invalid) {
            return undefined;
        }
        last = (a << 18) | (b << 12) | (c << 6) | d;
        bytes[written++] = last >> 16;
        bytes[written++] = last >> 8;
        bytes[written++] = last;
    }
    const unused = codes.length % 4;
    const isCanonical = unused === 0 || (unused === 2 && (last & 0xffff) === 0) || (unused === 3 && (last & 0xff) === 0);
    return isCanonical ? bytes : undefined;
}

function at(bytes: Uint8Array, index: number): number {
    return bytes[index] ?? 0;
}

/** Behind the end there are zeros. */
function valueAt(codes: Uint8Array, index: number): number {
    const code = codes[index];
    return code === undefined ? 0 : (values[code] ?? invalid);
}
