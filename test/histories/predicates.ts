import type { History, Predicate, Violation } from './history.js';
import { afterDelete } from './predicates/afterDelete.js';
import { acceptedAnswer, ownAnswer } from './predicates/answers.js';
import { exactlyOnce } from './predicates/exactlyOnce.js';
import { ids } from './predicates/ids.js';
import { oneFinal } from './predicates/oneFinal.js';
import { oneListener } from './predicates/oneListener.js';
import { order } from './predicates/order.js';
import { served } from './predicates/served.js';
import { nobodyElse, oneStream, ownFinal } from './predicates/streams.js';

export const predicates: readonly Predicate[] = [
    exactlyOnce,
    order,
    oneStream,
    nobodyElse,
    ids,
    oneFinal,
    ownFinal,
    ownAnswer,
    acceptedAnswer,
    afterDelete,
    oneListener,
    served
];

/** Everything in a history that contradicts the guarantees. */
export function violations(history: History): Violation[] {
    return predicates.flatMap(({ name, guarantees, check }) =>
        check(history).map(finding => ({ predicate: name, guarantees, ...finding }))
    );
}
