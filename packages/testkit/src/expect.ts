import { inspect } from 'node:util';
import { hasAll, isSame } from './sameValue.js';

/** What was expected and did not come. Test frameworks that know `expected` and `actual` show the difference. */
export class Unmet extends Error {
    override readonly name = 'Unmet';

    constructor(
        message: string,
        readonly expected: unknown,
        readonly actual: unknown
    ) {
        super(message);
    }
}

/** The few comparisons that the clauses need, so that they run under any test framework. */
export interface Expectation {
    /** Alike, as JSON has it. */
    toEqual(expected: unknown): void;
    toBe(expected: unknown): void;
    toBeNull(): void;
    toBeUndefined(): void;
    toBeDefined(): void;
    /** Has these members, alike as JSON has them, and perhaps others. */
    toMatchObject(expected: Record<string, unknown>): void;
    toMatch(pattern: RegExp): void;
    toHaveLength(length: number): void;
    toBeOneOf(expected: readonly unknown[]): void;
    toBeAtLeast(least: number): void;
    toBeAtMost(most: number): void;
    toBeBelow(bound: number): void;
}

/** @param what names the value in the message of a failure. */
export function expect(actual: unknown, what?: string): Expectation & { readonly not: Expectation } {
    return { ...expectation(actual, what, true), not: expectation(actual, what, false) };
}

function expectation(actual: unknown, what: string | undefined, isMeant: boolean): Expectation {
    const check = (holds: boolean, words: string, expected: unknown): void => {
        if (holds !== isMeant) {
            const place = what === undefined ? '' : `${what}: `;
            throw new Unmet(`${place}expected ${isMeant ? '' : 'not '}${words}${show(expected)}, got ${show(actual)}`, expected, actual);
        }
    };
    const compare = (holds: (value: number) => boolean) => typeof actual === 'number' && holds(actual);
    return {
        toEqual: expected => check(isSame(actual, expected), '', expected),
        toBe: expected => check(Object.is(actual, expected), '', expected),
        toBeNull: () => check(actual === null, '', null),
        toBeUndefined: () => check(actual === undefined, '', undefined),
        toBeDefined: () => check(actual !== undefined, 'anything but ', undefined),
        toMatchObject: expected => check(hasAll(actual, expected), 'an object with ', expected),
        toMatch: pattern => check(typeof actual === 'string' && pattern.test(actual), 'a text like ', pattern),
        toHaveLength: length => check((actual as { length?: unknown } | undefined)?.length === length, 'a length of ', length),
        toBeOneOf: expected =>
            check(
                expected.some(one => isSame(actual, one)),
                'one of ',
                expected
            ),
        toBeAtLeast: least =>
            check(
                compare(value => value >= least),
                'at least ',
                least
            ),
        toBeAtMost: most =>
            check(
                compare(value => value <= most),
                'at most ',
                most
            ),
        toBeBelow: bound =>
            check(
                compare(value => value < bound),
                'less than ',
                bound
            )
    };
}

function show(value: unknown): string {
    return inspect(value, { depth: 8, maxArrayLength: 50, maxStringLength: 300, breakLength: 120 });
}
