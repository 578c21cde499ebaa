import type { Contract } from '../contract.js';
import { capClauses } from './caps.js';
import { creationClauses } from './creation.js';
import { lifetimeClauses } from './lifetimes.js';
import { listingClauses } from './listing.js';
import { modelClauses } from './model.js';
import { recordClauses } from './records.js';
import type { StoreLimits, StoreUnderTest } from './support.js';
import { touchClauses } from './touches.js';
import { updateClauses } from './updates.js';

/** The contract of a `SessionStore` that has all ten methods, `ttlMs` and the limits. */
export const sessionStoreContract: Contract<StoreLimits, StoreUnderTest> = {
    name: 'SessionStore',
    clauses: [
        ...recordClauses,
        ...lifetimeClauses,
        ...touchClauses,
        ...creationClauses,
        ...updateClauses,
        ...capClauses,
        ...listingClauses,
        ...modelClauses
    ]
};
