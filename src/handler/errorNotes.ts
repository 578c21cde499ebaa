import { RequestRefused } from '../transport/replies.js';

/** How long the same thing is not said again, in milliseconds. */
const againMs = 10_000;
/** How many different things are remembered: an application's errors may all differ. */
const mostKnown = 100;

/**
 * What goes wrong where nobody gave `onerror`: one line by the logger, and not for every request anew. Mistakes of clients
 * are left out, since they know of them: a session that has expired is no news to who runs the server.
 */
export class ErrorNotes {
    private readonly saidAt = new Map<string, number>();

    constructor(private readonly logger: { warn(message: string): void }) {}

    readonly note = (error: Error): void => {
        if (error instanceof RequestRefused) {
            return;
        }
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
