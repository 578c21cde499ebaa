import type { SessionData } from '@mcp-sessions/core';
import { isoTime } from './times.js';

/** Of a record what is there and has the form that it should have: anybody who can write the store may have written it. */
export interface SessionView {
    /** The session's fingerprint, by which messages and logs of servers name it, too. */
    readonly session: string;
    readonly id: string;
    /** Hash of whom it belongs to. */
    readonly principal: string | undefined;
    readonly client: string;
    readonly protocolVersion: string | undefined;
    readonly initialized: boolean;
    /** Milliseconds since the epoch. */
    readonly createdAt: number;
    readonly lastActivity: number;
}

export function viewOf(data: SessionData, fingerprint: string): SessionView {
    const { principal, initializeParams, protocolVersion, createdAt, lastActivity } = data as unknown as Record<string, unknown>;
    return {
        session: fingerprint,
        id: data.sessionId,
        principal: text(principal),
        client: isEncrypted(data) ? '(encrypted)' : clientOf(initializeParams),
        protocolVersion: text(protocolVersion),
        initialized: data.initialized === true,
        createdAt: number(createdAt),
        lastActivity: number(lastActivity)
    };
}

/** One line of `--json`. */
export function jsonOf(view: SessionView, hasIds: boolean) {
    const { session, id, principal, client, protocolVersion, initialized, createdAt, lastActivity } = view;
    return {
        session,
        ...(hasIds && { id }),
        principal,
        client,
        protocolVersion,
        initialized,
        createdAt: isoTime(createdAt),
        lastActivity: isoTime(lastActivity),
        idleMs: Math.max(0, Math.round(Date.now() - lastActivity))
    };
}

/** Whether a record is still encrypted, because its key is not here. */
export function isEncrypted({ metadata }: SessionData): boolean {
    return typeof metadata === 'object' && metadata !== null && Object.hasOwn(metadata, 'mcp-sessions.sealed');
}

/** `name version` of the client, as it introduced itself. */
function clientOf(params: unknown): string {
    const { clientInfo } = (params ?? {}) as { clientInfo?: unknown };
    const { name, version } = (clientInfo ?? {}) as { name?: unknown; version?: unknown };
    return [text(name), text(version)].filter(Boolean).join(' ');
}

function text(value: unknown): string | undefined {
    return typeof value === 'string' ? value : undefined;
}

function number(value: unknown): number {
    return typeof value === 'number' ? value : NaN;
}
