import type { Call, Connection, Finding, Predicate, Seen } from '../history.js';
import { GRACE_MS, View } from '../view.js';

const isFinal = ({ kind }: Seen): boolean => kind === 'final' || kind === 'error';

/**
 * A call has one final; it is the last that comes on a connection, and then the server closes that. A client that follows its
 * call gets it, and it is an error only where the node that ran the call was killed or paused, or the call was given up.
 */
export const oneFinal: Predicate = {
    name: 'one final',
    guarantees: 'L5, L2, L3, X10',
    check: history => {
        const view = View.of(history);
        return history.calls.flatMap(call => {
            const connections = view.connectionsOf(call.session, call.name);
            return [...tooMany(view, call, connections), ...connections.flatMap(connection => notTheEnd(view, connection))].concat(
                unexpected(view, call, connections)
            );
        });
    }
};

function tooMany(view: View, { session, name }: Call, connections: readonly Connection[]): Finding[] {
    const finals = connections.flatMap(connection => view.own(connection).filter(isFinal));
    const different = new Set(finals.map(({ token, kind }) => token ?? kind));
    const places = new Set(finals.map(({ id }) => id));
    return different.size > 1 || places.size > 1
        ? [{ what: 'It has more than one final', session, stream: name, tokens: [...different] }]
        : [];
}

function notTheEnd(view: View, connection: Connection): Finding[] {
    const { session, stream, name, closed, closedBy } = connection;
    const events = view.own(connection);
    const index = events.findIndex(isFinal);
    if (index < 0) return [];
    const behind = events.slice(index + 1).filter(event => !isFinal(event));
    const findings: Finding[] = [];
    if (behind.length > 0) {
        const tokens = behind.map(({ token, kind }) => token ?? kind);
        findings.push({ what: `Something came after the final on connection ${name}`, session, stream, tokens });
    }
    // A connection that breaks is the matter of another predicate.
    const wasOpen = closed === undefined || (closedBy === 'client' && closed > (events[index]?.at ?? 0) + GRACE_MS);
    if (wasOpen) findings.push({ what: `The server did not close connection ${name} after the final`, session, stream });
    return findings;
}

function unexpected(view: View, call: Call, connections: readonly Connection[]): Finding[] {
    const { session, name, followed, cancelled } = call;
    const finals = connections.flatMap(({ events }) => events.filter(isFinal));
    if (finals.length === 0) {
        return followed && !waitsForLostQuestion(view, call)
            ? [{ what: 'Its client waited to the end and got no final', session, stream: name }]
            : [];
    }
    const mayFail =
        cancelled !== undefined ||
        view.session(session)?.deleteBegun !== undefined ||
        view.isDisturbed(view.nodeOf(call), connections[0]?.sent ?? 0);
    return !mayFail && finals.some(({ kind }) => kind === 'error')
        ? [{ what: 'It was answered with an error though its node was there', session, stream: name, tokens: ['error'] }]
        : [];
}

/** Whether it asked something that no client saw. Whether that may be is the matter of another predicate. */
function waitsForLostQuestion({ history }: View, { session, name }: Call): boolean {
    const seen = new Set(history.connections.flatMap(({ events }) => events.map(({ token }) => token)));
    return history.sent.some(
        ({ kind, token, session: of }) => kind === 'question' && of === session && token.endsWith(`-${name}`) && !seen.has(token)
    );
}
