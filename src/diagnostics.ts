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
    'session-ended': OfSession;
    /** A session that is served here turned out to be gone: ended elsewhere, or expired. */
    'session-expired': OfSession;
    /** The store returned something that is no session record; it counts as absent. */
    'record-refused': OfSession;
    /** A GET opened the session's standalone stream here. */
    'stream-opened': OfSession;
    /** A GET with `Last-Event-ID` goes on with a stream here. */
    'stream-resumed': OfSession & { readonly stream: 'standalone' | 'request' };
    /** A newer GET, somewhere in the cluster, has taken a stream that was open here. */
    'stream-taken-over': OfSession;
    /** An answer or progress of the client arrived here for a server on another node. */
    'answer-routed': OfSession & { readonly outcome: 'delivered' | 'gone' | 'unreachable' };
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

interface Builtins {
    process?: { getBuiltinModule?(id: string): { channel(name: string): Channel } | undefined };
}

/** Other runtimes may not have it, and nor does Node before 20.16. Then nothing is published. */
const builtin = (globalThis as Builtins).process?.getBuiltinModule?.('node:diagnostics_channel');

const channels = new Map<keyof DiagnosticEvents, Channel>();

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

function channelOf(event: keyof DiagnosticEvents): Channel | undefined {
    let channel = channels.get(event);
    if (!channel && builtin) {
        channel = builtin.channel(`mcp-sessions:${event}`);
        channels.set(event, channel);
    }
    return channel;
}
