/**
 * What every backend must do, clause by clause, as tests.
 *
 * @module @mcp-sessions/testkit
 */

export type { Clause, Closable, Contract, NoLimits } from './contract.js';
export { eventLogContract } from './eventLog/contract.js';
export type { LogLimits, LogUnderTest } from './eventLog/support.js';
export { mailboxContract, type MailboxUnderTest } from './mailbox/contract.js';
export { messageBusContract } from './messageBus/contract.js';
export type { BusUnderTest } from './messageBus/support.js';
export { sessionLockContract } from './sessionLock/contract.js';
export type { LockUnderTest } from './sessionLock/support.js';
export { sessionStoreContract } from './sessionStore/contract.js';
export { customStoreContract } from './sessionStore/customContract.js';
export type { CustomStoreLimits, StoreLimits, StoreUnderTest } from './sessionStore/support.js';
export { testContract, type Skip, type TestContractOptions } from './testContract.js';
