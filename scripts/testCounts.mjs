// Prints `N passed, N failed` from vitest's JSON report:   node scripts/testCounts.mjs report.json exit-code

import { existsSync, readFileSync } from 'node:fs';

const [path, code] = process.argv.slice(2);
const report = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : { numPassedTests: 0, numFailedTests: 0, testResults: [] };

// A file that does not load has no tests that could fail.
const brokenFiles = report.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && !assertionResults.some(test => test.status === 'failed')
).length;
const failed = report.numFailedTests + brokenFiles;

console.log(`\n${report.numPassedTests} passed, ${failed === 0 && code !== '0' ? 1 : failed} failed`);
