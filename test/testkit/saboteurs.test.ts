import type { Clause, Closable } from '@mcp-sessions/testkit';
import { describe, expect, it } from 'vitest';
import { runClause } from '../../packages/testkit/src/runClause.js';
import { eventLogSabotage } from './saboteurs/eventLog/index.js';
import { mailboxSabotage } from './saboteurs/mailbox/index.js';
import { messageBusSabotage } from './saboteurs/messageBus/index.js';
import type { Sabotage } from './saboteurs/saboteur.js';
import { sessionLockSabotage } from './saboteurs/sessionLock/index.js';
import { customStoreSabotage, sessionStoreSabotage } from './saboteurs/sessionStore/index.js';

const withoutNumber = (title: string) => title.replace(/^[A-Z]\d+: /, '');

/** The one clause that a saboteur names. */
function clauseOf<L, B>(clauses: readonly Clause<L, B>[], beginning: string): Clause<L, B> {
    const found = clauses.filter(({ title }) => withoutNumber(title).startsWith(beginning));
    expect(
        found.map(({ title }) => title),
        beginning
    ).toHaveLength(1);
    return found[0]!;
}

function testSaboteurs<L extends object, B extends Closable>({ contract, saboteurs, sound, patienceMs }: Sabotage<L, B>): void {
    const settings = { patienceMs, clauseTimeoutMs: 20_000, runs: 100 };

    describe(`a broken ${contract.name} is caught on the clause that it breaks`, () => {
        describe.concurrent.each(saboteurs)('$fault', ({ caughtBy, open }) => {
            it.each(caughtBy)('%s', async beginning => {
                const clause = clauseOf(contract.clauses, beginning);
                const caught = await runClause(contract, clause, open, settings).catch((error: unknown) => error);
                expect(caught).toBeInstanceOf(Error);
                expect((caught as Error).message).toContain(`${contract.name}, clause "${clause.title}": `);
            });
        });

        it.concurrent.each(contract.clauses)('and one that is not broken passes: $title', clause =>
            runClause(contract, clause, sound, settings)
        );

        it('every clause has its saboteur', () => {
            const broken = saboteurs.flatMap(({ caughtBy }) => caughtBy.map(beginning => clauseOf(contract.clauses, beginning)));
            expect(contract.clauses.filter(clause => !broken.includes(clause)).map(({ title }) => title)).toEqual([]);
        });
    });
}

testSaboteurs(eventLogSabotage);
testSaboteurs(messageBusSabotage);
testSaboteurs(mailboxSabotage);
testSaboteurs(sessionLockSabotage);
testSaboteurs(sessionStoreSabotage);
testSaboteurs(customStoreSabotage);
