import { fingerprintOfDigest } from './digest.js';

/** What all events have. */
interface OfSession {
    /** Fingerprint of the session, as messages name it; never its id. */
    readonly session: string;
}

/**
 * What happens on this node, by the name of the event. Each is published on the channel `mcp-sessions:<name>` of
 * `node:diagnostics_channel`, and costs nothing while nobody has subscribed to it. Names and fields are stable: new ones may
 * be added.
 */
export interface DiagnosticEvents {
    /** `initialize` began a session here; its record is stored. */
    'session-created': OfSession;
    /** A session that was begun elsewhere, or by an earlier process, is served here now. */
    'session-restored': OfSession & { readonly durationMs: number };
    /** A DELETE that arrived here, or `SessionHandler.end`, ended the session. */
    'session-ended': OfSession & {
        /** Since its `initialize`, by the clocks of two nodes; left out where an operator ended it. */
        readonly lifetimeMs?: number;
    };
    /** A session that is served here turned out to be gone: ended elsewhere, or expired. */
    'session-expired': OfSession;
    /** The store returned something that is no session record; it counts as absent. */
    'record-refused': OfSession;
    /** An HTTP request to a handler has its answer, or its client has gone: for a GET that opened a stream, hours later. */
    request: {
        /** Left out where the request was of no session that is served. */
        readonly session?: string;
        readonly method: string;
        /** As it was sent; 499 for a client that went before it was. */
        readonly status: number;
        readonly durationMs: number;
    };
    /** The server of a session was handed a request of its client. */
    'call-started': OfSession & {
        /** As MCP names it, such as `tools/call`; `other` for what the protocol does not know. */
        readonly method: string;
    };
    /** The server responded to it. */
    'call-ended': OfSession & { readonly method: string; readonly outcome: 'result' | 'error'; readonly durationMs: number };
    /** A message of the server's to its client: sent, or kept until its stream is open. */
    'message-sent': OfSession & { readonly kind: 'request' | 'response' | 'notification' };
    /** A GET opened the session's standalone stream here. */
    'stream-opened': OfSession;
    /** A GET with `Last-Event-ID` goes on with a stream here. */
    'stream-resumed': OfSession & { readonly stream: 'standalone' | 'request' };
    /** A newer GET, somewhere in the cluster, has taken a stream that was open here. */
    'stream-taken-over': OfSession;
    /** An answer or progress of the client arrived here for a server on another node. */
    'answer-routed': OfSession &
        (
            | {
                  readonly outcome: 'delivered';
                  /** The id of that node. */
                  readonly to: string;
              }
            | { readonly outcome: 'gone' | 'unreachable' }
        );
    /** The node that ran a request is dead: its client, which came here, is given an error. */
    'producer-lost': OfSession;
    /** A call of the store, the log, the bus or the lock took more than half of its deadline. */
    'store-slow': { readonly durationMs: number };
    /** Such a call failed, or did not end within its deadline. */
    'store-down': { readonly durationMs: number; readonly reason: string };
}

interface Channel {
    readonly hasSubscribers: boolean;
    publish(message: unknown): void;
}

type Listener = (message: unknown) => void;

interface DiagnosticsChannel {
    channel(name: string): Channel;
    subscribe(name: string, listener: Listener): void;
    unsubscribe(name: string, listener: Listener): boolean;
}

interface Builtins {
    process?: { getBuiltinModule?(id: string): DiagnosticsChannel | undefined };
}

/** Other runtimes may not have it, and nor does Node before 20.16. Then nothing is published. */
const builtin = (globalThis as Builtins).process?.getBuiltinModule?.('node:diagnostics_channel');

const channels = new Map<keyof DiagnosticEvents, Channel>();

/** Each event, once: the type has none that is missing here. */
const eventNames: Record<keyof DiagnosticEvents, true> = {
    'session-created': true,
    'session-restored': true,
    'session-ended': true,
    'session-expired': true,
    'record-refused': true,
    request: true,
    'call-started': true,
    'call-ended': true,
    'message-sent': true,
    'stream-opened': true,
    'stream-resumed': true,
    'stream-taken-over': true,
    'answer-routed': true,
    'producer-lost': true,
    'store-slow': true,
    'store-down': true
};

/** The names of all events, for who takes what another process tells. */
export function isEventName(name: string): name is keyof DiagnosticEvents {
    return Object.hasOwn(eventNames, name);
}

/** Calls back with every event of one kind from now on; returns how to end that. What the listener throws is an uncaught exception. */
export function listenTo<E extends keyof DiagnosticEvents>(event: E, listener: (data: DiagnosticEvents[E]) => void): () => void {
    const channel = channelName(event);
    const onMessage: Listener = message => listener(message as DiagnosticEvents[E]);
    builtin?.subscribe(channel, onMessage);
    return () => void builtin?.unsubscribe(channel, onMessage);
}

/** Calls back with every event of this process from now on; returns how to end that. */
export function listenToAll(listener: <E extends keyof DiagnosticEvents>(event: E, data: DiagnosticEvents[E]) => void): () => void {
    const names = Object.keys(eventNames) as (keyof DiagnosticEvents)[];
    const ends = names.map(name => listenTo(name, data => listener(name, data)));
    return () => ends.forEach(end => end());
}

/** Whether somebody wants to know of an event: for what must be prepared before it happens. */
export function isWanted(event: keyof DiagnosticEvents): boolean {
    return channelOf(event)?.hasSubscribers ?? false;
}

/** Publishes an event, if somebody has subscribed to it. */
export function publish<E extends keyof DiagnosticEvents>(event: E, data: () => DiagnosticEvents[E]): void {
    const channel = channelOf(event);
    if (channel?.hasSubscribers) {
        channel.publish(data());
    }
}

/** The same, for an event of nothing but a session, whose name is the digest of its id. */
export function publishOf(
    event:
        | 'session-created'
        | 'session-ended'
        | 'session-expired'
        | 'record-refused'
        | 'stream-opened'
        | 'stream-taken-over'
        | 'producer-lost',
    sessionName: string
): void {
    publish(event, () => ({ session: fingerprintOfDigest(sessionName) }));
}

const channelName = (event: keyof DiagnosticEvents): string => `mcp-sessions:${event}`;

function channelOf(event: keyof DiagnosticEvents): Channel | undefined {
    let channel = channels.get(event);
    if (!channel && builtin) {
        channel = builtin.channel(channelName(event));
        channels.set(event, channel);
    }
    return channel;
}
