import { digest } from '../digest.js';
import type { JSONRPCMessage, JSONRPCNotification } from '../jsonrpc/types.js';

/** What every entry of a history has that a node wrote. */
interface Written {
    /** Where the entry stands in its session's history: reading goes on `after` it. Opaque. */
    readonly position: string;
    /** When it happened, by the clock of its node; of what a client posted, when it came. ISO 8601 in UTC, with milliseconds. */
    readonly time: string;
    /** The node that it happened on, as the other nodes know it: new with each process. */
    readonly node: string;
    /** Whom the session belongs to: the hash that its record has. Absent where requests are not authenticated. */
    readonly principal?: string;
}

/** A message of the session, once, whichever nodes it passed and however often it was sent again to a client that resumed. */
export interface HistoryMessage extends Written {
    /** `in`: the client posted it and was let in. `out`: the server sent it. */
    readonly direction: 'in' | 'out';
    /** As the client sent it or was to see it, or what `redact` made of it. */
    readonly message: JSONRPCMessage;
    /**
     * The message was too large to be kept, or nested more than 500 deep: it had so many bytes, and stands here without its params,
     * its result or its error's data, with its id and its method cut to 200 characters. 0: nested too deep even to be measured.
     */
    readonly omittedBytes?: number;
}

/** A DELETE or an operator ended the session. One that expires has no such entry. */
export interface HistoryEnd extends Written {
    readonly event: 'ended';
    readonly by: 'client' | 'operator';
}

/**
 * Why messages are missing here.
 * - `overflow`: the history's store did not take them in time, and no more were held in memory.
 * - `redaction`: `redact` threw, or returned no message.
 * - `unreadable`: no entry could be made of it.
 * - `refused`: the history's store does not take it, while it takes other entries.
 */
export type DropReason = 'overflow' | 'redaction' | 'unreadable' | 'refused';

/** Messages that should stand here and do not. */
export interface HistoryGap extends Written {
    readonly event: 'dropped';
    /** How many. */
    readonly count: number;
    readonly reason: DropReason;
}

/** What stood before this is not kept any more: it was over the bounds of the history, or too old. Made by who reads. */
export interface HistoryTrimmed {
    readonly event: 'trimmed';
    readonly position: string;
}

/** One entry of a session's history. `'message' in entry` tells messages from what happened to the session or its history. */
export type HistoryEntry = HistoryMessage | HistoryEnd | HistoryGap | HistoryTrimmed;

/** An entry as it is written: numbered by its node, so that a batch that was written twice is read once. */
export type NewHistoryEntry = (WithoutPosition<HistoryMessage> | WithoutPosition<HistoryEnd> | WithoutPosition<HistoryGap>) & {
    readonly number: number;
};

type WithoutPosition<T> = Omit<T, 'position'>;

/** What an entry says of who writes it. */
export type Signature = Pick<NewHistoryEntry, 'time' | 'node' | 'number' | 'principal'>;

export function gapOf(signature: Signature, count: number, reason: DropReason): WithoutPosition<HistoryGap> & Signature {
    return { ...signature, event: 'dropped', count, reason };
}

/** Now, as entries have it. */
export function timestamp(): string {
    return new Date().toISOString();
}

/** The one stream of a history's log. */
export const historyStream = 'history';

/** What an entry looks like to the log: a notification, for one that looks into it. */
const entryMethod = 'mcp-sessions/history';

/** The name of a session's history: not that of its streams, so that both can be in one log and end each on its own. */
export function historyNameOf(sessionId: string): Promise<string> {
    return digest(`history/${sessionId}`);
}

/** An event that is no entry: written to see whether a log takes anything. */
export const noEntry: JSONRPCNotification = { jsonrpc: '2.0', method: entryMethod };

/** The entry as an event of the log. */
export function eventOf(entry: NewHistoryEntry): JSONRPCNotification {
    return { jsonrpc: '2.0', method: entryMethod, params: { ...entry } };
}

/** The entry of an event; undefined for what is none. */
export function entryOf(message: JSONRPCMessage): NewHistoryEntry | undefined {
    const params: unknown = 'method' in message && message.method === entryMethod ? message.params : undefined;
    return isEntry(params) ? params : undefined;
}

function isEntry(value: unknown): value is NewHistoryEntry {
    const { time, node, number, direction, message, event } = (value ?? {}) as Record<string, unknown>;
    const isMessage = (direction === 'in' || direction === 'out') && typeof message === 'object' && message !== null;
    return (
        typeof time === 'string' &&
        typeof node === 'string' &&
        typeof number === 'number' &&
        (isMessage || event === 'ended' || event === 'dropped')
    );
}
