import type { Finding, History, Predicate, Session } from '../history.js';
import { GRACE_MS, View } from '../view.js';

/** When a DELETE has been answered, soon nothing of the session is served, sent or seen any more, on any node. */
export const afterDelete: Predicate = {
    name: 'nothing after DELETE',
    guarantees: 'S10',
    check: history => {
        const view = View.of(history);
        return history.sessions.flatMap(session => (session.deleted === undefined ? [] : check(view, history, session, session.deleted)));
    }
};

function check(view: View, { connections, exchanges, sent }: History, { name: session }: Session, deleted: number): Finding[] {
    const over = deleted + GRACE_MS;
    const isExcused = (node: string, until: number): boolean => view.isDisturbed(node, deleted, until);
    const findings: Finding[] = [];
    for (const { name, node, events, stream, closed = Infinity } of connections.filter(other => other.session === session)) {
        const late = events.filter(({ at, kind }) => kind !== 'priming' && at > over);
        if (late.length > 0 && !isExcused(node, Infinity)) {
            const tokens = late.map(({ token, kind }) => token ?? kind);
            findings.push({ what: `Something came on connection ${name}`, session, stream, tokens });
        }
        if (closed > over && !isExcused(node, closed)) {
            findings.push({ what: `Connection ${name} stayed open`, session, stream });
        }
    }
    for (const { what, node, begun, ended, status, session: of } of exchanges) {
        if (of === session && begun > over && status !== undefined && status !== 404 && !isExcused(node, ended)) {
            findings.push({ what: `${what} on ${node} was answered ${status}`, session });
        }
    }
    for (const { token, node, begun, session: of, stream } of sent) {
        if (of === session && begun > over && !isExcused(node, begun)) {
            findings.push({ what: `A server on ${node} still sends`, session, stream, tokens: [token] });
        }
    }
    return findings;
}
