import type { EventLog, LogCursor, LoggedEvent, LogPage, NewEvent } from '@mcp-sessions/core';
import type { Clause, Closable } from '../contract.js';
import { expect, Unmet } from '../expect.js';

/** Limits that a clause asks for. What it leaves out is so high that the clause cannot reach it. */
export interface LogLimits {
    readonly ttlSeconds?: number;
    readonly maxEvents?: number;
    readonly maxBytes?: number;
    readonly maxAgeSeconds?: number;
}

/** A log, as `open` gives it. */
export interface LogUnderTest extends Closable {
    /** The log as one more node has it. All of one backend hold the same sessions. */
    log(): EventLog;
}

export type LogClause = Clause<LogLimits, LogUnderTest>;

let sessions = 0;

/** A session id that no other test has. */
export function newSession(): string {
    return `session-${++sessions}`;
}

export function message(text: string | number): NewEvent['message'] {
    return { jsonrpc: '2.0', method: 'notifications/message', params: { text: String(text) } };
}

export function event(streamId: string, text: string | number): NewEvent {
    return { streamId, message: message(text) };
}

export function final(streamId: string, text: string | number, finalOf = '0', undelivered = false): NewEvent {
    return { streamId, message: { jsonrpc: '2.0', id: 1, result: { text: String(text) } }, finalOf, ...(undelivered && { undelivered }) };
}

export function textOf(message: NewEvent['message'] | undefined): string {
    const { params, result } = (message ?? {}) as { params?: { text?: string }; result?: { text?: string } };
    return params?.text ?? result?.text ?? 'no message';
}

/** Appends what must not be refused; its positions. */
export async function appendAll(log: EventLog, session: string, events: readonly NewEvent[]): Promise<string[]> {
    const positions = await log.append(session, events);
    expect(positions).toHaveLength(events.length);
    return positions.map(position => {
        if (typeof position !== 'string') {
            throw new Unmet(`a position of ${session}: expected a text, got ${String(position)}`, 'a text', position);
        }
        return position;
    });
}

/** A page that must be there. */
export async function page(log: EventLog, session: string, streamId: string, cursor: LogCursor, limit = 100): Promise<LogPage> {
    const found = await log.read(session, streamId, cursor, limit);
    if (!found) {
        const behind = JSON.stringify(cursor);
        throw new Unmet(`a page of ${streamId} behind ${behind}: expected one, got null`, 'a page', found);
    }
    return found;
}

/** All of a stream behind a cursor, page by page as a reader does it; null when the first page is. */
export async function readEvents(
    log: EventLog,
    session: string,
    streamId: string,
    cursor: LogCursor = { since: '' },
    limit = 100
): Promise<LoggedEvent[] | null> {
    const events: LoggedEvent[] = [];
    let next = await log.read(session, streamId, cursor, limit);
    if (!next) {
        return null;
    }
    for (let emptyPages = 0; ; ) {
        expect(next.events.length).toBeAtMost(limit);
        events.push(...next.events);
        if (!next.more) {
            return events;
        }
        // A page may be empty, but whoever reads on gets somewhere.
        emptyPages = next.events.length > 0 ? 0 : emptyPages + 1;
        expect(emptyPages, 'empty pages in a row').toBeBelow(1000);
        const { position } = next;
        next = await page(log, session, streamId, { since: position }, limit);
        expect(next.more && next.position === position, 'a page that is no further than the one before').toBe(false);
    }
}

/** The same as texts. */
export async function readTexts(...args: Parameters<typeof readEvents>): Promise<string[] | null> {
    return (await readEvents(...args))?.map(({ message }) => textOf(message)) ?? null;
}

/** Numbers from 1 as texts. */
export function numbers(count: number, from = 1): string[] {
    return Array.from({ length: count }, (_, index) => String(from + index));
}

/** What can be told apart from any position that a backend makes. */
export const strangePositions = ['x', '-1', '0x10', '1e3', ' 1', '1 ', 'NaN', '$', '+', '-', '*', '__proto__', '9'.repeat(40), 'é', '\n'];
