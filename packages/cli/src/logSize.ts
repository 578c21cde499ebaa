import type { OpenedClient } from '@mcp-sessions/backends';
import { withClient, type BackendFlags } from './backend.js';
import { unlessInterrupted, type Cli } from './cli.js';
import { qualified } from './tableNames.js';

/** How much of a session's streams is kept. */
export interface LogSize {
    readonly events: number;
    readonly bytes: number;
}

/** Of a session's log what its backend has counted already; undefined where there is no log. */
export async function logSizeOf(cli: Cli, flags: BackendFlags, sessionId: string): Promise<LogSize | undefined> {
    const { digest } = await import('@mcp-sessions/core');
    const name = await digest(sessionId);
    // What is encrypted is kept under the digest of the id in place of the id.
    const names = [name, await digest(name)];
    return withClient(cli, flags, client =>
        unlessInterrupted(cli, async () => {
            for (const each of names) {
                const [events, bytes] = (await ask(client, flags, each)).map(Number);
                if (events !== undefined && bytes !== undefined && events > 0) {
                    return { events, bytes };
                }
            }
            return undefined;
        })
    );
}

async function ask(
    client: OpenedClient,
    { prefix = 'mcp:session:', schema, table = 'mcp_sessions' }: BackendFlags,
    name: string
): Promise<unknown[]> {
    const key = `${prefix}{${name}}:log:state`;
    switch (client.kind) {
        case 'redis': {
            await client.answered();
            const { call } = client.redis as unknown as { call(...words: string[]): Promise<unknown[]> };
            return call.call(client.redis, 'HMGET', key, 'count', 'bytes');
        }
        case 'upstash':
            return (await client.redis.eval(`return redis.call('HMGET', KEYS[1], 'count', 'bytes')`, [key], [])) as unknown[];
        case 'postgres': {
            const { rows } = await client.pool.query({
                text: `SELECT events, bytes FROM ${qualified(schema, table, '_logs')} WHERE id = $1`,
                values: [name]
            });
            const [row] = rows as { events: unknown; bytes: unknown }[];
            return row ? [row.events, row.bytes] : [];
        }
        case 'memory':
            return [];
    }
}
