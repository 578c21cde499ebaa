import type { SessionData } from '@mcp-sessions/core';
import type { Command } from 'commander';
import { backendOptions, withBackend, type BackendFlags } from '../backend.js';
import { action, type Cli } from '../cli.js';
import { logSizeOf, type LogSize } from '../logSize.js';
import { safeJson } from '../printable.js';
import { jsonOf, type SessionView } from '../record.js';
import { findSession } from '../sessions.js';
import { duration, isoTime } from '../times.js';

interface ShowFlags extends BackendFlags {
    readonly ids?: boolean;
    readonly state: boolean;
    readonly params: boolean;
    readonly metadata: boolean;
}

const help = `
<session> is the fingerprint that list shows (all sessions are looked through for it), or the id; - reads it from standard
input. State and metadata are what your application keeps: leave them out where others look on. No life is extended.

Examples:
  $ mcp-sessions show JXzuAxB0
  $ mcp-sessions show --no-state --json JXzuAxB0
  $ pbpaste | mcp-sessions show -`;

export function addShow(program: Command, cli: Cli): void {
    backendOptions(program.command('show').description('the record of one session').argument('<session>', 'fingerprint, id, or -'))
        .option('--no-state', 'without what tools keep of the session')
        .option('--no-params', "without the client's initialize: name, version, capabilities")
        .option('--no-metadata', 'without what the application keeps with the session')
        .option('--ids', 'with the id, by which the session can be used')
        .addHelpText('after', help)
        .action(
            action(cli, (name: string, flags: ShowFlags) =>
                withBackend(cli, flags, async backend => {
                    const { data, view } = await findSession(cli, backend, name);
                    const log = await logSizeOf(cli, flags, data.sessionId);
                    if (flags.json) {
                        cli.out.json({ ...jsonOf(view, flags.ids === true), ...partsOf(data, flags), log });
                    } else {
                        print(cli, view, data, log, flags);
                    }
                })
            )
        );
}

/** Of a record what {@link SessionView} does not have, as far as it is wanted. */
function partsOf(data: SessionData, { state, params, metadata }: ShowFlags) {
    const { logLevel, subscriptions, revision } = data;
    return {
        logLevel,
        subscriptions,
        revision,
        ...(params && { initializeParams: data.initializeParams }),
        ...(state && { state: data.state }),
        ...(metadata && { metadata: data.metadata })
    };
}

function print({ out }: Cli, view: SessionView, data: SessionData, log: LogSize | undefined, flags: ShowFlags): void {
    const { colours } = out;
    const now = Date.now();
    const moment = (ms: number) => `${isoTime(ms) ?? '?'} (${duration(now - ms)} ago)`;
    const { initializeParams, state, metadata, ...rest } = partsOf(data, flags);
    const facts: [string, unknown][] = [
        ['session', view.session],
        ['id', flags.ids ? view.id : undefined],
        ['client', view.client],
        ['protocol', view.protocolVersion],
        ['principal', view.principal ?? 'none'],
        ['began', moment(view.createdAt)],
        ['last used', moment(view.lastActivity)],
        ['initialized', view.initialized ? 'yes' : 'no'],
        ['log level', rest.logLevel],
        ['subscriptions', rest.subscriptions],
        ['revision', rest.revision],
        ['log', log ? `${log.events} event${log.events === 1 ? '' : 's'}, ${log.bytes} bytes` : 'none']
    ];
    for (const [name, value] of facts.filter(([, fact]) => fact !== undefined && fact !== '')) {
        out.line(`${colours.dim(name.padEnd(13))} ${typeof value === 'string' ? safeJson(value).slice(1, -1) : safeJson(value)}`);
    }
    for (const [name, value] of Object.entries({ 'initialize params': initializeParams, state, metadata })) {
        if (value !== undefined) {
            out.line(colours.dim(name));
            safeJson(value, 2)
                .split('\n')
                .forEach(text => out.line(`  ${text}`));
        }
    }
}
