import type { RequestId } from '../jsonrpc/types.js';
import type { LogCursor } from '../ports/eventLog.js';

/** The stream for what belongs to no request: one per session. */
export const standaloneStream = 'standalone';

/** Longest list of request ids, as base64url, that a stream id may carry. */
const maxIdsLength = 256;
/** Longest event id that is looked at: no id of ours is longer. */
const maxEventIdLength = 512;

/** What the id of a POST's stream says: who runs its requests, and which they are. */
export interface StreamOrigin {
    readonly node: string;
    readonly clientIds: readonly RequestId[];
}

/**
 * A stream id that says all that another node must know to go on with the stream, so that beginning one costs no write:
 * `<node>.<count>.<request ids>.<check>`. Undefined where the request ids are too long to be carried.
 *
 * The check is made with the session's name, so the id of another session's stream is no id at all here.
 */
export function streamIdOf(session: string, node: string, count: number, clientIds: readonly RequestId[]): string | undefined {
    const ids = base64url(JSON.stringify(clientIds));
    const body = `${node}.${count}.${ids}`;
    return ids.length > maxIdsLength ? undefined : `${body}.${checksum(session + body)}`;
}

/** Undefined for anything that {@link streamIdOf} has not made for this session. */
export function originOf(session: string, streamId: string): StreamOrigin | undefined {
    const [, body = '', node = '', ids = '', check] = /^(([\w-]{12})\.\d+\.([\w-]+))\.(\w+)$/.exec(streamId) ?? [];
    if (check === undefined || check !== checksum(session + body)) {
        return undefined;
    }
    const clientIds = parseIds(ids);
    return clientIds && { node, clientIds };
}

/** The check keeps out other sessions' ids, not what a client makes up for its own. */
function parseIds(text: string): RequestId[] | undefined {
    try {
        const ids: unknown = JSON.parse(fromBase64url(text));
        const isList = Array.isArray(ids) && ids.every(id => typeof id === 'string' || typeof id === 'number');
        return isList && ids.length > 0 ? ids : undefined;
    } catch {
        return undefined;
    }
}

/** The id of an event that is in the log. */
export function eventIdAt(streamId: string, position: string): string {
    return `${streamId}~${position}`;
}

/** The id of a priming event, which is in no log: the stream begins behind this position. */
export function primingIdAt(streamId: string, position: string): string {
    return `${streamId}~~${position}`;
}

/** Where a client stands that sends this `Last-Event-ID`; undefined for what is no id of ours. */
export function parseEventId(eventId: string): { streamId: string; cursor: LogCursor } | undefined {
    if (eventId.length > maxEventIdLength) {
        return undefined;
    }
    const [, streamId = '', priming, position = ''] = /^([\w.-]+)~(~?)([\x21-\x7d]*)$/.exec(eventId) ?? [];
    if (priming === undefined || (priming === '' && position === '')) {
        return undefined;
    }
    return { streamId, cursor: priming ? { since: position } : { after: position } };
}

/** Where a reader with this cursor goes on. */
export function positionOf(cursor: LogCursor): string {
    return 'after' in cursor ? cursor.after : cursor.since;
}

/** FNV-1a over two lanes: tells ids of other sessions and mangled ones apart from ours. Not for keeping secrets. */
function checksum(text: string): string {
    let low = 0x811c9dc5;
    let high = 0xc9dc5811;
    for (let i = 0; i < text.length; i++) {
        const code = text.charCodeAt(i);
        low = Math.imul(low ^ code, 0x01000193);
        high = Math.imul(high ^ (code + i), 0x01000193);
    }
    return ((low >>> 0).toString(36) + (high >>> 0).toString(36)).padStart(14, '0');
}

function base64url(text: string): string {
    const bytes = /^[\x20-\x7e]*$/.test(text) ? text : String.fromCharCode(...new TextEncoder().encode(text));
    return btoa(bytes).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

function fromBase64url(text: string): string {
    const bytes = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
    return new TextDecoder().decode(Uint8Array.from(bytes, char => char.charCodeAt(0)));
}
