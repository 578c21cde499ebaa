import type { Nodes } from './nodes.js';
import type { ChangeId, Observed, Situation } from './situation.js';
import type { Target } from './target.js';

/** A row of the table as it is printed and saved. */
export interface Row {
    readonly id: string;
    readonly situation: string;
    readonly changes: readonly ChangeId[];
    readonly expected: string;
    readonly observed: Readonly<Record<Target['name'], Observed>>;
}

/** A row that could not be run: what it measures has moved. */
export interface Failure {
    readonly row: string;
    readonly target: string;
    readonly error: unknown;
}

/** Runs all situations on a target's two nodes. */
export async function observe(
    nodes: Nodes,
    situations: readonly Situation[],
    onfailure: (failure: Failure) => void
): Promise<Map<string, Observed>> {
    const observed = new Map<string, Observed>();
    for (const { id, run } of situations) {
        try {
            observed.set(id, await run(nodes));
        } catch (error) {
            onfailure({ row: id, target: nodes.target.title, error });
            observed.set(id, { text: `could not be run: ${error instanceof Error ? error.message : String(error)}`, asExpected: false });
        }
    }
    return observed;
}

/** The rows of what was observed on each target, by the ids of the situations. */
export function rowsOf(situations: readonly Situation[], observed: Readonly<Record<Target['name'], ReadonlyMap<string, Observed>>>): Row[] {
    const at = (name: Target['name'], id: string): Observed => {
        const found = observed[name].get(id);
        if (found === undefined) throw new Error(`${id} was not run on ${name}.`);
        return found;
    };
    return situations.map(({ id, situation, changes, expected }) => ({
        id,
        situation,
        changes,
        expected,
        observed: { '1.x': at('1.x', id), '2.x': at('2.x', id) }
    }));
}

/** How many rows are as expected, by target. */
export function count(rows: readonly Row[], targets: readonly Target[]): string {
    const counts = targets.map(({ name, title }) => `${rows.filter(({ observed }) => observed[name].asExpected).length} with ${title}`);
    return `${rows.length} situations. As expected: ${counts.join('; ')}.`;
}
