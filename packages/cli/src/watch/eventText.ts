import type { DiagnosticEvents } from '@mcp-sessions/core';

export type EventName = keyof DiagnosticEvents;

/** What an event is in words, by its fields. */
type Words = { readonly [E in EventName]: (data: DiagnosticEvents[E], nameOf: (node: string) => string) => string };

const ms = (durationMs: number) => (durationMs < 10 ? `${durationMs.toFixed(1)} ms` : `${Math.round(durationMs)} ms`);

const words: Words = {
    'session-created': () => 'session began',
    'session-restored': ({ durationMs }) => `session restored in ${ms(durationMs)}`,
    'session-ended': () => 'session ended',
    'session-expired': () => 'session is gone: ended elsewhere, or expired',
    'record-refused': () => 'the store returned something that is no record',
    request: ({ method, status, durationMs }) => `${method} ${status} in ${ms(durationMs)}`,
    'call-started': ({ method }) => `${method} …`,
    'call-ended': ({ method, outcome, durationMs }) => `${method} ${outcome} in ${ms(durationMs)}`,
    'message-sent': ({ kind }) => `${kind} sent to the client`,
    'stream-opened': () => 'stream opened',
    'stream-resumed': ({ stream }) => `${stream === 'request' ? 'stream of a call' : 'stream'} goes on here`,
    'stream-taken-over': () => 'a newer stream took over',
    'answer-routed': (data, nameOf) =>
        data.outcome === 'delivered'
            ? `answer handed over to ${nameOf(data.to)}`
            : `answer not handed over: the node that asked is ${data.outcome}`,
    'producer-lost': () => 'the node of a call is dead; its client is told',
    'store-slow': ({ durationMs }) => `store slow: ${ms(durationMs)}`,
    'store-down': ({ reason, durationMs }) => `store down after ${ms(durationMs)}: ${reason}`
};

/** Every event that a node may tell of. */
export const eventNames = Object.keys(words) as readonly EventName[];

/** Those that come with each request, in addition to the one that says how it went. */
export const chattyEvents: ReadonlySet<EventName> = new Set<EventName>(['request', 'call-started']);

/** An event in words. */
export function eventText<E extends EventName>(event: E, data: DiagnosticEvents[E], nameOf: (node: string) => string): string {
    return words[event](data, nameOf);
}

/** Whether a person should look at it. */
export function isAlarming(event: EventName): boolean {
    return event === 'store-slow' || event === 'store-down' || event === 'producer-lost' || event === 'record-refused';
}
