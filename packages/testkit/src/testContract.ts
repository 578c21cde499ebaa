import type { Clause, Closable, Contract } from './contract.js';
import { runClause } from './runClause.js';
import { defaultSettings } from './settings.js';

/** A clause that a backend does not hold, and why that is so. */
export interface Skip {
    /** The title of the clause, with or without the number of a guarantee before it. */
    readonly clause: string;
    /** Printed with each run. */
    readonly reason: string;
}

export interface TestContractOptions<Limits, Backend> {
    /** Names the backend in the titles of the tests. */
    name: string;
    /**
     * Gives a fresh, empty backend, as often as it is called; several may be open at a time. A limit that is left out is to be
     * so high that a test does not reach it.
     */
    open: (limits: Limits) => Promise<Backend>;
    /** That of vitest, jest or `node:test`. */
    describe: (name: string, tests: () => void) => unknown;
    /** The same. The third argument is how long the test may take: vitest and jest would end it earlier, `node:test` ignores it. */
    it: (title: string, test: () => Promise<void>, timeoutMs: number) => unknown;
    /** Clauses that the backend does not hold. Each is run all the same: one that holds fails until its skip is removed. */
    skip?: readonly Skip[];
    /** How long a clause waits for what must come, such as a message or an expiry, in milliseconds. @default 20000 */
    patienceMs?: number;
    /** How long a clause may take as a whole, in milliseconds. @default 60000 */
    clauseTimeoutMs?: number;
    /** Random sequences of the clauses that hold the backend against a model. @default 25 */
    runs?: number;
}

/** Longer than the kit's own timeouts, so that these speak first. */
const marginMs = 20_000;

/**
 * States a contract as the tests of one backend, one test for each clause.
 *
 * ```ts
 * import { describe, it } from 'node:test';
 *
 * testContract(eventLogContract, { name: 'MyEventLog', describe, it, open: async limits => openMyLog(limits) });
 * ```
 *
 * @throws Error if a skip names no clause of the contract, names one twice or has no reason.
 */
export function testContract<Limits extends object, Backend extends Closable>(
    contract: Contract<Limits, Backend>,
    { name, open, describe, it, skip = [], ...given }: TestContractOptions<Limits, Backend>
): void {
    const settings = { ...defaultSettings, ...given };
    const reasons = reasonsOf(contract, skip);
    describe(`${contract.name}: ${name}`, () => {
        for (const clause of contract.clauses) {
            const reason = reasons.get(clause);
            const timeoutMs = settings.clauseTimeoutMs + marginMs;
            if (reason === undefined) {
                it(clause.title, () => runClause(contract, clause, open, settings), timeoutMs);
                continue;
            }
            it(
                `${clause.title} [skipped: ${reason}]`,
                async () => {
                    const holds = await runClause(contract, clause, open, settings).then(
                        () => true,
                        () => false
                    );
                    if (holds) {
                        throw new Error(`${contract.name}, clause "${clause.title}" holds for ${name}: remove the skip (${reason})`);
                    }
                    // eslint-disable-next-line no-console -- reporters that leave out titles of tests that pass would hide the reason
                    console.warn(`${contract.name}: ${name} does not hold "${clause.title}": ${reason}`);
                },
                timeoutMs
            );
        }
    });
}

function reasonsOf<Limits, Backend extends Closable>(
    { name, clauses }: Contract<Limits, Backend>,
    skip: readonly Skip[]
): Map<Clause<Limits, Backend>, string> {
    const reasons = new Map<Clause<Limits, Backend>, string>();
    for (const { clause: title, reason } of skip) {
        const clause = clauses.find(one => withoutNumber(one.title) === withoutNumber(title));
        if (!clause) {
            const titles = clauses.map(one => `\n- ${one.title}`).join('');
            throw new Error(`skip: ${name} has no clause "${title}". Its clauses are:${titles}`);
        }
        if (reasons.has(clause)) {
            throw new Error(`skip: "${title}" is named twice`);
        }
        if (!reason.trim()) {
            throw new Error(`skip: "${title}" has no reason`);
        }
        reasons.set(clause, reason);
    }
    return reasons;
}

/** A clause is known by its words; the guarantee before them may be renumbered. */
function withoutNumber(title: string): string {
    return title.replace(/^[A-Z]\d+: /, '');
}
