import type { Output } from '../output.js';
import { reasonOf } from '../printable.js';

/** What is said of a live feed that is not as it should be. The feed goes on. */
export function notesOf(out: Output) {
    const note = (text: string, error: unknown): void => out.note(out.noteColours.yellow(`${text}: ${reasonOf(error)}`));
    return {
        passedOver: (error: unknown): void => note('something that a node told cannot be shown', error),
        onerror: (error: unknown): void => note('the message bus is out of order', error)
    };
}
