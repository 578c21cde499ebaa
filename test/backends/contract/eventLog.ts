import { describeClauses } from './clauses.js';
import { appendClauses } from './eventLog/appends.js';
import { claimClauses } from './eventLog/claims.js';
import { endingClauses } from './eventLog/endings.js';
import { checkAgainstModel } from './eventLog/model.js';
import { readClauses } from './eventLog/reads.js';
import type { LogClause, OpenLog } from './eventLog/support.js';
import { trimmingClauses } from './eventLog/trimming.js';

export type { LogLimits, LogUnderTest, OpenLog } from './eventLog/support.js';

/** The contract of an `EventLog`. */
export const logClauses: readonly LogClause[] = [...appendClauses, ...readClauses, ...claimClauses, ...endingClauses, ...trimmingClauses];

/** The contract beside a model of it. @param runs how many random sequences. */
export function modelClause(runs: number): LogClause {
    return {
        title: 'whatever nodes do, the log does the same as a model of it',
        run: async open => checkAgainstModel(await open(), runs)
    };
}

/** States the contract as tests of one log. */
export function describeEventLog(name: string, open: OpenLog, { runs = 100 }: { runs?: number } = {}): void {
    describeClauses(name, [...logClauses, modelClause(runs)], open);
}
