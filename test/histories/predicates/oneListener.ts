import { STANDALONE, type Predicate } from '../history.js';
import { GRACE_MS, View } from '../view.js';

/** A newer GET takes the standalone stream over: the older connection ends soon. */
export const oneListener: Predicate = {
    name: 'one listener',
    guarantees: 'L7',
    check: history => {
        const view = View.of(history);
        return history.sessions.flatMap(({ name: session }) => {
            const connections = view.connectionsOf(session, STANDALONE).filter(({ opened }) => opened !== undefined);
            return connections.slice(1).flatMap((newer, index) => {
                const older = connections[index];
                const end = (newer.opened ?? Infinity) + GRACE_MS;
                if (!older || (older.closed ?? Infinity) <= end || view.isDisturbed(older.node, older.sent, older.closed)) return [];
                return [{ what: `Connection ${older.name} stayed open beside ${newer.name}`, session, stream: STANDALONE }];
            });
        });
    }
};
