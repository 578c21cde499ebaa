import type { Nodes } from './nodes.js';

/** The changes of the series, by their letters. */
export type ChangeId = 'a' | 'b' | 'c' | 'd' | 'e' | 'f';

/** What was seen, put in words from the statuses, codes, texts and counts that were seen. */
export interface Observed {
    readonly text: string;
    /** Whether it is what is expected. */
    readonly asExpected: boolean;
}

/** A row of the table. It runs on the two nodes of any target, with sessions of its own. */
export interface Situation {
    readonly id: string;
    readonly situation: string;
    /** The changes that it is evidence for; none where no change of the series is about it. */
    readonly changes: readonly ChangeId[];
    readonly expected: string;
    run(nodes: Nodes): Promise<Observed>;
}
