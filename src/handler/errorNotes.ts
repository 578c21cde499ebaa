/** How long the same thing is not said again, in milliseconds. */
const againMs = 10_000;
/** How many different things are remembered: an application's errors may all differ. */
const mostKnown = 100;

/** What goes wrong where nobody gave `onerror`: one line by the logger, and not for every request anew. */
export class ErrorNotes {
    private readonly saidAt = new Map<string, number>();

    constructor(private readonly logger: { warn(message: string): void }) {}

    readonly note = (error: Error): void => {
        const { message, cause } = error;
        const text = `mcp-sessions: ${message}${cause instanceof Error && cause.message !== '' ? `: ${cause.message}` : ''}`;
        const now = performance.now();
        if (now - (this.saidAt.get(text) ?? -Infinity) < againMs) {
            return;
        }
        if (this.saidAt.size >= mostKnown) {
            this.saidAt.clear();
        }
        this.saidAt.set(text, now);
        this.logger.warn(text);
    };
}
