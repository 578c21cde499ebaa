import type { NamedBackend, OpenedClient } from '@mcp-sessions/backends';
import { clientOptions, namedByUser, withBackend, withClient, type BackendFlags } from '../backend.js';
import { Interrupted, unlessInterrupted, type Cli } from '../cli.js';
import { reasonOf } from '../printable.js';
import { checkBus } from './bus.js';
import { checkEnvironment } from './environment.js';
import type { Findings } from './findings.js';
import { examinePostgres } from './postgres.js';
import { checkRecords } from './records.js';
import { examineRedis } from './redis.js';
import { examineUpstash } from './upstash.js';

/** Looks at everything, in the order in which one thing depends on another. */
export async function examine(cli: Cli, flags: BackendFlags, findings: Findings): Promise<void> {
    await withClient(cli, flags, client =>
        unlessInterrupted(cli, async () => {
            const { openClient } = await import('@mcp-sessions/backends');
            const named = await namedByUser(cli, flags);
            if (!named) {
                return;
            }
            await checkEnvironment(cli, flags, named, findings);
            cli.out.progress('looking at the server …');
            const second = client.kind === 'upstash' ? await openClient(clientOptions(cli, flags)) : undefined;
            if (await examineServer(client, second, named, flags, findings)) {
                await examineBackend(cli, flags, findings);
            }
        })
    );
}

/** False when nothing can be said of sessions, because the server cannot be used. */
async function examineServer(
    client: OpenedClient,
    second: OpenedClient | undefined,
    named: NamedBackend,
    flags: BackendFlags,
    findings: Findings
): Promise<boolean> {
    try {
        switch (client.kind) {
            case 'redis':
                return await examineRedis(client, named, flags, findings);
            case 'postgres':
                return await examinePostgres(client, flags, findings);
            case 'upstash':
                return second?.kind === 'upstash' && (await examineUpstash(client, second, flags.prefix ?? 'mcp:session:', findings));
            case 'memory':
                findings.note(
                    'memory',
                    'sessions are in the memory of one process: they end with it, and no other node knows them',
                    'Take Redis, Postgres or Upstash for more than one process (docs/choosing.md)'
                );
                return false;
        }
    } catch (error) {
        findings.problem('reach', `the backend stopped answering: ${reasonOf(error)}`, 'Look at its log, and try again');
        return false;
    }
}

/** What servers do, by the same code. */
async function examineBackend(cli: Cli, flags: BackendFlags, findings: Findings): Promise<void> {
    const unreadable = new Set<string>();
    let said: string | undefined;
    const warn = (message: string) => {
        said = message;
        const [, name] = /record of session (\S+) cannot be (?:read|decrypted)/.exec(message) ?? [];
        if (name !== undefined) {
            unreadable.add(name);
        }
    };
    try {
        await withBackend(
            cli,
            flags,
            async backend => {
                cli.out.progress('sending a message …');
                await checkBus(backend, findings, () => said);
                cli.out.progress('reading records …');
                await checkRecords(backend, findings, () => unreadable.size);
            },
            { probe: false, warn }
        );
    } catch (error) {
        if (error instanceof Interrupted) {
            throw error;
        }
        findings.problem('records', `sessions cannot be listed: ${reasonOf(error)}`, 'See the other findings');
    }
}
