import type { Instrumentation, StepName, StepNotes } from './instrumentation.js';

/** How many of something there are now. */
export interface Gauges {
    /** Sessions that this process serves from a store. */
    sessions: number;
    /** Event streams that are open, by the HTTP method of their requests. */
    readonly streams: { GET: number; POST: number };
}

interface Installed extends Gauges {
    instrumentation: Instrumentation | undefined;
}

/** An application may have this package twice, as ES modules and as CommonJS, or in the fork as well: they share this. */
const key = Symbol.for('mcp-sessions.telemetry.1');

export const installed = ((globalThis as { [key]?: Installed })[key] ??= {
    instrumentation: undefined,
    sessions: 0,
    streams: { GET: 0, POST: 0 }
});

/** What there is now in this process. */
export const gauges: Readonly<Gauges> = installed;

/**
 * Has everything in this process measured from now on, in the place of who did so before. Returns how to end that.
 * `@mcp-sessions/opentelemetry` calls it; so may an instrumentation of your own.
 */
export function installInstrumentation(instrumentation: Instrumentation): () => void {
    installed.instrumentation?.stop();
    installed.instrumentation = instrumentation;
    return () => {
        if (installed.instrumentation === instrumentation) {
            installed.instrumentation = undefined;
            instrumentation.stop();
        }
    };
}

/** Whether somebody measures. */
export function isInstrumented(): boolean {
    return installed.instrumentation !== undefined;
}

/** Does a step, in a span of its own if anybody wants to know of it. */
export function inStep<T>(name: StepName, run: (note: (notes: StepNotes) => void) => Promise<T>): Promise<T> {
    return installed.instrumentation ? installed.instrumentation.step(name, run) : run(() => undefined);
}

/** Notes how a request was answered that was answered as a whole. */
export function noteReply(method: string, status: number): void {
    if (status >= 400) {
        installed.instrumentation?.refused(method, status);
    }
}
