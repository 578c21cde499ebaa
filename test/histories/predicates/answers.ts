import type { Predicate } from '../history.js';
import { View } from '../view.js';

/** A question is resolved by the answer that its client gave to it. */
export const ownAnswer: Predicate = {
    name: 'own answer',
    guarantees: 'X2',
    check: history => {
        const view = View.of(history);
        return history.questionEnds.flatMap(({ question, value }) => {
            const given = history.exchanges.filter(exchange => exchange.what === 'answer' && exchange.question === question);
            if (value === undefined || given.some(exchange => exchange.value === value)) return [];
            const { session, stream } = view.sentAs(question) ?? {};
            return [{ what: `It was resolved by ${value}`, ...(session && { session }), ...(stream && { stream }), tokens: [question] }];
        });
    }
};

/**
 * An answer that was accepted has reached the server that asked, unless that was killed; and a question fails only with its
 * call, its session or its node.
 */
export const acceptedAnswer: Predicate = {
    name: 'accepted answer',
    guarantees: 'X1, L4',
    check: history => {
        const view = View.of(history);
        const ends = new Map(history.questionEnds.map(end => [end.question, end]));
        const unheard = history.exchanges.flatMap(({ what, status, question = '', begun, session }) => {
            if (what !== 'answer' || status !== 202 || ends.has(question)) return [];
            const asked = view.sentAs(question);
            const wasKilled = history.faults.some(({ kind, life, to }) => kind === 'kill' && life === asked?.life && to >= begun);
            return wasKilled
                ? []
                : [{ what: 'Its answer was accepted and never reached the server that asked', session, tokens: [question] }];
        });
        const failed = history.questionEnds.flatMap(({ question, failure, at }) => {
            const asked = view.sentAs(question);
            if (failure === undefined || !asked) return [];
            const { session, stream, node, begun } = asked;
            const wasGivenUp =
                view.isDisturbed(node, begun, at) ||
                view.session(session)?.deleteBegun !== undefined ||
                history.calls.some(call => call.session === session && call.cancelled !== undefined && isAskedBy(question, call.name));
            return wasGivenUp ? [] : [{ what: `It failed: ${failure}`, session, stream, tokens: [question] }];
        });
        return [...unheard, ...failed];
    }
};

/** A question that goes on the standalone stream is asked by a call all the same: its token ends with that call's name. */
function isAskedBy(question: string, call: string): boolean {
    const [, stream, name = ''] = question.split('/');
    return stream === call || name.split('-').at(-1) === call;
}
