import { CliError, exitCodes } from './exitCodes.js';
import type { Output } from './output.js';
import { reasonOf, withoutCredentials } from './printable.js';

/** The process, as commands see it. */
export interface Cli {
    readonly env: Readonly<Record<string, string | undefined>>;
    readonly out: Output;
    readonly stdin: NodeJS.ReadStream;
    /** Aborts when the user wants it to end (Ctrl-C, SIGTERM), or when nobody reads the output any more. */
    readonly signal: AbortSignal;
    /** Aborts when the user wants it to end, and not when only its output is closed: for what must not stop half way. */
    readonly stopped: AbortSignal;
    /** What the process will end with. */
    exitCode: number;
}

/** Options that every command has. */
export interface CommonFlags {
    readonly json?: boolean;
    readonly verbose?: boolean;
}

/** Ends a command that was told to end. */
export class Interrupted extends Error {}

/**
 * Makes the action of a command of a function: what it returns is the exit code (nothing: 0), what it throws is one line on
 * standard error and exit code 1, or 2 for a `UsageError`. With `--verbose` the stack comes behind it.
 */
export function action<A extends unknown[]>(cli: Cli, run: (...args: A) => Promise<number | void>): (...args: A) => Promise<void> {
    return async (...args) => {
        try {
            cli.exitCode = (await run(...args)) ?? exitCodes.ok;
        } catch (error) {
            if (error instanceof Interrupted) {
                return; // The one who interrupts says what to end with.
            }
            const isVerbose = args.some(value => (value as CommonFlags | undefined)?.verbose === true);
            fail(cli, error, isVerbose);
        } finally {
            cli.out.endProgress();
        }
    };
}

/** What `start` resolves to, or a rejection with {@link Interrupted} as soon as the command is to end. */
export async function unlessInterrupted<T>({ signal }: Cli, start: () => Promise<T>): Promise<T> {
    let stop: () => void = () => undefined;
    const interrupted = new Promise<never>((_resolve, reject) => {
        stop = () => reject(new Interrupted());
        signal.addEventListener('abort', stop, { once: true });
        if (signal.aborted) {
            stop();
        }
    });
    const work = start();
    // What fails after it was given up is nobody's.
    work.catch(() => undefined);
    try {
        return await Promise.race([work, interrupted]);
    } finally {
        signal.removeEventListener('abort', stop);
    }
}

function fail(cli: Cli, error: unknown, isVerbose: boolean): void {
    const { out } = cli;
    cli.exitCode = error instanceof CliError ? error.exitCode : exitCodes.failed;
    out.note(`${out.noteColours.red('error:')} ${reasonOf(error)}`);
    for (let cause = error; isVerbose && cause instanceof Error; cause = cause.cause) {
        out.note(out.noteColours.dim(withoutCredentials(cause.stack ?? cause.message)));
    }
}
