import type { SessionData } from '../ports/sessionStore.js';

/** The shape that this release writes. Raised only when an older reader could not make sense of a record. */
export const schemaVersion = 1;

/** Keys that no record has, and that must never be copied onto an object. */
const forbiddenKeys = ['__proto__', 'constructor', 'prototype'];

type Check = (value: unknown) => boolean;

const isString: Check = value => typeof value === 'string';
const isTime: Check = value => Number.isFinite(value);
const isCount: Check = value => Number.isSafeInteger(value) && (value as number) >= 0;
const isPlainObject: Check = value => typeof value === 'object' && value !== null && !Array.isArray(value) && !hasForbiddenKey(value);
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
    protocolVersion: isString,
    initializeParams: isPlainObject,
    logLevel: optional(isString),
    subscriptions: optional(value => Array.isArray(value) && value.every(isString)),
    principal: optional(isString)
};

/** A record that a session can be restored from. */
export type SessionRecord = SessionData & Required<Pick<SessionData, 'protocolVersion' | 'initializeParams'>>;

/**
 * What a store returned as a session record, or null when it is none: mistyped, of another session, or written by a
 * release whose records this one cannot read. Unknown fields are kept.
 */
export function parseRecord(value: unknown, sessionId: string): SessionRecord | null {
    if (!isPlainObject(value)) {
        return null;
    }
    const record = value as SessionRecord;
    for (const field in checks) {
        if (!checks[field as keyof SessionData](record[field as keyof SessionData])) {
            return null;
        }
    }
    return record.sessionId === sessionId ? record : null;
}

/** Bytes of a record as JSON in UTF-8. */
export function recordBytes(record: SessionData): number {
    return new TextEncoder().encode(JSON.stringify(record)).length;
}

/** The record after a change: one revision further, its life extended. */
export function revised(record: SessionRecord, change: Partial<SessionData>): SessionRecord {
    return { ...record, ...change, revision: (record.revision ?? 0) + 1, lastActivity: Date.now() };
}

function hasForbiddenKey(value: object): boolean {
    return forbiddenKeys.some(key => Object.hasOwn(value, key));
}
