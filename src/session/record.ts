import type { SessionData } from '../ports/sessionStore.js';
import { utf8Length } from '../utf8.js';

/** The shape that this release writes. Raised only when an older reader could not make sense of a record. */
const schemaVersion = 1;

type Check = (value: unknown) => boolean;

const isString: Check = value => typeof value === 'string';
const isTime: Check = value => Number.isFinite(value);
const isCount: Check = value => Number.isSafeInteger(value) && (value as number) >= 0;
const isPlainObject: Check = value =>
    // A key __proto__ would become the prototype of a copy.
    typeof value === 'object' && value !== null && !Array.isArray(value) && !Object.hasOwn(value, '__proto__');
const optional =
    (check: Check): Check =>
    value =>
        value === undefined || check(value);

const checks: Record<keyof SessionData, Check> = {
    sessionId: isString,
    initialized: value => typeof value === 'boolean',
    createdAt: isTime,
    lastActivity: isTime,
    metadata: optional(isPlainObject),
    schemaVersion: optional(value => isCount(value) && (value as number) <= schemaVersion),
    revision: optional(isCount),
    etag: optional(isString),
    protocolVersion: isString,
    initializeParams: isPlainObject,
    logLevel: optional(isString),
    subscriptions: optional(value => Array.isArray(value) && value.every(isString)),
    state: optional(isPlainObject),
    noticed: optional(isString),
    principal: optional(isString),
    endedBy: optional(isString)
};

/** A record that a session can be restored from. */
export type SessionRecord = SessionData & Required<Pick<SessionData, 'protocolVersion' | 'initializeParams'>>;

/** The record of a session that begins now. Of the client's parameters it holds what a server is told by them. */
export function newRecord(
    sessionId: string,
    protocolVersion: string,
    initializeParams: Readonly<Record<string, unknown>>,
    { principal, noticed }: { readonly principal: string | undefined; readonly noticed: string | undefined }
): SessionRecord {
    const now = Date.now();
    return {
        sessionId,
        initialized: false,
        createdAt: now,
        lastActivity: now,
        schemaVersion,
        revision: 1,
        etag: newEtag(),
        protocolVersion,
        initializeParams: {
            protocolVersion: initializeParams['protocolVersion'],
            capabilities: initializeParams['capabilities'],
            clientInfo: initializeParams['clientInfo']
        },
        ...(principal !== undefined && { principal }),
        ...(noticed !== undefined && { noticed })
    };
}

/**
 * What a store returned as a session record, or null when it is none: mistyped, of another session, or written by a
 * release whose records this one cannot read. Unknown fields are kept; a null, as databases return it, is no value.
 */
export function parseRecord(value: unknown, sessionId: string): SessionRecord | null {
    if (!isPlainObject(value)) {
        return null;
    }
    const record = withoutNulls(value as Record<string, unknown>) as unknown as SessionRecord;
    for (const field in checks) {
        if (!checks[field as keyof SessionData](record[field as keyof SessionData])) {
            return null;
        }
    }
    return record.sessionId === sessionId ? record : null;
}

/** Bytes of a record as JSON in UTF-8. */
export function recordBytes(record: SessionData): number {
    return utf8Length(JSON.stringify(record));
}

/** The record after a change: one revision further, its life extended. */
export function revised(record: SessionRecord, change: Partial<SessionData>): SessionRecord {
    return { ...record, ...change, revision: (record.revision ?? 0) + 1, etag: newEtag(), lastActivity: Date.now() };
}

function newEtag(): string {
    return crypto.randomUUID();
}

function withoutNulls(value: Record<string, unknown>): Record<string, unknown> {
    const fields = Object.entries(value);
    return fields.some(([, field]) => field === null) ? Object.fromEntries(fields.filter(([, field]) => field !== null)) : value;
}
