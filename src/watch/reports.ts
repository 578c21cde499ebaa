import { isEventName, type DiagnosticEvents } from '../diagnostics.js';
import { isNodeId } from '../cluster/nodeId.js';

/** A session on one node, as a watcher sees it. */
export interface WatchedSession {
    /** Its fingerprint. */
    readonly session: string;
    /** Whether its standalone stream is open on this node. */
    readonly isListening: boolean;
    /** Requests of its client that run on this node. */
    readonly calls: number;
}

/** What a node says of itself, about once a second. */
export interface NodeState {
    /** How long its process has been running. */
    readonly uptimeMs: number;
    /** Whether it is about to go: it takes no new streams any more. */
    readonly isDraining: boolean;
    /** How many sessions it holds in memory. */
    readonly sessionCount: number;
    /** They, or the first 1,000 of them. */
    readonly sessions: readonly WatchedSession[];
    /** Standalone streams that are open on it, of all its sessions. */
    readonly streams: number;
    /** Requests that run on it, of all its sessions. */
    readonly calls: number;
    /** HTTP requests that it has answered since somebody began to watch it. */
    readonly requests: number;
    /** Messages that its servers have sent to clients since then. */
    readonly messages: number;
    /** Answers of clients that it has handed over to other nodes since then, by the ids of those. */
    readonly answers: Readonly<Record<string, number>>;
}

/** Something that happened on a node. */
export type NodeEvent = {
    [E in keyof DiagnosticEvents]: {
        readonly event: E;
        readonly data: DiagnosticEvents[E];
        /** When, by the node's clock, in milliseconds since 1970. */
        readonly at: number;
    };
}[keyof DiagnosticEvents];

/** One message of a node to who watches it. */
export interface NodeReport {
    readonly from: string;
    readonly name: string;
    readonly state?: NodeState;
    readonly events?: readonly NodeEvent[];
    /** Events that were too many to be sent, since the last report. */
    readonly dropped?: number;
    /** The node goes, and will not report again. */
    readonly left?: true;
}

/** How many sessions, and how many other nodes, a report names at most. */
export const maxNamed = 1000;
const maxEvents = 1000;
/** Longest name or other text in a report, in characters. */
export const maxText = 200;

/** A report as it goes over the bus: sessions, which are many, without names of fields. */
export function reportText({ state, ...report }: NodeReport): string {
    return JSON.stringify({
        ...report,
        ...(state && {
            state: { ...state, sessions: state.sessions.map(({ session, isListening, calls }) => [session, Number(isListening), calls]) }
        })
    });
}

/** What a node reported; undefined for anything else. The bus is shared with whoever has the store's password. */
export function parseReport(text: string): NodeReport | undefined {
    const value = objectOf(tryToParse(text));
    const { from, name, state, events, dropped, left } = value ?? {};
    if (!isNodeId(from) || !isText(name)) {
        return undefined;
    }
    const known = state === undefined ? undefined : stateOf(state);
    return {
        from,
        name,
        ...(known && { state: known }),
        ...(Array.isArray(events) && { events: events.slice(0, maxEvents).flatMap(eventOf) }),
        ...(isCount(dropped) && { dropped }),
        ...(left === true && { left })
    };
}

function tryToParse(text: string): unknown {
    try {
        return JSON.parse(text);
    } catch {
        return undefined;
    }
}

function stateOf(value: unknown): NodeState | undefined {
    const { uptimeMs, isDraining, sessionCount, sessions, streams, calls, requests, messages, answers } = objectOf(value) ?? {};
    const counts = { uptimeMs, sessionCount, streams, calls, requests, messages };
    if (!Object.values(counts).every(isCount) || typeof isDraining !== 'boolean' || !Array.isArray(sessions)) {
        return undefined;
    }
    return {
        ...(counts as Record<keyof typeof counts, number>),
        isDraining,
        sessions: sessions.slice(0, maxNamed).flatMap(sessionOf),
        answers: Object.fromEntries(
            Object.entries(objectOf(answers) ?? {}).filter((entry): entry is [string, number] => isNodeId(entry[0]) && isCount(entry[1]))
        )
    };
}

