import type { ChosenBackend } from '@mcp-sessions/backends';
import type { HistoryEntry } from '@mcp-sessions/core';
import type { Command } from 'commander';
import { backendOptions, withBackend, type BackendFlags } from '../backend.js';
import { action, type Cli } from '../cli.js';
import { CliError, exitCodes } from '../exitCodes.js';
import { untrimmed, withLives } from '../historyLog.js';
import { idOf } from '../sessions.js';
import { longestMs, timeFrom } from '../times.js';
import { pause } from '../waiting.js';

interface HistoryFlags extends BackendFlags {
    readonly after?: string;
    readonly follow?: boolean;
    /** Milliseconds. */
    readonly retention?: number;
}

const help = `
Prints what servers with the option history have kept of a session, in order, as JSON lines: what the client sent, what it was
sent, how the session ended. It is there after the session, too, but then the session must be named by its id. What is printed
is what was said: treat it as the data of that client.

Examples:
  $ mcp-sessions history JXzuAxB0 | jq -c 'select(.direction == "in") | .message.method'
  $ mcp-sessions history - --follow < session-id.txt`;

/** Between two looks for more, in milliseconds. */
const followMs = 1000;

export function addHistory(program: Command, cli: Cli): void {
    backendOptions(
        program
            .command('history')
            .description('what was said in a session, if servers keep it')
            .argument('<session>', 'id, fingerprint, or -')
    )
        .option('--after <position>', 'what came behind this entry')
        .option('--follow', 'goes on with what comes, until it is stopped')
        .option('--retention <time>', 'the retentionSeconds of the servers; what is older is passed over', timeFrom(1, longestMs))
        .addHelpText('after', help)
        .action(
            action(cli, (name: string, flags: HistoryFlags) =>
                withBackend(cli, flags, backend => print(cli, withLives(cli, flags, backend), name, flags), { history: untrimmed })
            )
        );
}

async function print(cli: Cli, backend: ChosenBackend, name: string, { after, follow, retention }: HistoryFlags): Promise<number> {
    const { historyLog } = backend;
    if (!historyLog) {
        throw new CliError('This backend keeps no history');
    }
    const { readHistory } = await import('@mcp-sessions/core');
    const id = await idOf(cli, backend, name);
    let position = after;
    let count = 0;
    for (;;) {
        for await (const entry of readHistory(historyLog, id, position === undefined ? {} : { after: position })) {
            position = entry.position;
            count++;
            if (isKept(entry, retention)) {
                cli.out.json(entry);
            }
            if (cli.signal.aborted) {
                return exitCodes.ok;
            }
        }
        if (!follow || cli.signal.aborted) {
            break;
        }
        await pause(followMs, cli.signal);
    }
    if (count === 0 && after === undefined) {
        throw new CliError(
            'Nothing is kept of this session: servers keep it with the option `history`, and an ended session is named by its id'
        );
    }
    return exitCodes.ok;
}

/** Whether an entry is young enough. Reading passes over what is older, and leaves it where it is. */
function isKept(entry: HistoryEntry, retentionMs: number | undefined): boolean {
    return retentionMs === undefined || !('time' in entry) || !(Date.parse(entry.time) < Date.now() - retentionMs);
}
