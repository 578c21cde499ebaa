import type { Contract, NoLimits } from '../contract.js';
import { acquireClauses } from './acquires.js';
import { leaseClauses } from './leases.js';
import { modelClauses } from './model.js';
import type { LockUnderTest } from './support.js';

/** The contract of a `SessionLock`. */
export const sessionLockContract: Contract<NoLimits, LockUnderTest> = {
    name: 'SessionLock',
    clauses: [...acquireClauses, ...leaseClauses, ...modelClauses]
};
