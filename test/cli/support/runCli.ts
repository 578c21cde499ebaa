import { closeSync, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Readable } from 'node:stream';
import type { Cli } from '../../../packages/cli/src/cli.js';
import { Output } from '../../../packages/cli/src/output.js';
import { run } from '../../../packages/cli/src/program.js';
import { endChild, startChild } from '../../../scripts/services.mjs';

const path = (name: string) => fileURLToPath(new URL(`../../../${name}`, import.meta.url));

/** The command from its sources, in a process of its own. */
const words = [
    ...['--import', path('scripts/typescript.mjs'), '--import', path('test/support/onSources.mjs')],
    path('packages/cli/src/main.ts')
];

export interface CliOptions {
    /** The whole of what it finds in the environment, beside what Node needs. */
    readonly env?: Readonly<Record<string, string>>;
    /** What it reads from standard input. */
    readonly input?: string;
    /** A file that its standard output goes to, for a process of its own. @default a pipe */
    readonly stdout?: string;
    /** Whether it runs on a terminal, and what is typed there. */
    readonly terminal?: string;
}

export interface CliResult {
    readonly code: number | null;
    readonly stdout: string;
    readonly stderr: string;
}

/** A command that runs. */
export interface RunningCli {
    readonly stdout: string;
    readonly stderr: string;
    /** Resolves when standard output (or `stderr`) matches; rejects when the command ends before. */
    untilPrinted(pattern: RegExp, where?: 'stdout' | 'stderr'): Promise<void>;
    type(text: string): void;
    /** Closes our end of its standard output, as `head` does. */
    closePipe(): void;
    /** Ctrl-C */
    interrupt(signal?: NodeJS.Signals): void;
    readonly ended: Promise<CliResult>;
    stop(): Promise<void>;
}

export function startCli(args: readonly string[], { env = {}, input, stdout }: CliOptions = {}): RunningCli {
    const { PATH = '', HOME = '' } = process.env;
    const file = stdout === undefined ? undefined : openSync(stdout, 'w');
    const started = startChild(process.execPath, [...words, ...args], {
        spawnOptions: { stdio: ['pipe', file ?? 'pipe', 'pipe'], env: { PATH, HOME, ...env } }
    });
    const { child } = started;
    if (file !== undefined) closeSync(file);
    const printed = { stdout: '', stderr: '' };
    const listeners = new Set<() => void>();
    for (const name of ['stdout', 'stderr'] as const) {
        child[name]?.setEncoding('utf8').on('data', (chunk: string) => {
            printed[name] += chunk;
            listeners.forEach(listener => listener());
        });
    }
    child.stdin?.on('error', () => undefined); // It need not read.
    if (input !== undefined) child.stdin?.end(input);
    const ended = new Promise<CliResult>(resolve => child.once('close', code => resolve({ code, ...printed })));
    return {
        get stdout() {
            return printed.stdout;
        },
        get stderr() {
            return printed.stderr;
        },
        untilPrinted: (pattern, where = 'stdout') =>
            new Promise((resolve, reject) => {
                const look = () => {
                    if (!pattern.test(printed[where])) return;
                    listeners.delete(look);
                    resolve();
                };
                listeners.add(look);
                look();
                void ended.then(({ code }) => reject(new Error(`It ended with ${code} before: ${printed.stdout}${printed.stderr}`)));
            }),
        type: text => void child.stdin?.write(text),
        closePipe: () => void child.stdout?.destroy(),
        interrupt: (signal = 'SIGINT') => void started.kill(signal),
        ended,
        stop: () => endChild(started, 'SIGKILL')
    };
}

/**
 * Runs a command to its end, in this process: to start one takes longer than most commands. What belongs to a process
 * (signals, pipes, its end) is tested with {@link startCli}.
 */
export async function runCli(args: readonly string[], { env = {}, input, terminal }: CliOptions = {}): Promise<CliResult> {
    const printed = { stdout: '', stderr: '' };
    const stream = (name: keyof typeof printed) => ({
        isTTY: terminal !== undefined,
        columns: 200,
        write: (text: string) => void (printed[name] += text),
        on: () => undefined
    });
    const cli: Cli = {
        env,
        out: new Output(stream('stdout'), stream('stderr'), env, () => undefined),
        stdin: Object.assign(Readable.from([input ?? terminal ?? '']), { isTTY: terminal !== undefined }) as unknown as NodeJS.ReadStream,
        signal: new AbortController().signal,
        stopped: new AbortController().signal,
        exitCode: 0
    };
    await run(cli, args, '0.0.0');
    return { code: cli.exitCode, ...printed };
}
