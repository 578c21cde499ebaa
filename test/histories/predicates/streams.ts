import type { Finding, History, Predicate, Seen, Sent } from '../history.js';
import { View } from '../view.js';

/** A message of a session is on the one stream that it was sent to. Finals are the matter of {@link ownFinal}. */
export const oneStream: Predicate = {
    name: 'one stream',
    guarantees: 'X6',
    check: history =>
        eachEvent(history, ({ session, stream }, _event, sent) =>
            sent && sent.session === session && sent.kind !== 'final' && sent.stream !== stream ? `It belongs to ${sent.stream}` : undefined
        )
};

/** Nobody sees a message of another session, nor one that no server sent. */
export const nobodyElse: Predicate = {
    name: 'nobody else’s',
    guarantees: 'L6, P1, F3',
    check: history =>
        eachEvent(history, ({ session }, { token }, sent) => {
            if (token === undefined || sent?.session === session) return undefined;
            return sent ? `It belongs to session ${sent.session}` : 'No server sent it';
        })
};

/** A call is answered by its own final, under the id that its client gave it. */
export const ownFinal: Predicate = {
    name: 'own final',
    guarantees: 'X9, L5',
    check: history => {
        const view = View.of(history);
        return eachEvent(history, ({ session, stream }, { kind, rpcId }, sent) => {
            if (kind !== 'final' && kind !== 'error') return undefined;
            if (sent && sent.session === session && sent.stream !== stream) return `It answers ${sent.stream}`;
            const call = view.call(session, stream);
            return rpcId !== undefined && call && call.rpcId !== rpcId ? 'It has the id of another request' : undefined;
        });
    }
};

function eachEvent(
    history: History,
    judge: (place: { session: string; stream: string }, event: Seen, sent: Sent | undefined) => string | undefined
): Finding[] {
    const view = View.of(history);
    return history.connections.flatMap(connection =>
        connection.events.flatMap(event => {
            const { session, stream, name } = connection;
            const wrong = judge(connection, event, view.sentAs(event.token));
            return wrong === undefined
                ? []
                : [{ what: `${wrong}, and came on connection ${name}`, session, stream, tokens: [event.token ?? event.kind] }];
        })
    );
}
