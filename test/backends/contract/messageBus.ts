import { describeClauses } from './clauses.js';
import { deliveryClauses } from './messageBus/delivery.js';
import { subscriptionClauses } from './messageBus/subscriptions.js';
import type { BusClause, OpenBus } from './messageBus/support.js';

export type { BusUnderTest, OpenBus } from './messageBus/support.js';

/** The contract of a `MessageBus`, of one that polls, too. */
export const busClauses: readonly BusClause[] = [...deliveryClauses, ...subscriptionClauses];

/** States the contract as tests of one bus. */
export function describeMessageBus(name: string, open: OpenBus): void {
    describeClauses(name, busClauses, open);
}
