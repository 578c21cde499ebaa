import type { SessionData } from '@mcp-sessions/core';

/**
 * How a record stands in Redis: `<format>:<revision>:<JSON>`. The revision stands outside of the JSON so that a script
 * can compare it whatever the rest looks like.
 */
const format = '1';

export function seal(data: SessionData): string {
    return `${format}:${data.revision ?? 0}:${JSON.stringify(data)}`;
}

/** The record in a value, unchecked beyond being JSON; undefined when there is none in it. */
export function open(value: string, maxBytes: number): SessionData | undefined {
    const end = value.indexOf(':', format.length + 1);
    if (!value.startsWith(`${format}:`) || end < 0 || value.length > maxBytes) {
        return undefined;
    }
    try {
        return JSON.parse(value.slice(end + 1)) as SessionData;
    } catch {
        return undefined;
    }
}
