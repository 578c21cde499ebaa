import { toError } from '../errors.js';
import { pause, settled } from '../timers.js';
import type { SessionHandler } from './createSessionHandler.js';

const defaultGraceMs = 10_000;
/** For the last bytes of answers that are complete. */
const farewellMs = 500;
/** How long `onclose` may take, in milliseconds: a client whose store does not answer may wait for that for ever. */
const closeTimeoutMs = 5000;

/** What `node:http`, `node:https` and `node:http2` have in common. */
export interface ClosableServer {
    close(callback: (error?: Error) => void): unknown;
    closeAllConnections?(): void;
}

export interface ShutdownOptions {
    /** The HTTP server that the handler is mounted on. Left out: only the handler is drained and closed. */
    server?: ClosableServer | undefined;
    /** Which signals end the process. @default ['SIGTERM', 'SIGINT'] */
    signals?: readonly NodeJS.Signals[] | undefined;
    /**
     * Milliseconds between the signal and the moment at which the server takes no more connections; meanwhile `isReady` is
     * false. As long as the load balancer may take to notice. @default 0
     */
    noticeMs?: number | undefined;
    /** Milliseconds for calls that run. @default 10000 */
    graceMs?: number | undefined;
    /**
     * Called when sessions are let go: close the backend's client and what else is open here. It may take five seconds; then the
     * process ends without it, with exit code 1.
     */
    onclose?: (() => void | Promise<unknown>) | undefined;
    /** End the process afterwards, with exit code 0; 1 if something failed. @default true */
    exit?: boolean | undefined;
}

/**
 * Has a process go without its clients noticing when it is told to (SIGTERM): GET streams move, running calls finish within
 * the grace, connections close, sessions stay in the backend. A second signal ends it at once.
 *
 * ```ts
 * const server = app.listen(3000);
 * shutdownOnSignals(sessions, { server, onclose: () => redis.quit() });
 * ```
 *
 * @returns how to take it back: from then on signals do what they did before.
 */
export function shutdownOnSignals(handler: SessionHandler, options: ShutdownOptions = {}): () => void {
    const { signals = ['SIGTERM', 'SIGINT'], exit = true } = options;
    const undo = (): void => signals.forEach(signal => void process.off(signal, onsignal));
    const onsignal = (): void => {
        // The next one finds nobody listening, and so ends the process.
        undo();
        shutDown(handler, options).then(
            () => exit && process.exit(0),
            (error: unknown) => {
                process.emitWarning(`mcp-sessions: shutting down failed: ${toError(error).message}`);
                return exit && process.exit(1);
            }
        );
    };
    signals.forEach(signal => void process.on(signal, onsignal));
    return undo;
}

/** What {@link shutdownOnSignals} does at a signal: rejects with what `onclose` throws, or when it does not end within five seconds. */
export async function shutDown(
    handler: SessionHandler,
    { server, noticeMs = 0, graceMs = defaultGraceMs, onclose }: Omit<ShutdownOptions, 'signals' | 'exit'> = {}
): Promise<void> {
    const deadline = performance.now() + noticeMs + graceMs;
    // From here on answers close their connections, so that hardly any is left when no new ones are taken.
    await handler.drain({ graceMs: 1 });
    await pause(noticeMs);
    // Without a server nobody can tell whether the last bytes have left: they are given their time.
    const closed = new Promise<void>(resolve => server?.close(() => resolve()));
    await handler.drain({ graceMs: Math.max(1, deadline - performance.now()) });
    await Promise.race([closed, pause(Math.min(farewellMs, deadline - performance.now()))]);
    // What has come meanwhile on connections that were kept.
    await handler.drain({ graceMs: Math.max(1, deadline - performance.now()) });
    await handler.close();
    server?.closeAllConnections?.();
    const closing = Promise.resolve(onclose?.());
    if (!(await settled(closing, closeTimeoutMs, setTimeout))) {
        throw new Error(`onclose has not ended within ${closeTimeoutMs / 1000} s`);
    }
    await closing;
}
