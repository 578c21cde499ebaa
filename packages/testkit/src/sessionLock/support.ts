import type { SessionLock } from '@mcp-sessions/core';
import type { Clause, Closable, NoLimits } from '../contract.js';
import { Unmet } from '../expect.js';

/** Locks, as `open` gives them. */
export interface LockUnderTest extends Closable {
    /** The locks as one more node has them. */
    lock(): SessionLock;
}

export type LockClause = Clause<NoLimits, LockUnderTest>;

/** A lease that no clause outlives, and one that a clause waits for; in milliseconds. */
export const longLeaseMs = 600_000;
export const shortLeaseMs = 500;

/** Takes a lock that must be free; its token. */
export async function take(lock: SessionLock, name: string, holder: string, leaseMs = longLeaseMs): Promise<number> {
    const token = await lock.acquire(name, holder, leaseMs);
    if (token === null) {
        throw new Unmet(`a free lock was asked for: expected a fencing token, got null`, 'a fencing token', token);
    }
    return token;
}

/** Each is another string, though some are alike in what a backend may make of them. */
export const strangeStrings = [
    '',
    ' ',
    'a',
    'A',
    'a ',
    ' a',
    'a\n',
    'a:b',
    'a::b',
    ':a:b',
    '{a}',
    '{a}:b',
    'a}{b',
    '*',
    '?',
    '[a]',
    '%',
    '_',
    "'",
    '"',
    '\\',
    '\\n',
    '\u0000',
    'a\u0000',
    'é',
    'e\u0301',
    '😀',
    '0',
    '00',
    '-0',
    'null',
    'undefined',
    '__proto__',
    'constructor',
    'x'.repeat(5000),
    `${'x'.repeat(5000)}y`
];
