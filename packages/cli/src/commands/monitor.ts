import type { ChosenBackend } from '@mcp-sessions/backends';
import type { Command } from 'commander';
import { backendOptions, withBackend, type BackendFlags } from '../backend.js';
import { action, type Cli } from '../cli.js';
import { CliError } from '../exitCodes.js';
import { PageServer } from '../monitor/pageServer.js';
import { Picture, type PageEvent } from '../monitor/picture.js';
import { reasonOf } from '../printable.js';
import { countFrom } from '../times.js';
import { aborted } from '../waiting.js';
import { guarded } from '../watch/guarded.js';
import { NodeNames } from '../watch/nodeNames.js';
import { notesOf } from '../watch/notes.js';

interface MonitorFlags extends BackendFlags {
    readonly port: number;
}

/** How often events go to the page. */
const flushMs = 100;

const help = `
The page is on this machine's loopback only, under an address that holds a random token: who has the address sees the
cluster. It shows fingerprints and counts; no ids, and nothing of what is said in sessions.

A node is seen as soon as a call runs or a stream is open on it, and at once with watchable: 'always'. Nodes report
only while somebody watches them, and go on with that for ten seconds at most when this command ends.

Examples:
  $ mcp-sessions monitor
  $ mcp-sessions monitor --port 7000 --url redis://localhost:6379`;

export function addMonitor(program: Command, cli: Cli): void {
    backendOptions(program.command('monitor').description('a page that shows nodes, sessions and what goes between them, live'))
        .option('--port <port>', 'the port of the page; 0 for one that is free', countFrom(0, 65_535), 0)
        .addHelpText('after', help)
        .action(action(cli, (flags: MonitorFlags) => withBackend(cli, flags, backend => monitor(cli, flags, backend))));
}

async function monitor(cli: Cli, flags: MonitorFlags, backend: ChosenBackend): Promise<void> {
    const { watchCluster } = await import('@mcp-sessions/core');
    const { out, signal } = cli;
    const picture = new Picture(backend.kind, new NodeNames());
    const page = await PageServer.start(flags.port, () => picture.message).catch((error: unknown) => {
        throw new CliError(`The page cannot be served on port ${flags.port}: ${reasonOf(error)}`);
    });
    let events: PageEvent[] = [];
    const known = new Set<string>();
    const timer = setInterval(() => {
        if (events.length > 0) {
            page.send('events', events);
            events = [];
        }
    }, flushMs);
    const { passedOver, onerror } = notesOf(out);
    const end = (): void => {
        clearInterval(timer);
        page.close();
    };
    signal.addEventListener('abort', end, { once: true });
    try {
        await watchCluster(backend, {
            signal,
            onnode: guarded(node => {
                if (!known.has(node.id)) {
                    known.add(node.id);
                    events.push(picture.nodeEvent(node, 'node-seen', 'node is there'));
                }
                picture.note(node);
                page.send('node', node);
            }, passedOver),
            onevent: guarded(event => void events.push(picture.eventOf(event)), passedOver),
            ondropped: (count, node) => events.push(picture.nodeEvent(node, 'dropped', `${count} events more than could be told`)),
            onlost: (node, how) => {
                known.delete(node.id);
                picture.forget(node.id);
                events.push(
                    picture.nodeEvent(
                        node,
                        how === 'left' ? 'node-left' : 'node-lost',
                        how === 'left' ? 'node has gone' : 'node is lost: nothing is heard of it'
                    )
                );
                page.send('lost', { id: node.id, how });
            },
            onerror
        });
        if (flags.json) {
            out.json({ url: page.url, backend: backend.kind });
        } else {
            out.line(page.url);
            out.note('Open this address in a browser on this machine. Ctrl-C ends it.');
        }
        await aborted(signal);
    } finally {
        end();
    }
}
