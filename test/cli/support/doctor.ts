import { expect } from 'vitest';
import type { Finding } from '../../../packages/cli/src/doctor/findings.js';
import { runCli } from './runCli.js';

export interface Examined {
    readonly code: number | null;
    readonly findings: readonly Finding[];
}

/** What the doctor finds. */
export async function examine(url: string, words: readonly string[] = [], env: Record<string, string> = {}): Promise<Examined> {
    const { code, stdout, stderr } = await runCli(['doctor', '--json', ...words], { env: { REDIS_URL: '', ...env, ...named(url) } });
    expect(stderr).toBe('');
    return {
        code,
        findings: stdout
            .trim()
            .split('\n')
            .map(line => JSON.parse(line) as Finding)
    };
}

/** Expects one finding of this check and severity, and that what it says, with its advice, matches. */
export function expectFinding({ findings }: Examined, check: string, severity: Finding['severity'], says: RegExp): void {
    const texts = findings.filter(finding => finding.check === check && finding.severity === severity).map(textOf);
    expect(texts.length > 0 ? texts : findings.map(textOf)).toContainEqual(expect.stringMatching(says));
}

/** All but what is as it should be: `severity check`. How long a round trip takes on a busy machine is nobody's fault. */
export function troubles({ findings }: Examined): string[] {
    return findings
        .filter(({ severity, check }) => severity !== 'ok' && check !== 'latency')
        .map(({ severity, check }) => `${severity} ${check}`);
}

const textOf = ({ message, advice = '' }: Finding) => `${message} → ${advice}`;

function named(url: string): Record<string, string> {
    return url.startsWith('postgres') ? { POSTGRES_URL: url } : url.startsWith('redis') ? { REDIS_URL: url } : {};
}
