import { InMemorySessionLock } from '@mcp-sessions/core';
import { sessionLockContract, type LockUnderTest, type NoLimits } from '@mcp-sessions/testkit';
import type { Sabotage } from '../saboteur.js';
import { lockSaboteurs } from './locks.js';

export const sessionLockSabotage: Sabotage<NoLimits, LockUnderTest> = {
    contract: sessionLockContract,
    sound: async () => {
        const lock = new InMemorySessionLock();
        return { lock: () => lock, close: () => lock.close() };
    },
    patienceMs: 2000,
    saboteurs: lockSaboteurs.map(({ fault, caughtBy, sabotage }) => ({
        fault,
        caughtBy,
        open: async () => {
            const lock = new InMemorySessionLock();
            const perNode = sabotage(lock);
            return {
                lock: () => ({
                    acquire: (...args) => lock.acquire(...args),
                    renew: (...args) => lock.renew(...args),
                    release: (...args) => lock.release(...args),
                    close: () => lock.close(),
                    ...perNode()
                }),
                close: () => lock.close()
            };
        }
    }))
};
