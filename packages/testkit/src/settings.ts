import { AsyncLocalStorage } from 'node:async_hooks';

/** How a clause is run. */
export interface Settings {
    /** Milliseconds that a clause waits for what must come. */
    readonly patienceMs: number;
    /** Milliseconds after which a clause that has not ended has failed. */
    readonly clauseTimeoutMs: number;
    /** Random sequences of a clause that compares the backend with a model. */
    readonly runs: number;
}

export const defaultSettings: Settings = { patienceMs: 20_000, clauseTimeoutMs: 60_000, runs: 25 };

const current = new AsyncLocalStorage<Settings>();

/** Runs something, with these settings for all that it calls. */
export function withSettings<T>(settings: Settings, run: () => T): T {
    return current.run(settings, run);
}

/** The settings of the clause that is run. */
export function settings(): Settings {
    return current.getStore() ?? defaultSettings;
}
