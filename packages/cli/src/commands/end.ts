import { createInterface } from 'node:readline';
import type { ChosenBackend } from '@mcp-sessions/backends';
import type { Command } from 'commander';
import { backendOptions, withBackend, type BackendFlags } from '../backend.js';
import { action, type Cli } from '../cli.js';
import { CliError, exitCodes, UsageError } from '../exitCodes.js';
import { defaultRetentionMs, untrimmed, withLives } from '../historyLog.js';
import { principalMatcher, principalOptions, shortTag, type PrincipalFlags } from '../principals.js';
import { printable, shortened } from '../printable.js';
import type { SessionView } from '../record.js';
import { allSessions, findSession } from '../sessions.js';
import { duration, longestMs, timeFrom } from '../times.js';
import { inTime } from '../waiting.js';

interface EndFlags extends BackendFlags, PrincipalFlags {
    readonly yes?: boolean;
    readonly dryRun?: boolean;
    readonly history?: boolean;
    /** Milliseconds. */
    readonly retention?: number;
}

const help = `
Ends sessions as a DELETE of the client does, on all nodes: record and log go, streams end, running calls are aborted. Only
onsessionclosed of the servers is not called. A client that is still there gets 404 and begins a new session.

With --principal have your authentication refuse the principal first: a session that begins meanwhile may be missed.
Asks before it does anything, and where there is no terminal to ask on it wants --yes. Once it has begun it goes on when
nobody reads what it prints; Ctrl-C ends it behind the session that is just being ended.

Examples:
  $ mcp-sessions end JXzuAxB0
  $ mcp-sessions end --principal user-4711 --dry-run
  $ mcp-sessions end --principal-tag JXzuAxB0 --yes`;

export function addEnd(program: Command, cli: Cli): void {
    const command = program
        .command('end')
        .description('ends one session, or those of a principal')
        .argument('[session]', 'fingerprint, id, or -');
    principalOptions(backendOptions(command))
        .option('--dry-run', 'only says what would end')
        .option('--history', 'notes in the history that servers keep that an operator has ended it')
        .option(
            '--retention <time>',
            'the retentionSeconds of the servers, for --history; a history never lives shorter by this',
            timeFrom(1, longestMs)
        )
        .option('-y, --yes', 'does not ask')
        .addHelpText('after', help)
        .action(action(cli, (name: string | undefined, flags: EndFlags) => run(cli, name, flags)));
}

async function run(cli: Cli, name: string | undefined, flags: EndFlags): Promise<number> {
    const isTheirs = await principalMatcher(flags);
    if ((name === undefined) === (isTheirs === undefined)) {
        throw new UsageError('end takes a session, --principal or --principal-tag');
    }
    if (!flags.yes && !flags.dryRun && (cli.stdin.isTTY !== true || name === '-')) {
        throw new UsageError('There is no terminal to ask on: say --yes');
    }
    // Waiting is given up at once; what has begun to end is ended.
    const waiting = new AbortController();
    const giveUp = () => waiting.abort();
    cli.stopped.addEventListener('abort', giveUp, { once: true });
    if (cli.stopped.aborted) {
        giveUp();
    }
    const waitingCli = { ...cli, signal: waiting.signal };
    const use = async (opened: ChosenBackend): Promise<number> => {
        const lives = { leastMs: flags.retention, newMs: flags.retention ?? defaultRetentionMs };
        const backend = flags.history ? withLives(cli, flags, opened, lives) : opened;
        const sessions =
            name === undefined ? await sessionsOf(waitingCli, backend, flags, isTheirs) : [await named(waitingCli, backend, name)];
        if (sessions.length === 0) {
            cli.out.note('This principal has no session');
            return exitCodes.ok;
        }
        if (flags.dryRun) {
            sessions.forEach(session => say(cli, flags, session, false));
            return exitCodes.ok;
        }
        if (!flags.yes && !(await isConfirmed(cli, sessions))) {
            cli.out.note('Nothing was ended');
            return exitCodes.failed;
        }
        cli.stopped.removeEventListener('abort', giveUp);
        return endAll(cli, backend, sessions, flags);
    };
    return withBackend(waitingCli, flags, use, { ends: true, ...(flags.history && { history: untrimmed }) });
}

