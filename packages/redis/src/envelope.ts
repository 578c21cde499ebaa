import { SessionError, type SessionData } from '@mcp-sessions/core';

/**
 * How a record stands in Redis: `<format>:<revision>:<JSON>`. The revision stands outside of the JSON so that a script
 * can compare it whatever the rest looks like.
 */
const format = '1';

/** @throws SessionError with code `RECORD_TOO_LARGE` for what {@link open} would not read. */
export function seal(data: SessionData, maxLength: number): string {
    const json = JSON.stringify(data);
    if (json.length > maxLength) {
        throw new SessionError('RECORD_TOO_LARGE', `The session record would be longer than maxRecordLength (${maxLength})`);
    }
    return `${format}:${data.revision ?? 0}:${json}`;
}

/** The record in a value, unchecked beyond being JSON; undefined when there is none in it. */
export function open(value: string, maxLength: number): SessionData | undefined {
    const end = value.indexOf(':', format.length + 1);
    if (!value.startsWith(`${format}:`) || end < 0 || value.length - end - 1 > maxLength) {
        return undefined;
    }
    try {
        return JSON.parse(value.slice(end + 1)) as SessionData;
    } catch {
        return undefined;
    }
}
