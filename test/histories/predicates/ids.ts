import type { Connection, Finding, Predicate, Seen, Sent } from '../history.js';
import { comparePositions, View } from '../view.js';

interface Placed {
    id: string;
    sent: Sent;
}

/**
 * Every message has one event id and every event id one message; ids grow on each connection from the one that the client
 * named, and over all streams and nodes of a session with the order in which messages were sent.
 */
export const ids: Predicate = {
    name: 'ids',
    guarantees: 'L1',
    check: history => {
        const view = View.of(history);
        return [
            ...history.connections.flatMap(connection => falling(view, connection)),
            ...history.sessions.flatMap(({ name }) => {
                const connections = history.connections.filter(({ session }) => session === name);
                return [...ambiguous(view, name, connections), ...turned(view, name, connections)];
            })
        ];
    }
};

function falling(view: View, connection: Connection): Finding[] {
    const { session, stream, name, cursor, node, sent } = connection;
    const findings: Finding[] = [];
    let last = cursor;
    const had = new Set<string>();
    for (const event of view.own(connection)) {
        const token = event.token ?? event.kind;
        if (event.id === undefined) {
            // With the session its log is gone; and a node that is paused misses what its log answers.
            const mayBeUnlogged = event.at >= (view.session(session)?.deleteBegun ?? Infinity) || view.isDisturbed(node, sent, event.at);
            if (mayBeUnlogged) continue;
            findings.push({ what: `An event without an id on connection ${name}`, session, stream, tokens: [token] });
            continue;
        }
        // The same event again is the matter of another predicate.
        if (event.kind === 'priming' || had.has(event.id)) continue;
        had.add(event.id);
        if (last !== undefined && comparePositions(last, event.id) >= 0 && !isCovered(event, cursor)) {
            findings.push({ what: `Its id is not greater than the one before it on connection ${name}`, session, stream, tokens: [token] });
        }
        last = event.id;
    }
    return findings;
}

/** An event at the place that the client named is a repetition, which is the matter of another predicate. */
function isCovered({ id }: Seen, cursor: string | undefined): boolean {
    return id !== undefined && id === cursor;
}

function ambiguous(view: View, session: string, connections: readonly Connection[]): Finding[] {
    const byToken = new Map<string, string>();
    const byId = new Map<string, string>();
    const findings: Finding[] = [];
    for (const connection of connections) {
        for (const { id, token } of view.own(connection)) {
            if (id === undefined || token === undefined) continue;
            const [otherId, otherToken] = [byToken.get(token) ?? id, byId.get(id) ?? token];
            if (otherId !== id) findings.push({ what: 'It came under two ids', session, tokens: [token] });
            if (otherToken !== token) findings.push({ what: 'They came under one id', session, tokens: [otherToken, token] });
            byToken.set(token, id);
            byId.set(id, token);
        }
    }
    return findings;
}

/** Messages of different streams, of which the one that was sent later has the smaller id. Of one stream: see {@link order}. */
function turned(view: View, session: string, connections: readonly Connection[]): Finding[] {
    const placed = new Map<string, Placed>();
    for (const connection of connections) {
        for (const { id, token } of view.own(connection)) {
            const sent = view.sentAs(token);
            if (id !== undefined && sent) placed.set(sent.token, { id, sent });
        }
    }
    const all = [...placed.values()];
    return all.flatMap(later => {
        const earlier = all.find(
            ({ id, sent }) =>
                sent.stream !== later.sent.stream &&
                sent.done !== undefined &&
                sent.done < later.sent.begun &&
                comparePositions(id, later.id) >= 0
        );
        const tokens = earlier && [earlier.sent.token, later.sent.token];
        return tokens ? [{ what: 'The second was sent later and has no greater id', session, tokens }] : [];
    });
}
