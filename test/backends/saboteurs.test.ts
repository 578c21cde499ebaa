import { InMemoryEventLog, InMemoryMessageBus, type MessageBus } from '@mcp-sessions/core';
import { describe, expect, it } from 'vitest';
import { patience, runClause } from './contract/clauses.js';
import { logClauses, modelClause, type OpenLog } from './contract/eventLog.js';
import { busClauses, type OpenBus } from './contract/messageBus.js';
import { appendSaboteurs } from './saboteurs/appends.js';
import { busSaboteurs, type BusSaboteur } from './saboteurs/buses.js';
import { claimSaboteurs } from './saboteurs/claims.js';
import { endingSaboteurs } from './saboteurs/endings.js';
import { readSaboteurs } from './saboteurs/reads.js';
import type { LogSaboteur } from './saboteurs/saboteur.js';
import { trimmingSaboteurs } from './saboteurs/trimming.js';

const allLogClauses = [...logClauses, modelClause(100)];
const logSaboteurs = [...appendSaboteurs, ...readSaboteurs, ...claimSaboteurs, ...endingSaboteurs, ...trimmingSaboteurs];

/** Milliseconds: what never comes is not waited for as long as what may come late. */
const short = 300;

const withoutNumber = (title: string) => title.replace(/^[A-Z]\d+: /, '');

/** The one clause that a saboteur names. */
function clauseOf<C extends { readonly title: string }>(clauses: readonly C[], beginning: string): C {
    const found = clauses.filter(({ title }) => withoutNumber(title).startsWith(beginning));
    expect(
        found.map(({ title }) => title),
        beginning
    ).toHaveLength(1);
    return found[0]!;
}

function openBroken({ sabotage, isUnlimited }: LogSaboteur): OpenLog {
    return async limits => {
        const log = new InMemoryEventLog(isUnlimited ? {} : limits);
        return { log: sabotage(log), close: () => log.close() };
    };
}

function openBrokenBus({ sabotage }: BusSaboteur): OpenBus {
    return async () => {
        const first = new InMemoryMessageBus();
        return {
            bus: (): MessageBus => {
                const bus = new InMemoryMessageBus({ shareWith: first });
                return {
                    publish: (address, message) => bus.publish(address, message),
                    subscribe: (address, listener) => bus.subscribe(address, listener),
                    close: () => bus.close(),
                    ...sabotage(bus)
                };
            },
            close: () => first.close()
        };
    };
}

describe('a saboteur is caught on the clause that it breaks', () => {
    describe.each(logSaboteurs)('EventLog: $fault', saboteur => {
        it.each(saboteur.caughtBy)('%s', async beginning => {
            patience.timeout = /^(ttl|maxAge)/.test(beginning) ? 2500 : short;
            await expect(runClause(clauseOf(allLogClauses, beginning), openBroken(saboteur))).rejects.toThrow();
        });
    });

    describe.each(busSaboteurs)('MessageBus: $fault', saboteur => {
        it.each(saboteur.caughtBy)('%s', async beginning => {
            patience.timeout = short;
            await expect(runClause(clauseOf(busClauses, beginning), openBrokenBus(saboteur))).rejects.toThrow();
        });
    });
});

describe('every clause', () => {
    it('of an EventLog has its saboteur', () => {
        const broken = logSaboteurs.flatMap(({ caughtBy }) => caughtBy.map(beginning => clauseOf(allLogClauses, beginning)));
        expect(allLogClauses.filter(clause => !broken.some(({ title }) => title === clause.title)).map(({ title }) => title)).toEqual([]);
    });

    it('of a MessageBus has its saboteur', () => {
        const broken = busSaboteurs.flatMap(({ caughtBy }) => caughtBy.map(beginning => clauseOf(busClauses, beginning)));
        expect(busClauses.filter(clause => !broken.includes(clause)).map(({ title }) => title)).toEqual([]);
    });
});
