import { digest } from '@mcp-sessions/core';

/** Longest name that stands in an index as it is: Postgres takes about 2,700 bytes there, of a row in all. */
const longestName = 400;

/** Postgres keeps neither the character U+0000 nor halves of surrogate pairs. */
const troubling = /[\\\0]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;
const allTroubling = new RegExp(troubling, 'g');

/** Any text as Postgres can keep it. Different texts stay different. */
export function toColumn(text: string): string {
    return troubling.test(text)
        ? text.replace(allTroubling, part => (part === '\\' ? '\\\\' : `\\${part.charCodeAt(0).toString(16).padStart(4, '0')}`))
        : text;
}

/** The text that {@link toColumn} was given. */
export function fromColumn(text: string): string {
    return text.includes('\\')
        ? text.replace(/\\(\\|[\da-f]{4})/g, (_, part: string) => (part === '\\' ? part : String.fromCharCode(parseInt(part, 16))))
        : text;
}

/** A name that an index can hold: itself, or its hash when it is long. */
export async function toName(text: string): Promise<string> {
    return text.length <= longestName && !text.startsWith('#') ? toColumn(text) : `#${await digest(JSON.stringify(text))}`;
}
