import { createInterface } from 'node:readline';
import type { ChosenBackend } from '@mcp-sessions/backends';
import type { Command } from 'commander';
import { backendOptions, withBackend, type BackendFlags } from '../backend.js';
import { action, type Cli } from '../cli.js';
import { exitCodes, UsageError } from '../exitCodes.js';
import { printable, shortened } from '../printable.js';
import { allSessions, findSession, principalMatcher, type FoundSession } from '../sessions.js';
import { duration } from '../times.js';

interface EndFlags extends BackendFlags {
    readonly principal?: string;
    readonly yes?: boolean;
    readonly dryRun?: boolean;
    readonly history?: boolean;
}

const help = `
Ends sessions as a DELETE of the client does, on all nodes: record and log go, streams end, running calls are aborted. Only
onsessionclosed of the servers is not called. A client that is still there gets 404 and begins a new session.

With --principal have your authentication refuse the principal first: a session that begins meanwhile may be missed.
Asks before it does anything, and where there is no terminal to ask on it wants --yes.

Examples:
  $ mcp-sessions end JXzuAxB0
  $ mcp-sessions end --principal user-4711 --dry-run
  $ mcp-sessions end --principal user-4711 --yes`;

export function addEnd(program: Command, cli: Cli): void {
    backendOptions(
        program.command('end').description('ends one session, or those of a principal').argument('[session]', 'fingerprint, id, or -')
    )
        .option('--principal <who>', 'all sessions of a principal: its name, or the tag that list shows')
        .option('--dry-run', 'only says what would end')
        .option('--history', 'notes in the history that servers keep that an operator has ended it')
        .option('-y, --yes', 'does not ask')
        .addHelpText('after', help)
        .action(
            action(cli, (name: string | undefined, flags: EndFlags) => {
                if ((name === undefined) === (flags.principal === undefined)) {
                    throw new UsageError('end takes a session, or --principal');
                }
                if (!flags.yes && !flags.dryRun && (cli.stdin.isTTY !== true || name === '-')) {
                    throw new UsageError('There is no terminal to ask on: say --yes');
                }
                return withBackend(cli, flags, backend => end(cli, backend, name, flags), {
                    ends: true,
                    ...(flags.history && { history: {} })
                });
            })
        );
}

async function end(cli: Cli, backend: ChosenBackend, name: string | undefined, flags: EndFlags): Promise<number> {
    const { out } = cli;
    const sessions = name === undefined ? await sessionsOf(cli, backend, flags.principal ?? '') : [await findSession(cli, backend, name)];
    if (sessions.length === 0) {
        out.note('This principal has no session');
        return exitCodes.ok;
    }
    if (flags.dryRun) {
        sessions.forEach(session => say(cli, flags, session, false));
        return exitCodes.ok;
    }
    if (!flags.yes && !(await isConfirmed(cli, sessions))) {
        out.note('Nothing was ended');
        return exitCodes.failed;
    }
    const { createSessionHandler } = await import('@mcp-sessions/core');
    const noServer = () => {
        throw new UsageError('No session is served here');
    };
    const handler = createSessionHandler(noServer, { backend, logger: { warn: () => undefined } });
    try {
        for (const [index, session] of sessions.entries()) {
            if (cli.signal.aborted) {
                break;
            }
            out.progress(`ended ${index} of ${sessions.length} …`);
            if (await handler.end(session.data.sessionId)) {
                say(cli, flags, session, true);
            } else {
                out.note(`${session.view.session} had ended by itself`);
            }
        }
    } finally {
        await handler.close();
    }
    return exitCodes.ok;
}

async function sessionsOf(cli: Cli, backend: ChosenBackend, principal: string): Promise<FoundSession[]> {
    const isTheirs = await principalMatcher(principal);
    const found: FoundSession[] = [];
    for await (const session of allSessions(cli, backend)) {
        if (isTheirs(session)) {
            found.push(session);
        }
    }
    return found;
}

function say({ out }: Cli, { json }: EndFlags, { view }: FoundSession, isEnded: boolean): void {
    if (json) {
        out.json({ session: view.session, ended: isEnded });
    } else {
        out.line(`${isEnded ? 'ended' : 'would end'} ${view.session}  ${printable(shortened(view.client, 40))}`.trimEnd());
    }
}

async function isConfirmed({ stdin, out }: Cli, sessions: readonly FoundSession[]): Promise<boolean> {
    const [first] = sessions;
    const idle = duration(Date.now() - (first?.view.lastActivity ?? NaN));
    const client = printable(shortened(first?.view.client ?? '', 40));
    const what = sessions.length === 1 ? `session ${first?.view.session} (${client}, used ${idle} ago)` : `${sessions.length} sessions`;
    out.ask(`End ${what}? [y/N] `);
    const asking = createInterface({ input: stdin });
    try {
        const answer = await new Promise<string>(resolve => {
            asking.once('line', resolve);
            asking.once('close', () => resolve(''));
        });
        return /^y(es)?$/i.test(answer.trim());
    } finally {
        asking.close();
    }
}
