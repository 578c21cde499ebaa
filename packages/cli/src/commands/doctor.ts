import type { Command } from 'commander';
import { backendOptions, type BackendFlags } from '../backend.js';
import { action, type Cli } from '../cli.js';
import type { Finding, Severity } from '../doctor/findings.js';
import { exitCodes } from '../exitCodes.js';
import { printable } from '../printable.js';

const help = `
Looks at the backend as a server would use it: run it where the servers run, as the user that they use. It writes a few keys of
its own under the prefix, or a message of its own, that are gone after ten seconds. Over Upstash that is some sixty commands.

ok       as it should be
note     may well be meant to be so
warning  will do harm under circumstances that come about
problem  does not work now, or loses what was acknowledged; exit code 1

Examples:
  $ mcp-sessions doctor
  $ mcp-sessions doctor --url rediss://user@cache.example:6379 --json
  $ mcp-sessions doctor --json | jq 'select(.severity == "problem")'`;

export function addDoctor(program: Command, cli: Cli): void {
    backendOptions(program.command('doctor').description('looks for what is wrong with the backend, and says what to do'))
        .addHelpText('after', help)
        .action(
            action(cli, async (flags: BackendFlags) => {
                const [{ examine }, { Findings }] = await Promise.all([import('../doctor/examine.js'), import('../doctor/findings.js')]);
                const findings = new Findings(finding => print(cli, flags, finding));
                await examine(cli, flags, findings);
                if (!flags.json) {
                    const counted = (['problem', 'warning', 'note'] as const).map(severity => plural(findings.count(severity), severity));
                    cli.out.line(`\n${counted.join(', ')}, ${findings.count('ok')} ok`);
                }
                return findings.count('problem') > 0 ? exitCodes.failed : exitCodes.ok;
            })
        );
}

function print({ out }: Cli, { json }: BackendFlags, finding: Finding): void {
    if (json) {
        out.json(finding);
        return;
    }
    const { colours } = out;
    const paint: Record<Severity, (text: string) => string> = {
        ok: colours.green,
        note: colours.cyan,
        warning: colours.yellow,
        problem: colours.red
    };
    const { severity, check, message, advice } = finding;
    out.line(`${paint[severity](severity.padEnd(8))} ${check.padEnd(12)} ${printable(message)}`);
    if (advice !== undefined) {
        out.line(`${' '.repeat(22)}${colours.dim('→')} ${printable(advice)}`);
    }
}

function plural(count: number, noun: string): string {
    return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
