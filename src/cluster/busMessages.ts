import type { JSONRPCMessage, RequestId } from '../jsonrpc/types.js';
import { isNodeId } from './nodeId.js';

/** What one node asks of another, always about one session (named by its digest). */
export type Question =
    /** Give this answer or this progress to the server that asked for it. */
    | { readonly ask: 'deliver'; readonly session: string; readonly message: JSONRPCMessage }
    /** Does the request of this stream still run? Whoever asks has the client now; a connection to it here is dead. */
    | { readonly ask: 'isRunning'; readonly session: string; readonly stream: string }
    /** Does the request of this stream still run, and has nothing been sent on it yet? */
    | { readonly ask: 'isSilent'; readonly session: string; readonly stream: string }
    /** Does this reader still hold its stream open? */
    | { readonly ask: 'isReading'; readonly session: string; readonly reader: string }
    /** A newer reader has claimed this one's stream: it ends now. Was it here? */
    | { readonly ask: 'yieldReader'; readonly session: string; readonly reader: string }
    /** How many requests with this id run? */
    | { readonly ask: 'count'; readonly session: string; readonly requestId: RequestId }
    /** Give this cancellation to the server that runs the request. */
    | { readonly ask: 'cancel'; readonly session: string; readonly message: JSONRPCMessage };

/** `yes` or `no`, or a number to `count`. `deliver` is answered `no` where nothing of the session is here. */
export type Answer = 'yes' | 'no' | number;

/** What goes over the bus. */
export type BusMessage =
    | { readonly call: number; readonly from: string; readonly question: Question }
    | { readonly reply: number; readonly from: string; readonly answer: Answer }
    /** The record of a session changed or is gone: whoever serves it looks at it now. */
    | { readonly changed: string; readonly from: string }
    /** There is something new in the log of notices to all sessions. */
    | { readonly noticed: true; readonly from: string }
    | WatchMessage
    | StreamMessage;

/** Somebody watches the cluster: for the next `forMs` milliseconds nodes tell `node/<watch>` what they do; 0: no more. */
export interface WatchMessage {
    readonly watch: string;
    readonly forMs: number;
    /** The fingerprint of the one session whose events are wanted; else those of all. */
    readonly session?: string;
}

/** To whoever reads a stream: there is more in the log, a reader let it go, or the server wants the connection closed. */
export interface StreamMessage {
    readonly stream: string;
    readonly released?: string;
    readonly hangUp?: true;
}

/** For how long a node may be asked to tell at a time, in milliseconds. */
const longestWatchMs = 60_000;

/** A message of another node; undefined for anything else. */
export function parseBusMessage(text: string): BusMessage | undefined {
    let value: Record<string, unknown> | null;
    try {
        value = JSON.parse(text) as Record<string, unknown> | null;
    } catch {
        return undefined;
    }
    return typeof value === 'object' && value !== null && isBusMessage(value) ? (value as unknown as BusMessage) : undefined;
}

function isBusMessage({
    call,
    reply,
    from,
    question,
    answer,
    changed,
    noticed,
    watch,
    forMs,
    session,
    stream,
    released,
    hangUp
}: Record<string, unknown>): boolean {
    if (call !== undefined) {
        return typeof call === 'number' && typeof from === 'string' && isQuestion(question);
    }
    if (reply !== undefined) {
        return typeof reply === 'number' && typeof from === 'string' && (answer === 'yes' || answer === 'no' || typeof answer === 'number');
    }
    if (changed !== undefined) {
        return typeof changed === 'string' && typeof from === 'string';
    }
    if (noticed !== undefined) {
        return noticed === true && typeof from === 'string';
    }
    if (watch !== undefined) {
        return isNodeId(watch) && typeof forMs === 'number' && forMs >= 0 && forMs <= longestWatchMs && isTextOrNothing(session);
    }
    return (
        typeof stream === 'string' && (released === undefined || typeof released === 'string') && (hangUp === undefined || hangUp === true)
    );
}

function isTextOrNothing(value: unknown): boolean {
    return value === undefined || typeof value === 'string';
}

function isQuestion(value: unknown): boolean {
    const { ask, session, message, stream, reader, requestId } = (value ?? {}) as Record<string, unknown>;
    if (typeof session !== 'string') {
        return false;
    }
    switch (ask) {
        case 'deliver':
        case 'cancel':
            return typeof message === 'object' && message !== null;
        case 'isRunning':
        case 'isSilent':
            return typeof stream === 'string';
        case 'isReading':
        case 'yieldReader':
            return typeof reader === 'string';
        case 'count':
            return typeof requestId === 'string' || typeof requestId === 'number';
        default:
            return false;
    }
}
