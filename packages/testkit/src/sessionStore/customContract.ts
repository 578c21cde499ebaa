import type { Contract } from '../contract.js';
import { lifetimeClauses } from './lifetimes.js';
import { fiveMethodsModelClauses } from './model.js';
import { recordClauses } from './records.js';
import type { CustomStoreLimits, StoreUnderTest } from './support.js';

/** The contract of a `SessionStore` with the five required methods alone. Others that it has are left alone. */
export const customStoreContract: Contract<CustomStoreLimits, StoreUnderTest> = {
    name: 'SessionStore of five methods',
    clauses: [...recordClauses, ...lifetimeClauses, ...fiveMethodsModelClauses]
};
