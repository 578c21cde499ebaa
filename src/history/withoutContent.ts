import type { JSONRPCMessage } from '../jsonrpc/types.js';

/** Longest name or id of a message that is not kept whole, and longest text of its error, in characters. */
const longestName = 200;
const longestErrorText = 1000;
/** How deep a message may be nested: what reads it, writes it and looks into it in the store recurses, each with bounds of its own. */
const deepest = 500;

/** What is left of a message that is too large, or nested too deep. Small, whatever is in it. */
export function withoutContent(message: JSONRPCMessage): JSONRPCMessage {
    const { id, method, error } = message as { id?: unknown; method?: unknown; error?: { code?: unknown; message?: unknown } | null };
    const name = id === undefined ? undefined : { id: typeof id === 'number' ? id : cut(id, longestName) };
    if (method !== undefined) {
        return { jsonrpc: '2.0', ...name, method: cut(method, longestName) };
    }
    if (typeof error === 'object' && error !== null) {
        const code = typeof error.code === 'number' ? error.code : 0;
        return { jsonrpc: '2.0', id: '', ...name, error: { code, message: cut(error.message, longestErrorText) } };
    }
    return { jsonrpc: '2.0', id: '', ...name, result: {} };
}

export function isTooDeep(value: unknown, depth = deepest): boolean {
    return typeof value === 'object' && value !== null && (depth === 0 || Object.values(value).some(part => isTooDeep(part, depth - 1)));
}

/** Of what should be text: `redact` may have made anything of it. */
function cut(text: unknown, length: number): string {
    return typeof text === 'string' ? text.slice(0, length) : '';
}
