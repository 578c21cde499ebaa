import type { Command } from 'commander';
import { backendOptions, withBackend, type BackendFlags } from '../backend.js';
import { action, type Cli } from '../cli.js';
import { principalMatcher, principalOptions, shortTag, type PrincipalFlags } from '../principals.js';
import { jsonOf, type SessionView } from '../record.js';
import { allSessions } from '../sessions.js';
import { countFrom, duration, longestMs, parseMoment, timeFrom } from '../times.js';

interface ListFlags extends BackendFlags, PrincipalFlags {
    readonly idleLonger?: number;
    readonly since?: number;
    readonly initialized?: boolean;
    readonly limit: number;
    readonly ids?: boolean;
}

const help = `
Sessions are named by a fingerprint, as in the messages of servers. Who has a session's id can use the session, if it is
not bound to a principal: so ids are shown with --ids only, and should not get into logs or tickets.

IDLE comes from the life that is left of a record, so --ttl must be that of the servers.

Examples:
  $ mcp-sessions list
  $ mcp-sessions list --principal-tag JXzuAxB0 --idle-longer 15m
  $ mcp-sessions list --since 2h --json --limit 0 | jq -r .client | sort | uniq -c`;

/** Rows that the widths of a table are made from. */
const rowsAtOnce = 100;

export function addList(program: Command, cli: Cli): void {
    principalOptions(backendOptions(program.command('list').description('the sessions that there are')))
        .option('--idle-longer <time>', 'those not used for so long, such as 15m', timeFrom(0, longestMs))
        .option('--since <time>', 'those that began since then: a date, or how long ago, such as 2h', parseMoment)
        .option('--initialized', 'those whose client has completed the handshake')
        .option('--no-initialized', 'those whose client has not')
        .option('--limit <count>', 'so many at most; 0 for all', countFrom(0), 100)
        .option('--ids', 'with the ids, by which sessions can be used')
        .addHelpText('after', help)
        .action(
            action(cli, (flags: ListFlags) =>
                withBackend(cli, flags, async backend => {
                    const isWanted = await filterOf(flags);
                    const rows: SessionView[] = [];
                    let count = 0;
                    for await (const { view } of allSessions(cli, backend)) {
                        if (!isWanted(view)) {
                            continue;
                        }
                        if (flags.limit > 0 && count === flags.limit) {
                            print(cli, flags, rows.splice(0));
                            cli.out.note(`There are more than ${flags.limit}: --limit 0 lists all`);
                            return;
                        }
                        count++;
                        rows.push(view);
                        if (rows.length === rowsAtOnce) {
                            print(cli, flags, rows.splice(0));
                        }
                    }
                    print(cli, flags, rows);
                    if (!flags.json) {
                        cli.out.note(`${count} session${count === 1 ? '' : 's'}`);
                    }
                })
            )
        );
}

async function filterOf({ idleLonger, since, initialized, ...principal }: ListFlags): Promise<(session: SessionView) => boolean> {
    const isTheirs = (await principalMatcher(principal)) ?? (() => true);
    const now = Date.now();
    return session =>
        isTheirs(session) &&
        (idleLonger === undefined || now - session.lastActivity > idleLonger) &&
        (since === undefined || session.createdAt >= since) &&
        (initialized === undefined || session.initialized === initialized);
}

function print({ out }: Cli, { json, ids = false }: ListFlags, sessions: readonly SessionView[]): void {
    if (json) {
        sessions.forEach(session => out.json(jsonOf(session, ids)));
        return;
    }
    const now = Date.now();
    const columns = ['SESSION', 'CLIENT', 'PROTOCOL', 'PRINCIPAL', 'AGE', 'IDLE', ''].map(title => ({ title }));
    const rows = sessions.map(({ session, id, client, protocolVersion, principal, createdAt, lastActivity, initialized }) => [
        session,
        client,
        protocolVersion ?? '',
        shortTag(principal),
        duration(now - createdAt),
        duration(now - lastActivity),
        initialized ? '' : 'not initialized',
        ...(ids ? [id] : [])
    ]);
    if (rows.length > 0) {
        out.table(ids ? [...columns, { title: 'ID', most: 1024 }] : columns, rows);
    }
}
