import type { ChosenBackend } from '@mcp-sessions/backends';
import type { WatchedEvent, WatchedNode } from '@mcp-sessions/core';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { backendOptions, withBackend, type BackendFlags } from '../backend.js';
import { action, type Cli } from '../cli.js';
import { UsageError } from '../exitCodes.js';
import { untrimmed, withLives } from '../historyLog.js';
import { printable, reasonOf, safeJson, shortened } from '../printable.js';
import { findSession } from '../sessions.js';
import { isoTime } from '../times.js';
import { aborted } from '../waiting.js';
import { chattyEvents, eventNames, eventText, isAlarming, type EventName } from '../watch/eventText.js';
import { guarded } from '../watch/guarded.js';
import { followMessages } from '../watch/messages.js';
import { NodeNames } from '../watch/nodeNames.js';
import { notesOf } from '../watch/notes.js';

interface TailFlags extends BackendFlags {
    readonly event?: EventName[];
    readonly node?: string;
    readonly all?: boolean;
    readonly messages?: boolean;
}

const help = `
Events are those of docs/diagnostics.md. They hold fingerprints and counts; --messages prints what is said in one session,
if servers keep it (their option history).

A node is seen as soon as a call runs or a stream is open on it, and at once with watchable: 'always'. Nodes report
only while somebody watches them. A node that is too busy to tell all says how many events it left out.

Examples:
  $ mcp-sessions tail
  $ mcp-sessions tail JXzuAxB0 --all
  $ mcp-sessions tail --event session-restored,producer-lost --json | jq -r .node`;

export function addTail(program: Command, cli: Cli): void {
    backendOptions(
        program
            .command('tail')
            .description('what happens on all nodes, or to one session, as it happens')
            .argument('[session]', 'id, fingerprint, or - to read it from standard input')
    )
        .addOption(new Option('--event <name>', 'this event only; more of them with commas, or again').argParser(addEvents))
        .option('--node <name>', 'those of one node only')
        .option('--all', 'also each request, and each call when it begins')
        .option('--messages', 'what is said in the session, too')
        .addHelpText('after', help)
        .action(
            action(cli, (name: string | undefined, flags: TailFlags) => {
                if (flags.messages && name === undefined) {
                    throw new UsageError('--messages needs a session');
                }
                return withBackend(
                    cli,
                    flags,
                    backend => tail(cli, flags, flags.messages ? withLives(cli, flags, backend) : backend, name),
                    flags.messages ? { history: untrimmed } : {}
                );
            })
        );
}

/** Names of events, with commas between them, behind those that were given before. */
function addEvents(text: string, before: EventName[] = []): EventName[] {
    const names = text.split(',').map(name => name.trim());
    const known = names.filter((name): name is EventName => (eventNames as readonly string[]).includes(name));
    if (known.length < names.length) {
        throw new InvalidArgumentError(`Events are ${eventNames.join(', ')}.`);
    }
    return [...before, ...known];
}

async function tail(cli: Cli, flags: TailFlags, backend: ChosenBackend, name: string | undefined): Promise<void> {
    const { watchCluster } = await import('@mcp-sessions/core');
    const { out, signal } = cli;
    // A fingerprint need not be looked for; of an id it is said at once when it is wrong.
    const isFingerprint = name !== undefined && /^[\w-]{8}$/.test(name);
    const found = name === undefined || (isFingerprint && !flags.messages) ? undefined : await findSession(cli, backend, name);
    const session = found?.view.session ?? name;
    const printer = new Printer(cli, flags);
    const { passedOver, onerror } = notesOf(out);
    await watchCluster(backend, {
        signal,
        ...(session !== undefined && { session }),
        onnode: guarded(node => printer.node(node), passedOver),
        onevent: guarded(event => printer.event(event), passedOver),
        ondropped: guarded(
            (count, node) => printer.about(node, 'dropped', `${count} events more than could be told`, { count }),
            passedOver
        ),
        onlost: (node, how) => printer.lost(node, how),
        onerror
    });
    if (!flags.json) {
        out.note(session === undefined ? 'watching all nodes; Ctrl-C ends it' : `watching session ${printable(session)}; Ctrl-C ends it`);
    }
    if (found && flags.messages) {
        await followMessages(backend, found.data.sessionId, signal, {
            onentry: (at, node, text, entry) => printer.message(at, node, session ?? '', text, entry),
            onerror: error => out.note(out.noteColours.yellow(`the history cannot be read: ${reasonOf(error)}`))
        });
    } else {
        await aborted(signal);
    }
}

/** Characters of a node's name that are shown. */
const nameWidth = 16;
/** Characters of a message that are shown. */
const messageWidth = 400;

/** Prints what happens, as lines for people or as JSON. */
class Printer {
    private readonly names = new NodeNames();
    private readonly seen = new Set<string>();

    constructor(
        private readonly cli: Cli,
        private readonly flags: TailFlags
    ) {}

    node(node: WatchedNode): void {
        this.names.note(node);
        if (!this.seen.has(node.id)) {
            this.seen.add(node.id);
            this.about(node, 'node-seen', 'node is there');
        }
    }

    lost(node: WatchedNode, how: 'left' | 'silent'): void {
        this.seen.delete(node.id);
        if (how === 'left') {
            this.about(node, 'node-left', 'node has gone');
        } else {
            this.about(node, 'node-lost', this.cli.out.colours.red('node is lost: nothing is heard of it'));
        }
    }

    /** Something about a node, rather than on it. */
    about({ id, name }: Pick<WatchedNode, 'id' | 'name'>, event: string, text: string, data: Record<string, unknown> = {}): void {
        if (this.isOfNode(name) && !this.flags.event) {
            this.print(Date.now(), name, undefined, text, { node: name, nodeId: id, event, ...data });
        }
    }

    event({ node, name, event, data, at }: WatchedEvent): void {
        const { event: wanted, all } = this.flags;
        if (!this.isOfNode(name) || !(wanted?.includes(event) ?? (all || !chattyEvents.has(event) || isRefusal(data)))) {
            return;
        }
        const text = printable(eventText(event, data, id => this.names.of(id)));
        const session = 'session' in data ? data.session : undefined;
        const { colours } = this.cli.out;
        this.print(at, name, session, isAlarming(event) ? colours.yellow(text) : text, { node: name, nodeId: node, event, ...data });
    }

    message(at: number, nodeId: string, session: string, text: string, entry: Record<string, unknown>): void {
        const name = this.names.of(nodeId);
        this.print(at, name, session, shortened(printable(text), messageWidth), {
            node: name,
            nodeId,
            event: 'message',
            session,
            ...entry
        });
    }

    private print(at: number, node: string, session: string | undefined, text: string, json: Record<string, unknown>): void {
        const { out } = this.cli;
        if (this.flags.json) {
            out.line(safeJson({ time: isoTime(at), ...json }));
            return;
        }
        const { dim, bold } = out.colours;
        const name = shortened(printable(node), nameWidth).padEnd(nameWidth);
        out.line(`${dim(isoTime(at)?.slice(11, 23) ?? '?')}  ${bold(name)}  ${printable(session ?? '').padEnd(8)}  ${text}`);
    }

    private isOfNode(name: string): boolean {
        return this.flags.node === undefined || this.flags.node === name;
    }
}

/** A request that was refused says what calls do not. */
function isRefusal(data: WatchedEvent['data']): boolean {
    return 'status' in data && data.status >= 400;
}
