import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Collects garbage a few times, and says whether the condition was met then. */
export async function collectGarbage(isMet: () => boolean): Promise<boolean> {
    for (let round = 0; round < 10 && !isMet(); round++) {
        // What a task has looked at through a WeakRef lives until the task ends.
        await new Promise(resolve => setImmediate(resolve));
        collect();
    }
    return isMet();
}
