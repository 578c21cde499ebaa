import type { ChosenBackend, NamedBackend, OpenedClient } from '@mcp-sessions/backends';
import type { HistoryLimits } from '@mcp-sessions/core';
import { Option, type Command } from 'commander';
import { unlessInterrupted, type Cli, type CommonFlags } from './cli.js';
import { CliError, UsageError } from './exitCodes.js';
import { reasonOf } from './printable.js';
import { countFrom, longestTimerMs, timeFrom } from './times.js';
import { inTime } from './waiting.js';

/** What {@link backendOptions} adds. */
export interface BackendFlags extends CommonFlags {
    readonly url?: string;
    readonly token?: string;
    readonly kind?: 'redis' | 'postgres' | 'upstash';
    readonly prefix?: string;
    readonly schema?: string;
    readonly table?: string;
    readonly push: boolean;
    readonly ttl?: number;
    /** Milliseconds. */
    readonly timeout: number;
}

/** The options of a command that uses a backend. */
export function backendOptions(command: Command): Command {
    return command
        .addOption(new Option('--url <url>', 'the backend; else the environment names it (REDIS_URL, POSTGRES_URL, …)'))
        .addOption(new Option('--token <token>', 'of a REST URL (https:)'))
        .addOption(
            new Option('--kind <kind>', 'of several that the environment names, the one of this kind').choices([
                'redis',
                'postgres',
                'upstash'
            ])
        )
        .addOption(new Option('--prefix <prefix>', 'the keyPrefix of the servers (Redis, Upstash; default: mcp:session:)'))
        .addOption(new Option('--schema <schema>', 'the schema of the tables (Postgres)'))
        .addOption(new Option('--table <name>', 'the tableName of the servers (Postgres; default: mcp_sessions)'))
        .addOption(new Option('--ttl <seconds>', 'the ttlSeconds of the servers (default: 3600)').argParser(countFrom(1, longestTimerMs)))
        .addOption(new Option('--no-push', 'the servers have push (or listen) switched off'))
        .addOption(
            new Option('--timeout <time>', 'how long the backend may take to answer')
                .argParser(timeFrom(1, longestTimerMs))
                .default(5000, '5s')
        )
        .addOption(new Option('--json', 'JSON, one object on each line'))
        .addOption(new Option('--verbose', 'what the backend says, and stacks of errors'));
}

/** What `createSessionBackend` is given. */
export function createOptions({ env }: Cli, flags: BackendFlags) {
    const { url, token, kind, prefix, schema, table, ttl, push } = flags;
    return {
        env,
        push,
        ...(url !== undefined && { url }),
        ...(token !== undefined && { token }),
        ...(kind !== undefined && { kind }),
        ...(prefix !== undefined && { keyPrefix: prefix }),
        ...(schema !== undefined && { schema }),
        ...(table !== undefined && { tableName: table }),
        ...(ttl !== undefined && { ttlSeconds: ttl, initializeTtlSeconds: Math.min(300, ttl) })
    };
}

/** More than {@link BackendFlags} say. */
export interface UseSettings {
    /** Whether sessions will be ended, whose places under the servers' caps must become free. @default false */
    readonly ends?: boolean;
    /** Whether the backend is asked for a sign of life first. @default true */
    readonly probe?: boolean;
    /** What `createSessionBackend` is told of the history. @default none */
    readonly history?: HistoryLimits;
    /** Told of records that cannot be read, and of connections. @default standard error with --verbose, else nobody */
    readonly warn?: (message: string) => void;
}

/**
 * Opens the backend, has it used, and closes it, also when the user interrupts it.
 *
 * @throws UsageError where none is named; CliError, in one line, where it does not answer in time.
 */
