import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const folder = fileURLToPath(new URL('../testkit/frameworks/', import.meta.url));
const bin = (name: string) => fileURLToPath(new URL(`../../node_modules/${name}`, import.meta.url));

/** How each framework is started, and how it tells the count of tests that passed and failed. */
const frameworks = [
    {
        name: 'node:test',
        args: ['--test', '--test-reporter=spec', 'contract.node.mjs'],
        passed: /^ℹ pass (\d+)$/m,
        failed: /^ℹ fail (\d+)$/m
    },
    {
        name: 'jest',
        args: [bin('jest/bin/jest.js'), '--config', 'jest.config.cjs', '--verbose'],
        passed: /^Tests:.* (\d+) passed/m,
        failed: /^Tests:.* (\d+) failed/m
    },
    {
        name: 'vitest',
        args: [bin('vitest/vitest.mjs'), 'run', '--config', 'vitest.config.mjs', '--reporter=verbose'],
        passed: /^ *Tests .*?(\d+) passed/m,
        failed: /^ *Tests .*?(\d+) failed/m
    }
];

interface Outcome {
    readonly code: number;
    readonly output: string;
}

/** Runs one case of test/testkit/frameworks/declare.cjs in a process of its own, on the built packages. */
function run(args: readonly string[], kitCase: string): Promise<Outcome> {
    const env = { PATH: process.env['PATH'], HOME: process.env['HOME'], KIT_CASE: kitCase, NO_COLOR: '1', CI: '1' };
    return new Promise(resolve => {
        execFile(process.execPath, args, { cwd: folder, env, maxBuffer: 32 * 1024 * 1024, timeout: 240_000 }, (error, stdout, stderr) => {
            resolve({ code: typeof error?.code === 'number' ? error.code : error ? -1 : 0, output: stdout + stderr });
        });
    });
}

const count = (output: string, pattern: RegExp) => Number(pattern.exec(output)?.[1] ?? 0);

describe.each(frameworks)('the testkit under $name', ({ args, passed, failed }) => {
    it('K: a backend that holds the contracts passes', async () => {
        const { code, output } = await run(args, 'sound');
        expect(code, output).toBe(0);
        expect(count(output, passed)).toBeGreaterThan(150);
        expect(output).toContain('maxSessions: holds exactly for those that come at once');
    }, 240_000);

    it('K: a failure names the clause, what was expected and what came, also where a call is never answered', async () => {
        const { code, output } = await run(args, 'broken');
        expect(code).not.toBe(0);
        const clause = 'deleteSession: may be repeated, and of an unknown session does nothing';
        expect(output).toMatch(new RegExp(`clause "${clause}": the record: expected null, got \\{`));
        expect(output).toContain(`clause "${clause}": the backend failed: The clause had not ended after 1500 ms`);
        expect(output).toContain(`clause "${clause}": the backend failed: permission denied for table session`);
        expect(count(output, failed)).toBeGreaterThan(9);
    }, 120_000);

    it('K: a skip shows its reason, and one of a clause that holds fails', async () => {
        const { code, output } = await run(args, 'skips');
        expect(code).not.toBe(0);
        expect(output).toContain('[skipped: rows are write-once]');
        expect(output).toContain(
            'with skips does not hold "deleteSession: nothing is left for any node, and no other session is touched": rows'
        );
        expect(output).toContain('clause "storeSession: replaces the whole record" holds for with skips: remove the skip');
    }, 120_000);

    it('K: a skip of a clause that does not exist fails, and names those that do', async () => {
        const { code, output } = await run(args, 'unknown');
        expect(code).not.toBe(0);
        expect(output).toContain('has no clause "deleteSession: whatever"');
        expect(output).toContain('- storeSession: replaces the whole record');
    }, 120_000);
});
