// Names the tests that failed and prints `N passed, N failed`, from vitest's JSON report:   node scripts/testCounts.mjs report.json exit-code

import { existsSync, readFileSync } from 'node:fs';
import { relative } from 'node:path';

const [path, code] = process.argv.slice(2);
const report = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : { numPassedTests: 0, numFailedTests: 0, testResults: [] };

const failures = report.testResults.flatMap(({ name, status, message, assertionResults }) => {
    const file = relative(process.cwd(), name);
    const failed = assertionResults.filter(test => test.status === 'failed');
    // A file that does not load has no tests that could fail.
    if (status === 'failed' && failed.length === 0) return [`${file}: ${firstLine(message)}`];
    return failed.map(test => `${file}: ${test.fullName}: ${firstLine(test.failureMessages[0])}`);
});

for (const failure of failures) console.log(`failed: ${failure}`);
console.log(`\n${report.numPassedTests} passed, ${failures.length === 0 && code !== '0' ? 1 : failures.length} failed`);

function firstLine(text = '') {
    return text.split('\n', 1)[0];
}
