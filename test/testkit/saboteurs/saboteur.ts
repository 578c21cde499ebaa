import type { Closable, Contract } from '@mcp-sessions/testkit';

/** A backend with one fault, and the clauses that must catch it. */
export interface Saboteur<Limits, Backend> {
    readonly fault: string;
    /** How the titles of those clauses begin, without the number. */
    readonly caughtBy: readonly string[];
    open(limits: Limits): Promise<Backend>;
}

/** The saboteurs of one contract. */
export interface Sabotage<Limits extends object, Backend extends Closable> {
    readonly contract: Contract<Limits, Backend>;
    readonly saboteurs: readonly Saboteur<Limits, Backend>[];
    /** What the saboteurs break, without a fault. */
    sound(limits: Limits): Promise<Backend>;
    /** What never comes is not waited for as long as what may come late, but so long that what is sound passes. */
    readonly patienceMs: number;
}

/** Time in which others do something, as a round trip is. */
export const aRoundTrip = () => new Promise<void>(resolve => setImmediate(resolve));

export const listOf = (names: string | readonly string[]): readonly string[] => (typeof names === 'string' ? [names] : names);
