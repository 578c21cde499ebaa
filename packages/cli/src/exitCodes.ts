/** What the process ends with. A signal makes it 128 and the signal's number, as shells have it. */
export const exitCodes = {
    ok: 0,
    /** Something failed, was not found, or is out of order. */
    failed: 1,
    /** The command line, or the environment, makes no sense. */
    usage: 2
} as const;

/** Ends the command with one line on standard error, and without a stack. */
export class CliError extends Error {
    constructor(
        message: string,
        readonly exitCode: number = exitCodes.failed,
        options?: ErrorOptions
    ) {
        super(message, options);
    }
}

/** The same for a command line that makes no sense. */
export class UsageError extends CliError {
    constructor(message: string) {
        super(message, exitCodes.usage);
    }
}
