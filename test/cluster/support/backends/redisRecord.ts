import { createHash } from 'node:crypto';
import type { SessionData } from '@mcp-sessions/core';

/** A record as it stands in Redis: its format, its revision and its JSON. */
export interface Sealed {
    format: string;
    revision: string;
    data: SessionData & Record<string, unknown>;
}

export function unseal(value: string): Sealed {
    const [, format = '', revision = '', json = ''] = /^(\d+):(\d+):(.*)$/s.exec(value) ?? [];
    return { format, revision, data: JSON.parse(json) as Sealed['data'] };
}

export const seal = ({ format, revision, data }: { format: string; revision: string; data: object }): string =>
    `${format}:${revision}:${JSON.stringify(data)}`;

export const recordKey = (prefix: string, sessionId: string): string =>
    `${prefix}{${createHash('sha256').update(sessionId).digest('base64url')}}`;
