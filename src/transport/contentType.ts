const token = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const quoted = '"(?:[\\x0b\\x20\\x21\\x23-\\x5b\\x5d-\\x7e\\x80-\\xff]|\\\\[\\x0b\\x20-\\xff])*"';
const wellFormed = new RegExp(`^\\s*application/json\\s*(?:; *${token} *= *(?:${quoted}|${token}) *)*$`, 'i');
const firstSegment = /^\s*application\/json\s*(?=;|$)/i;

/**
 * Whether a `Content-Type` says JSON by its media type (never by a substring). Parameters may be anything, also
 * malformed as long as the media type is clear; a comma in malformed parameters means that two headers were joined, and
 * then it is not. The rule is that of SDK 1.32.
 */
export function isJsonContentType(header: string | undefined): boolean {
    if (header === 'application/json') {
        return true;
    }
    if (header === undefined || !firstSegment.test(header)) {
        return false;
    }
    return wellFormed.test(header) || !header.includes(',');
}
