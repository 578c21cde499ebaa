import type { Exchange, Finding, History, Predicate } from '../history.js';
import { View } from '../view.js';

const expected: Record<Exchange['what'], number> = {
    call: 200,
    listen: 200,
    resume: 200,
    answer: 202,
    cancel: 202,
    delete: 200,
    probe: 200
};

/**
 * A node that is neither killed nor paused serves every request of a session that lives, whatever befalls the others, and
 * breaks no connection. Refused is only what is of an ended session, and the answer to a question of a node that is not there.
 */
export const served: Predicate = {
    name: 'served',
    guarantees: 'F3, S8, X1',
    check: history => {
        const view = View.of(history);
        return [...broken(view, history), ...refused(view, history)];
    }
};

function refused(view: View, { exchanges }: History): Finding[] {
    return exchanges.flatMap(({ what, session, node, begun, ended, status, question }) => {
        if (status === expected[what] || view.isDisturbed(node, begun, ended)) return [];
        const { deleteBegun = Infinity } = view.session(session) ?? {};
        if (ended >= deleteBegun && (status === undefined || [404, 410, 503].includes(status))) return [];
        const asked = view.sentAs(question);
        if (what === 'answer' && (status === 410 || status === 503) && asked && view.isDisturbed(asked.node, asked.begun, ended)) return [];
        const outcome = status === undefined ? 'not answered' : `answered ${status}`;
        return [{ what: `${what} on ${node} was ${outcome}`, session, ...(question !== undefined && { tokens: [question] }) }];
    });
}

function broken(view: View, { connections }: History): Finding[] {
    return connections
        .filter(({ closedBy, node, sent, closed }) => closedBy === 'break' && !view.isDisturbed(node, sent, closed))
        .map(({ name, session, stream }) => ({ what: `Connection ${name} broke though its node was there`, session, stream }));
}
