import { describe, it } from 'vitest';

/** One sentence of a contract, and what shows it. `open` gives a fresh, empty backend, as often as it is called. */
export interface Clause<O> {
    readonly title: string;
    run(open: O): Promise<void>;
}

/** How long a clause waits for what must come. */
export const patience = { timeout: 20_000, interval: 20 };

export interface Closable {
    close(): Promise<void>;
}

/** Runs one clause and closes what it opened, whether it holds or not. */
export async function runClause<A extends unknown[], B extends Closable>(
    clause: Clause<(...args: A) => Promise<B>>,
    open: (...args: A) => Promise<B>
): Promise<void> {
    const opened: Closable[] = [];
    try {
        await clause.run(async (...args) => {
            const backend = await open(...args);
            opened.push(backend);
            return backend;
        });
    } finally {
        await Promise.all(opened.map(backend => backend.close()));
    }
}

/** States the clauses as tests of one backend. */
export function describeClauses<A extends unknown[], B extends Closable>(
    name: string,
    clauses: readonly Clause<(...args: A) => Promise<B>>[],
    open: (...args: A) => Promise<B>
): void {
    describe(name, () => {
        for (const clause of clauses) {
            it(clause.title, () => runClause(clause, open));
        }
    });
}
