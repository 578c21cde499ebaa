import type { Contract, NoLimits } from '../contract.js';
import { deliveryClauses } from './delivery.js';
import { subscriptionClauses } from './subscriptions.js';
import type { BusUnderTest } from './support.js';

/** The contract of a `MessageBus`, of one that polls, too. */
export const messageBusContract: Contract<NoLimits, BusUnderTest> = {
    name: 'MessageBus',
    clauses: [...deliveryClauses, ...subscriptionClauses]
};
