import type { Contract } from '../contract.js';
import { appendClauses } from './appends.js';
import { claimClauses } from './claims.js';
import { endingClauses } from './endings.js';
import { modelClauses } from './model.js';
import { readClauses } from './reads.js';
import type { LogLimits, LogUnderTest } from './support.js';
import { trimmingClauses } from './trimming.js';

/** The contract of an `EventLog`. */
export const eventLogContract: Contract<LogLimits, LogUnderTest> = {
    name: 'EventLog',
    clauses: [...appendClauses, ...readClauses, ...claimClauses, ...endingClauses, ...trimmingClauses, ...modelClauses]
};
