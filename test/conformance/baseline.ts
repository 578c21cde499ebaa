import type { ScenarioResult } from './suite.js';

export interface ExpectedFailure {
    scenario: string;
    /** The id of the check. */
    check: string;
    /** Why it cannot pass, and whether the official package fails it too. */
    reason: string;
}

/** What is known not to pass, for each set-up. The suite's own list names scenarios without reasons; this one names checks. */
export const EXPECTED_FAILURES: Record<'one node' | 'three nodes', readonly ExpectedFailure[]> = {
    'one node': [],
    'three nodes': []
};

const nameOf = ({ scenario, check }: { scenario: string; check: string }) => `${scenario} / ${check}`;

/** Compares a run with what was expected of it, in sentences for people; empty when all is as expected. */
export function deviations(
    results: readonly ScenarioResult[],
    scenarios: readonly string[],
    expected: readonly ExpectedFailure[]
): string[] {
    const ran = new Set(results.map(({ scenario }) => scenario));
    const failed = results.flatMap(({ scenario, checks }) =>
        checks
            .filter(({ status }) => status === 'FAILURE' || status === 'WARNING')
            .map(check => ({ scenario, check: check.id, seen: check }))
    );
    const expectedNames = new Set(expected.map(nameOf));
    const failedNames = new Set(failed.map(nameOf));
    return [
        ...scenarios.filter(scenario => !ran.has(scenario)).map(scenario => `${scenario}: broke off, or did not run`),
        ...failed
            .filter(failure => !expectedNames.has(nameOf(failure)))
            .map(failure => `${nameOf(failure)}: ${failure.seen.status}, ${failure.seen.errorMessage ?? failure.seen.description}`),
        ...expected
            .filter(entry => !failedNames.has(nameOf(entry)))
            .map(entry => `${nameOf(entry)}: listed as an expected failure, and does not fail; remove it from the list`),
        ...expected.filter(({ reason }) => reason === '').map(entry => `${nameOf(entry)}: an expected failure without a reason`)
    ];
}
