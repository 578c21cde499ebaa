import { STANDALONE, type Connection, type Finding, type History, type Predicate, type Seen } from '../history.js';
import { comparePositions, GRACE_MS, View } from '../view.js';

/**
 * What a server was told is sent reaches a client that follows the stream to its end, and a connection never repeats what is
 * at or before the event that the client named, nor leaves anything out behind it.
 *
 * What may be lost: messages that a server was not told are sent, since its node was killed; those on their way to the log
 * while their node was paused; those of a call
 * that was answered with an error while its node could not be reached; and what was written to a connection of the
 * standalone stream for which the client has no event id to come back with.
 */
export const exactlyOnce: Predicate = {
    name: 'exactly once',
    guarantees: 'X5, L2, L3, L4',
    check: history => {
        const view = View.of(history);
        return [
            ...lost(view, history),
            ...view.streams.flatMap(connections => connections.flatMap(connection => repeated(view, connections, connection))),
            ...view.streams.flatMap(connections => connections.flatMap(connection => gaps(view, connections, connection)))
        ];
    }
};

function lost(view: View, history: History): Finding[] {
    const seen = new Set(history.connections.flatMap(({ events }) => events.map(({ token }) => token)));
    return history.sent.flatMap(sent => {
        const { token, session, stream, kind, begun, done, node } = sent;
        if (kind === 'final' || done === undefined || seen.has(token) || wasPaused(history, node, begun, done)) return [];
        const { followedUntil = -Infinity } = view.session(session) ?? {};
        const follows = stream === STANDALONE ? done <= followedUntil : view.call(session, stream)?.followed;
        if (!follows) return [];
        if (stream === STANDALONE ? wasUnnamed(view, session, sent.begun) : wasAnsweredMeanwhile(view, session, stream, node, done))
            return [];
        return [{ what: 'A message was sent and never seen', session, stream, tokens: [token] }];
    });
}

/** A node that is paused misses what its log answers, and does without it. */
function wasPaused({ faults }: History, node: string, begun: number, done: number): boolean {
    return faults.some(fault => fault.kind === 'pause' && fault.node === node && fault.from <= done && fault.to >= begun);
}

/** Whether a client may have been given it on a connection that left it without an event id to come back with. */
function wasUnnamed(view: View, session: string, begun: number): boolean {
    const connections = view.connectionsOf(session, STANDALONE);
    return connections.some(({ cursor, events, sent, closed = Infinity }, index) => {
        if (cursor !== undefined) return false;
        // One that begins anew gives up what it has not read of those before it.
        const givesUp = index > 0 && begun <= sent + GRACE_MS;
        return givesUp || (!events.some(({ id }) => id !== undefined) && begun <= closed + GRACE_MS);
    });
}

function wasAnsweredMeanwhile(view: View, session: string, stream: string, node: string, done: number): boolean {
    const hasError = view.connectionsOf(session, stream).some(({ events }) => events.some(({ kind }) => kind === 'error'));
    return hasError && view.history.faults.some(fault => fault.node === node && fault.kind === 'pause' && fault.from <= done);
}

function repeated(view: View, connections: readonly Connection[], connection: Connection): Finding[] {
    const { session, stream, cursor, name } = connection;
    const had = cursor === undefined ? hadBefore(view, connections, connection) : coveredBy(view, connections, cursor);
    return view.own(connection).flatMap(({ token }) => {
        if (token === undefined) return [];
        const again = had.has(token);
        had.add(token);
        return again ? [{ what: `A message came again on connection ${name}`, session, stream, tokens: [token] }] : [];
    });
}

/** What a client has had that names this event: all up to it, on that connection and on those that it went on from. */
function coveredBy(view: View, connections: readonly Connection[], eventId: string, asked = new Set<string>()): Set<string> {
    const covered = new Set<string>();
    if (asked.has(eventId)) return covered;
    asked.add(eventId);
    for (const connection of connections) {
        const events = view.own(connection);
        const index = events.findIndex(({ id }) => id === eventId);
        if (index < 0) continue;
        const before = connection.cursor === undefined ? [] : coveredBy(view, connections, connection.cursor, asked);
        for (const token of [...before, ...events.slice(0, index + 1).map(event => event.token)]) {
            if (token !== undefined) covered.add(token);
        }
    }
    return covered;
}

/** What was delivered before a GET that names no event, as far as nodes could tell each other. */
function hadBefore(view: View, connections: readonly Connection[], { sent, stream, opened }: Connection): Set<string> {
    if (stream !== STANDALONE) return new Set();
    const earlier = connections.filter(other => other.sent < sent && !view.isDisturbed(other.node, other.sent, opened ?? sent));
    return new Set(earlier.flatMap(other => view.own(other).flatMap(({ token }) => token ?? [])));
}

function gaps(view: View, connections: readonly Connection[], connection: Connection): Finding[] {
    const { session, stream, name } = connection;
    const here = new Map(messages(view, connection).map(event => [event.token, event.id]));
    const ids = [...here.values()].sort(comparePositions);
    const last = ids.at(-1);
    if (last === undefined) return [];
    const from = connection.cursor ?? (stream === STANDALONE ? ids[0] : undefined);
    const missing = new Set<string>();
    for (const event of connections.flatMap(other => messages(view, other))) {
        const isBehind = from === undefined || comparePositions(from, event.id) < 0;
        if (isBehind && comparePositions(event.id, last) < 0 && !here.has(event.token)) missing.add(event.token);
    }
    return missing.size === 0 ? [] : [{ what: `Messages were left out on connection ${name}`, session, stream, tokens: [...missing] }];
}

function messages(view: View, connection: Connection): (Seen & { id: string; token: string })[] {
    return view
        .own(connection)
        .filter(
            (event): event is Seen & { id: string; token: string } =>
                event.id !== undefined && event.token !== undefined && event.kind !== 'final'
        );
}
