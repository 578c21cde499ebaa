import type { Predicate, Sent } from '../history.js';
import { View } from '../view.js';

/** On a connection no message comes before one that was sent earlier, on whichever node. */
export const order: Predicate = {
    name: 'order',
    guarantees: 'X5, X10, L2',
    check: history => {
        const view = View.of(history);
        return history.connections.flatMap(connection => {
            const { session, stream, name } = connection;
            const seen = view.own(connection).flatMap(({ token }) => view.sentAs(token) ?? []);
            return seen.slice(1).flatMap((later, index) => {
                const overtaken = seen.slice(0, index + 1).find(earlier => wasSentBefore(later, earlier));
                const tokens = overtaken && [overtaken.token, later.token];
                return tokens ? [{ what: `The first came before the second on connection ${name}`, session, stream, tokens }] : [];
            });
        });
    }
};

function wasSentBefore(a: Sent, b: Sent): boolean {
    if (a.token === b.token) return false;
    return a.life === b.life ? a.order < b.order : a.done !== undefined && a.done < b.begun;
}
