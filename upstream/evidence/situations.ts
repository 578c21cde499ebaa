import type { Situation } from './situation.js';
import { equalIds } from './situations/equalIds.js';
import { failures } from './situations/failures.js';
import { jsonMode } from './situations/jsonMode.js';
import { otherNode } from './situations/otherNode.js';
import { questions } from './situations/questions.js';
import { restored } from './situations/restored.js';
import { sharedEventStore } from './situations/sharedEventStore.js';

/** All rows, in the order of the changes that they are evidence for; those of no change come last. */
export const situations: readonly Situation[] = [
    ...failures,
    ...jsonMode,
    ...sharedEventStore,
    ...questions,
    ...restored,
    ...otherNode,
    ...equalIds
].sort((one, other) => rank(one) - rank(other));

function rank({ changes: [first] }: Situation): number {
    return first === undefined ? Infinity : first.charCodeAt(0);
}
