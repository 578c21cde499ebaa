import fc from 'fast-check';
import { Unmet } from './expect.js';
import { settings } from './settings.js';

/** Runs random sequences of steps. Of one that fails it looks for the shortest that does, and names its steps. */
export async function forRandomSteps<Step>(
    step: fc.Arbitrary<Step>,
    maxLength: number,
    run: (steps: readonly Step[]) => Promise<void>
): Promise<void> {
    const { runs, clauseTimeoutMs } = settings();
    const steps = fc.array(step, { minLength: 1, maxLength, size: 'max' });
    const result = await fc.check(
        fc.asyncProperty(steps, async some => run(some)),
        // What is far away is asked less.
        { numRuns: runs, interruptAfterTimeLimit: clauseTimeoutMs / 2 }
    );
    if (!result.failed || !result.counterexample) {
        return;
    }
    const { errorInstance: error } = result;
    const taken = `\nafter these steps: ${fc.stringify(result.counterexample[0])}`;
    if (error instanceof Unmet) {
        throw new Unmet(error.message + taken, error.expected, error.actual);
    }
    throw new Error(`${error instanceof Error ? error.message : String(error)}${taken}`, { cause: error });
}