export async function withBackend<T>(
    cli: Cli,
    flags: BackendFlags,
    use: (backend: ChosenBackend) => Promise<T>,
    { ends = false, probe = true, warn, history }: UseSettings = {}
): Promise<T> {
    // Loaded when they are needed: help must not wait for them.
    const { createSessionBackend, namedBackend } = await import('@mcp-sessions/backends');
    const { out } = cli;
    let said: string | undefined;
    const logger = {
        warn(message: string) {
            said = message;
            warn?.(message);
            if (flags.verbose) {
                out.note(out.noteColours.yellow(reasonOf({ message })));
            }
        }
    };
    const options = {
        ...createOptions(cli, flags),
        ...(ends && { maxSessions: Number.MAX_SAFE_INTEGER }),
        ...(history && { history }),
        logger
    };
    const backend = await configured(async () => {
        const named = namedBackend(clientOptions(cli, flags));
        if (!named) {
            throw await nothingNamed(flags);
        }
        const signal = () => AbortSignal.timeout(Math.min(2 * flags.timeout, longestTimerMs));
        const driverOptions = named.kind === 'upstash' && { signal };
        return createSessionBackend({ ...options, ...(driverOptions && { driverOptions }) });
    });
    try {
        if (backend.kind === 'memory') {
            throw new UsageError(
                'Sessions in memory are known to their own process only: name the Redis, Postgres or Upstash of the servers'
            );
        }
        return await unlessInterrupted(cli, async () => {
            if (probe) {
                await answered(backend, flags.timeout, () => said);
            }
            return use(backend);
        });
    } finally {
        await backend.close();
    }
}

/** What is named, if anything is. @throws UsageError for what names no backend. */
export async function namedByUser(cli: Cli, flags: BackendFlags): Promise<NamedBackend | undefined> {
    const { namedBackend } = await import('@mcp-sessions/backends');
    return configured(async () => namedBackend(clientOptions(cli, flags)));
}

/** Opens a client alone, has it used, and closes it. @throws UsageError where none is named. */
export async function withClient<T>(cli: Cli, flags: BackendFlags, use: (client: OpenedClient) => Promise<T>): Promise<T> {
    const { openClient } = await import('@mcp-sessions/backends');
    const client = await configured(() => openClient(clientOptions(cli, flags)));
    if (!client) {
        throw await nothingNamed(flags);
    }
    try {
        return await use(client);
    } finally {
        await client.close();
    }
}

/** What `openClient` and `namedBackend` are given. */
export function clientOptions({ env }: Cli, { url, token, kind, timeout }: BackendFlags) {
    return { env, timeoutMs: timeout, ...(url !== undefined && { url }), ...(token !== undefined && { token }), ...(kind && { kind }) };
}

/** What `start` returns; what is wrong with URLs and variables is the user's to mend. */
async function configured<T>(start: () => Promise<T>): Promise<T> {
    const { isSessionError } = await import('@mcp-sessions/core');
    try {
        return await start();
    } catch (error) {
        throw isSessionError(error) && error.code === 'CONFIGURATION' ? new UsageError(error.message) : error;
    }
}

async function nothingNamed({ kind }: BackendFlags): Promise<UsageError> {
    const { backendVariables } = await import('@mcp-sessions/backends');
    return new UsageError(`No backend${kind ? ` of kind ${kind}` : ''} is named: give --url, or set one of ${backendVariables}`);
}

async function answered({ sessionStore }: ChosenBackend, timeoutMs: number, said: () => string | undefined): Promise<void> {
    try {
        await inTime(timeoutMs, sessionStore.sessionExists('mcp-sessions-probe'), () => {
            throw new Error(`no answer within ${timeoutMs / 1000} s`);
        });
    } catch (error) {
        // What the connection has said tells more than that a call had to wait for it.
        const reason = /cannot be used; it is tried again: (.*)$/.exec(said() ?? '')?.[1] ?? adapted(reasonOf(error));
        throw new CliError(`The backend cannot be used: ${reason}. \`mcp-sessions doctor\` says more`, undefined, { cause: error });
    }
}

/** What the packages advise, in terms of the command. */
function adapted(message: string): string {
    return message.replace(/The tables \S+ are made and brought up to date by migrate.*$/, '`mcp-sessions migrate` makes the tables');
}
