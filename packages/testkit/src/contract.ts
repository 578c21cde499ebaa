/** One sentence of a contract, and what shows it. */
export interface Clause<Limits, Backend> {
    /** Unique within its contract; what `skip` names. A guarantee of the project's SPEC.md may stand before it: `L1: …`. */
    readonly title: string;
    /**
     * Rejects when the clause does not hold.
     * @param open gives a fresh, empty backend, as often as it is called.
     */
    run(open: (limits?: Limits) => Promise<Backend>): Promise<void>;
}

/** What a port promises, clause by clause. Given to `testContract`. */
export interface Contract<Limits, Backend extends Closable> {
    /** The port. */
    readonly name: string;
    readonly clauses: readonly Clause<Limits, Backend>[];
}

/** What `open` gives: the backend, as seen by as many nodes as are asked for. */
export interface Closable {
    /** Closes all that was opened for this backend. Called once, at the end of its clause. */
    close(): Promise<void>;
}

/** A contract that asks for no limits. */
export type NoLimits = Record<never, never>;
