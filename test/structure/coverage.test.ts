import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

const stated = [...readFileSync(join(root, 'SPEC.md'), 'utf8').matchAll(/^- ([A-Z]\d+) /gm)].map(match => match[1] ?? '');

/** What is not shown yet: guarantees that no test cites, and what is missing of others. May only become shorter. */
const pending = JSON.parse(readFileSync(new URL('pending.json', import.meta.url), 'utf8')) as {
    none: string[];
    partly: Record<string, string>;
};

/** Guarantees that a test's title cites at its start, such as `S4: …` or `D1, D5: …`, with the files that do. */
const cited = citations();

describe('every guarantee of SPEC.md', () => {
    it('has a number of its own', () => {
        expect(stated.length).toBe(67);
        expect(new Set(stated).size).toBe(stated.length);
    });

    it('is the only kind that tests cite', () => {
        const unknown = [...cited]
            .filter(([number]) => !stated.includes(number))
            .map(([number, files]) => `${number} in ${files.join(', ')}`);
        expect(unknown).toEqual([]);
    });

    it('is cited by a test, or is said in pending.json to have none', () => {
        expect(pending.none.filter(number => !stated.includes(number) || cited.has(number))).toEqual([]);
        expect(stated.filter(number => !cited.has(number) && !pending.none.includes(number))).toEqual([]);
    });

    it('of which a part is missing has tests of the rest', () => {
        expect(Object.keys(pending.partly).filter(number => !cited.has(number))).toEqual([]);
    });
});

function citations(): Map<string, string[]> {
    const found = new Map<string, string[]>();
    // The clauses of the testkit are tests, too.
    const folders = ['test', 'packages/testkit/src'];
    const files = folders.flatMap(folder =>
        readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map(name => join(folder, name))
    );
    for (const file of files.filter(name => name.endsWith('.ts'))) {
        const text = readFileSync(join(root, file), 'utf8');
        const titles = text.matchAll(/['"`]([A-Z]\d+(?:, [A-Z]\d+)*): /g);
        for (const [, numbers] of titles) {
            for (const number of numbers?.split(', ') ?? []) found.set(number, [...(found.get(number) ?? []), file]);
        }
    }
    return found;
}