async function endAll(cli: Cli, backend: ChosenBackend, sessions: readonly SessionView[], flags: EndFlags): Promise<number> {
    const { out } = cli;
    const { createSessionHandler } = await import('@mcp-sessions/core');
    const noServer = () => {
        throw new UsageError('No session is served here');
    };
    const handler = createSessionHandler(noServer, { backend, storeTimeoutMs: flags.timeout, logger: { warn: () => undefined } });
    let done = 0;
    let failures = 0;
    try {
        for (const session of sessions) {
            if (cli.stopped.aborted) {
                break;
            }
            out.progress(`ended ${done} of ${sessions.length} …`);
            const isEnded = await handler.end(session.id).catch(async (error: unknown) => {
                await mustBeGone(cli, backend, session, flags, error);
                failures++;
                return true;
            });
            done++;
            if (isEnded) {
                say(cli, flags, session, true);
            } else {
                out.note(`${session.session} had ended by itself`);
            }
        }
    } finally {
        if (done < sessions.length) {
            out.note(`${done} of ${sessions.length} ended`);
        }
        await handler.close();
    }
    return done < sessions.length || failures > 0 ? exitCodes.failed : exitCodes.ok;
}

/** After a failure: a session whose record is gone is ended all the same. @throws the failure where it is not, or may not be. */
async function mustBeGone(
    { out }: Cli,
    { sessionStore }: ChosenBackend,
    { id, session }: SessionView,
    { timeout }: EndFlags,
    error: unknown
): Promise<void> {
    const looked = sessionStore.sessionExists(id).catch(() => undefined);
    const isThere = await inTime(timeout, looked, () => undefined);
    if (isThere === undefined) {
        out.note(`${session} may have ended: \`list\` tells`);
    }
    if (isThere !== false) {
        throw error;
    }
    out.note(`${session}: its record is gone; not all that comes after that was done, and its log may stay until it expires`);
}

async function named(cli: Cli, backend: ChosenBackend, name: string): Promise<SessionView> {
    return (await findSession(cli, backend, name)).view;
}

/** @throws CliError for a tag that two principals begin with. */
async function sessionsOf(
    cli: Cli,
    backend: ChosenBackend,
    { principal, principalTag }: EndFlags,
    isTheirs: ((view: SessionView) => boolean) | undefined
): Promise<SessionView[]> {
    const found: SessionView[] = [];
    for await (const { view } of allSessions(cli, backend)) {
        if (isTheirs?.(view)) {
            found.push(view);
        }
    }
    if (new Set(found.map(view => view.principal)).size > 1) {
        throw new CliError(`Several principals have tags that begin with ${principalTag}: give more of it (list --json)`);
    }
    if (found.length === 0 && principal !== undefined && /^[\w-]{8,43}$/.test(principal)) {
        cli.out.note('If this is a tag: --principal takes a name, and --principal-tag the tag that list shows');
    }
    return found;
}

function say({ out }: Cli, { json }: EndFlags, view: SessionView, isEnded: boolean): void {
    if (json) {
        out.json({ session: view.session, principal: view.principal, ended: isEnded });
    } else {
        const client = printable(shortened(view.client, 40));
        out.line(
            `${isEnded ? 'ended' : 'would end'} ${view.session}  ${printable(shortTag(view.principal)).padEnd(8)}  ${client}`.trimEnd()
        );
    }
}

async function isConfirmed({ stdin, out }: Cli, sessions: readonly SessionView[]): Promise<boolean> {
    const [first] = sessions;
    const idle = duration(Date.now() - (first?.lastActivity ?? NaN));
    const client = printable(shortened(first?.client ?? '', 40));
    const whose = first?.principal === undefined ? 'of no principal' : `of principal ${printable(shortTag(first.principal))}`;
    const what =
        sessions.length === 1
            ? `session ${first?.session} (${client}, ${whose}, used ${idle} ago)`
            : `${sessions.length} sessions ${whose}`;
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
