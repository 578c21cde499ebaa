import type { ChosenBackend, OpenedClient } from '@mcp-sessions/backends';
import type { EventLog } from '@mcp-sessions/core';
import { withClient, type BackendFlags } from './backend.js';
import type { Cli } from './cli.js';
import { qualified } from './tableNames.js';

const dayMs = 86_400_000;

/** Longer than any history lives. */
const longSeconds = 20 * 365 * 86_400;

/** Lives over this are those that {@link untrimmed} gave. */
const longMs = longSeconds * 1000 - dayMs;

/** How long servers keep an entry by default. */
export const defaultRetentionMs = 7 * dayMs;

/** Bounds of a history under which nothing is trimmed, by which a command may look into one whose bounds it does not know. */
export const untrimmed = {
    retentionSeconds: longSeconds,
    maxMessages: Number.MAX_SAFE_INTEGER,
    maxBytes: Number.MAX_SAFE_INTEGER
} as const;

/** How long histories live on that a command has written to, in milliseconds. */
export interface Lives {
    /** At least. @default 0 */
    readonly leastMs?: number | undefined;
    /** One that there was not. @default leastMs */
    readonly newMs?: number | undefined;
}

/**
 * The backend, opened with {@link untrimmed}, with a history that lives as long as it would have without this command: what sets
 * its life is followed by setting it back.
 */
export function withLives(
    cli: Cli,
    flags: BackendFlags,
    backend: ChosenBackend,
    { leastMs = 0, newMs = leastMs }: Lives = {}
): ChosenBackend {
    const { historyLog } = backend;
    if (!historyLog) {
        return backend;
    }
    const afterwards = (before = 0): number => Math.max(before > 0 ? before : newMs, leastMs, 1);
    const keeping = async <T>(name: string, use: () => Promise<T>): Promise<T> => {
        const names = await storedNames(name);
        const before = await onClient(cli, flags, client => Promise.all(names.map(each => lifeOf(client, flags, each))));
        try {
            return await use();
        } finally {
            await onClient(cli, flags, client =>
                Promise.all(names.map((each, index) => setLife(client, flags, each, afterwards(before[index]))))
            );
        }
    };
    const kept: EventLog = {
        append: (name, events) => keeping(name, () => historyLog.append(name, events)),
        claim: (name, ...rest) => keeping(name, () => historyLog.claim(name, ...rest)),
        touch: name => keeping(name, () => historyLog.touch(name)),
        read: (...args) => historyLog.read(...args),
        release: (...args) => historyLog.release(...args),
        drop: name => historyLog.drop(name),
        ...(historyLog.maxEventBytes !== undefined && { maxEventBytes: historyLog.maxEventBytes })
    };
    return { ...backend, historyLog: kept };
}

/** What is encrypted is kept under the digest of the name in place of the name. */
async function storedNames(name: string): Promise<readonly string[]> {
    const { digest } = await import('@mcp-sessions/core');
    const plain = await digest(name);
    return [plain, await digest(plain)];
}

function onClient<T>(cli: Cli, flags: BackendFlags, use: (client: OpenedClient) => Promise<T>): Promise<T> {
    return withClient(cli, flags, async client => {
        if (client.kind === 'redis') {
            await client.answered();
        }
        return use(client);
    });
}

/** Milliseconds that a log lives on; 0 where there is none. */
async function lifeOf(client: OpenedClient, flags: BackendFlags, name: string): Promise<number> {
    if (client.kind === 'postgres') {
        const { rows } = await client.pool.query({
            text: `SELECT extract(epoch FROM expires_at - clock_timestamp())::float8 * 1000 AS life FROM ${logs(flags)} WHERE id = $1`,
            values: [name]
        });
        return Math.max(0, (rows as { life: number }[])[0]?.life ?? 0);
    }
    return Math.max(0, Number(await evaluate(client, `return redis.call('PTTL', KEYS[1])`, keysOf(flags, name), [])));
}

/** Sets the life of a log that {@link untrimmed} made long; one that a server has set meanwhile stays. */
async function setLife(client: OpenedClient, flags: BackendFlags, name: string, lifeMs: number): Promise<void> {
    if (client.kind === 'postgres') {
        // Where a log was made by this command it would also be swept as late.
        await client.pool.query({
            text: `UPDATE ${logs(flags)} SET expires_at = ends, sweep_at = least(sweep_at, ends)
                FROM (SELECT clock_timestamp() + $2::float8 * interval '1 millisecond' AS ends) AS new
                WHERE id = $1 AND expires_at > clock_timestamp() + $3::float8 * interval '1 millisecond'`,
            values: [name, lifeMs, longMs]
        });
        return;
    }
    const script = `for _, key in ipairs(KEYS) do
        if redis.call('PTTL', key) > tonumber(ARGV[2]) then
            redis.call('PEXPIRE', key, ARGV[1])
        end
    end`;
    await evaluate(client, script, keysOf(flags, name), [String(Math.ceil(lifeMs)), String(longMs)]);
}

async function evaluate(client: OpenedClient, script: string, keys: string[], args: string[]): Promise<unknown> {
    switch (client.kind) {
        case 'redis': {
            const { call } = client.redis as unknown as { call(...words: string[]): Promise<unknown> };
            return call.call(client.redis, 'eval', script, String(keys.length), ...keys, ...args);
        }
        case 'upstash':
            return client.redis.eval(script, keys, args);
        default:
            return undefined;
    }
}

function keysOf({ prefix = 'mcp:session:' }: BackendFlags, name: string): string[] {
    return [`${prefix}{${name}}:log:state`, `${prefix}{${name}}:log`];
}

function logs({ schema, table = 'mcp_sessions' }: BackendFlags): string {
    return qualified(schema, table, '_logs');
}
