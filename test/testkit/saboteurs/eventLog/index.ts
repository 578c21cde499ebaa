import { InMemoryEventLog } from '@mcp-sessions/core';
import { eventLogContract, type LogLimits, type LogUnderTest } from '@mcp-sessions/testkit';
import type { Sabotage } from '../saboteur.js';
import { appendSaboteurs } from './appends.js';
import { claimSaboteurs } from './claims.js';
import { endingSaboteurs } from './endings.js';
import { readSaboteurs } from './reads.js';
import { trimmingSaboteurs } from './trimming.js';

const all = [...appendSaboteurs, ...readSaboteurs, ...claimSaboteurs, ...endingSaboteurs, ...trimmingSaboteurs];

export const eventLogSabotage: Sabotage<LogLimits, LogUnderTest> = {
    contract: eventLogContract,
    sound: async limits => {
        const log = new InMemoryEventLog(limits);
        return { log: () => log, close: () => log.close() };
    },
    patienceMs: 2500,
    saboteurs: all.map(({ fault, caughtBy, sabotage, isUnlimited }) => ({
        fault,
        caughtBy,
        open: async limits => {
            const log = new InMemoryEventLog(isUnlimited ? {} : limits);
            return { log: sabotage(log), close: () => log.close() };
        }
    }))
};
