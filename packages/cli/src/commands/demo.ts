import type { Command } from 'commander';
import { backendOptions, createOptions, namedByUser, withBackend, type BackendFlags } from '../backend.js';
import { action, unlessInterrupted, type Cli } from '../cli.js';

const help = `
Starts three servers on this machine, each a process of its own, with the backend that is named; lets one client talk to them in
turn; kills them with kill -9, one in the middle of a call; and shows that the session goes on. What it starts, it ends. Its keys
begin with mcp:demo: unless --prefix says otherwise; in Postgres it uses the tables that there are.

Without a backend it is one process with its sessions in memory, which has little to show.

Examples:
  $ REDIS_URL=redis://localhost:6379 mcp-sessions demo
  $ docker run -d -p 6379:6379 redis && mcp-sessions demo --url redis://localhost:6379`;

export function addDemo(program: Command, cli: Cli): void {
    backendOptions(program.command('demo').description('one session on three servers that are killed'))
        .addHelpText('after', help)
        .action(
            action(cli, async (flags: BackendFlags) => {
                const { Demo } = await import('../demo/run.js');
                const named = await namedByUser(cli, flags);
                const isShared = named !== undefined && named.kind !== 'memory';
                if (isShared) {
                    // Before three processes find out.
                    await withBackend(cli, flags, async () => undefined);
                }
                const options = { keyPrefix: 'mcp:demo:', ...createOptions(cli, flags), ttlSeconds: 600, initializeTtlSeconds: 300 };
                const demo = new Demo(cli, isShared ? options : undefined, flags.json === true);
                try {
                    return await unlessInterrupted(cli, () => demo.run());
                } finally {
                    await demo.stop();
                }
            })
        );
}