function sessionOf(value: unknown): WatchedSession[] {
    const [session, isListening, calls] = Array.isArray(value) ? (value as unknown[]) : [];
    return isText(session) && isCount(calls) ? [{ session, isListening: isListening === 1, calls }] : [];
}

/** What a field of an event may be. */
type FieldCheck = (value: unknown) => boolean;

/** The fields of an event: `?` stands before the name of one that may be left out. */
type FieldChecks<T> = T extends unknown
    ? { readonly [K in keyof T as undefined extends T[K] ? never : K]: FieldCheck } & {
          readonly [K in keyof T as undefined extends T[K] ? `?${K & string}` : never]: FieldCheck;
      }
    : never;

const ofSession = { session: isText };
const isOneOf =
    (...texts: readonly string[]): FieldCheck =>
    value =>
        texts.includes(value as string);

/** The fields of each event. Where it has a list, they are those of one of the list. */
export const fieldChecks: {
    readonly [E in keyof DiagnosticEvents]: FieldChecks<DiagnosticEvents[E]> | readonly FieldChecks<DiagnosticEvents[E]>[];
} = {
    'session-created': ofSession,
    'session-restored': { ...ofSession, durationMs: isCount },
    'session-ended': { ...ofSession, '?lifetimeMs': isNumber },
    'session-expired': ofSession,
    'record-refused': ofSession,
    request: { '?session': isText, method: isText, status: isCount, durationMs: isCount },
    'call-started': { ...ofSession, method: isText },
    'call-ended': { ...ofSession, method: isText, outcome: isOneOf('result', 'error'), durationMs: isCount },
    'message-sent': { ...ofSession, kind: isOneOf('request', 'response', 'notification') },
    'stream-opened': ofSession,
    'stream-resumed': { ...ofSession, stream: isOneOf('standalone', 'request') },
    'stream-taken-over': ofSession,
    'answer-routed': [
        { ...ofSession, outcome: isOneOf('delivered'), to: isText },
        { ...ofSession, outcome: isOneOf('gone', 'unreachable') }
    ],
    'producer-lost': ofSession,
    'store-slow': { durationMs: isCount },
    'store-down': { durationMs: isCount, reason: isText }
};

/** The latest moment that there is, in milliseconds since 1970. */
const lastMoment = 8.64e15;

/** None for what is no event that this release knows, or lacks a field of it: who is told of one relies on its fields. */
function eventOf(value: unknown): NodeEvent[] {
    const { event, data, at } = objectOf(value) ?? {};
    const fields = objectOf(data);
    if (typeof event !== 'string' || !isEventName(event) || !isCount(at) || at > lastMoment || !fields) {
        return [];
    }
    const plain = Object.fromEntries(
        Object.entries(fields)
            .map(([name, field]) => [name, typeof field === 'string' ? field.slice(0, maxText) : field] as const)
            .filter(([, field]) => isText(field) || isNumber(field))
    );
    const passes = ([name, check]: [string, FieldCheck]): boolean => {
        const [isOptional, key] = name.startsWith('?') ? [true, name.slice(1)] : [false, name];
        const found = Object.hasOwn(plain, key) ? plain[key] : undefined;
        return found === undefined ? isOptional && !Object.hasOwn(fields, key) : check(found);
    };
    const isWhole = [fieldChecks[event]].flat().some(checks => Object.entries(checks).every(passes));
    return isWhole ? [{ event, data: plain, at } as unknown as NodeEvent] : [];
}

function objectOf(value: unknown): Record<string, unknown> | undefined {
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
}

function isText(value: unknown): value is string {
    return typeof value === 'string' && value.length <= maxText;
}

function isCount(value: unknown): value is number {
    return isNumber(value) && value >= 0;
}

function isNumber(value: unknown): value is number {
    return Number.isFinite(value);
}
