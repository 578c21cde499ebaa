// Applying changes: what is refused, what is said, and that nothing is written where a change does not fit.

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { change as a } from '../../upstream/series/a/change.js';
import { applyChanges } from '../../upstream/series/applyChanges.js';
import { change as b } from '../../upstream/series/b/change.js';
import { change as c } from '../../upstream/series/c/change.js';
import type { Branch, Change, ChangeId } from '../../upstream/series/change.js';
import { command } from '../../upstream/series/command.js';
import { commandsOf } from '../../upstream/series/commands.js';
import { change as d } from '../../upstream/series/d/change.js';
import { RefusedError } from '../../upstream/series/errors.js';
import { countLines } from '../../upstream/series/countLines.js';
import { protocolFile, transportFile } from '../../upstream/series/places.js';
import { describe as describeApplied } from '../../upstream/series/report.js';
import { fillIn } from '../../upstream/series/texts.js';
import { filesOf, SmallClone } from './support/smallClone.js';

const changes = [a, b, c, d];
const branches: Branch[] = ['v1.x', 'main'];
const clones: SmallClone[] = [];

afterEach(() => {
    for (const clone of clones.splice(0)) clone.remove();
});

function cloneOf(branch: Branch, files: Readonly<Record<string, string>> = {}): SmallClone {
    const clone = new SmallClone({ ...filesOf(branch), ...files });
    clones.push(clone);
    return clone;
}

/** A change of which only what a test is about is said. */
const changeWith = (parts: Partial<Change> & Pick<Change, 'id'>): Change => ({
    title: `feat: ${parts.id}`,
    targets: ['main'],
    tests: () => [{ path: `test/${parts.id}.test.ts`, text: `it('${parts.id}');\n` }],
    apply: clone => clone.add(`src/${parts.id}.ts`, '// ours\n'),
    ...parts
});

function refusalOf(applying: () => unknown): string {
    try {
        applying();
    } catch (error) {
        if (error instanceof RefusedError) return error.message;
        throw error;
    }
    throw new Error('not refused');
}

describe('what is refused', () => {
    it('a folder that is no clone, or no root of one, or of another project', () => {
        const folder = mkdtempSync(join(tmpdir(), 'upstream-folder-'));
        try {
            expect(() => applyChanges(folder, ['a'], { changes })).toThrow(/is no clone of modelcontextprotocol\/typescript-sdk/);
            mkdirSync(join(folder, 'src/server'), { recursive: true });
            const withFiles = cloneOf('v1.x');
            expect(() => applyChanges(join(withFiles.root, 'src'), ['a'], { changes })).toThrow(/is no clone/);
            const within = cloneOf(
                'v1.x',
                Object.fromEntries(Object.entries(filesOf('v1.x')).map(([path, text]) => [`sdk/${path}`, text]))
            );
            expect(() => applyChanges(join(within.root, 'sdk'), ['a'], { changes })).toThrow(/is a folder within a clone, not its root/);
            expect(within.changed()).toEqual([]);
        } finally {
            rmSync(folder, { recursive: true });
        }
    });

    it('files with Windows line endings', () => {
        const path = transportFile.main;
        const clone = cloneOf('main', { [path]: (filesOf('main')[path] ?? '').replaceAll('\n', '\r\n') });
        expect(refusalOf(() => applyChanges(clone.root, ['a', 'b'], { changes }))).toContain('core.autocrlf=false');
        expect(clone.changed()).toEqual([]);
    });

    it('what somebody else has made already', () => {
        const path = transportFile.main;
        const made = (filesOf('main')[path] ?? '').replace(
            /(class WebStandardStreamableHTTPServerTransport[^{]*\{)/,
            '$1\n    streamIdOfSession(): void {}\n'
        );
        const clone = cloneOf('main', { [path]: made });
        expect(refusalOf(() => applyChanges(clone.root, ['c'], { changes }))).toContain('no method streamIdOfSession');
        expect(clone.changed()).toEqual([]);
    });

    it('a folder with the files that git does not know', () => {
        const clone = cloneOf('v1.x');
        rmSync(join(clone.root, '.git'), { recursive: true });

        expect(() => applyChanges(clone.root, ['a'], { changes })).toThrow(/is not a clone: git does not know it/);
    });

    it('a clone with changes of its own, also with files that git does not have yet', () => {
        const edited = cloneOf('v1.x');
        edited.write(protocolFile['v1.x'], '// mine\n');
        const added = cloneOf('main');
        added.write('notes.txt', 'mine\n');

        for (const clone of [edited, added]) {
            const before = clone.files();
            expect(() => applyChanges(clone.root, ['a'], { changes })).toThrow(/is not clean: 1 changed/);
            expect(clone.files()).toEqual(before);
        }
    });

    it('a branch that is said and is not the one in the clone, and a clone with the files of both', () => {
        const clone = cloneOf('v1.x');
        expect(() => applyChanges(clone.root, ['a'], { branch: 'main', changes })).toThrow(
            /--branch main was said, but .* has the files of v1\.x/
        );
        expect(clone.changed()).toEqual([]);
        expect(applyChanges(clone.root, ['a'], { branch: 'v1.x', changes }).branch).toBe('v1.x');

        const both = cloneOf('v1.x', filesOf('main'));
        expect(() => applyChanges(both.root, ['a'], { changes })).toThrow(RefusedError);
    });

    it.each(branches)('a change that is in already, by name (%s)', branch => {
        const clone = cloneOf(branch);
        applyChanges(clone.root, ['a'], { changes });
        clone.commit();
        const before = clone.files();

        expect(() => applyChanges(clone.root, ['b', 'a'], { changes })).toThrow(`a (${a.title}) is in this clone already.`);
        expect(clone.files()).toEqual(before);
    });

    it('a change larger than it may be', () => {
        const clone = cloneOf('main');
        const adding = (lines: number, limit?: number | false) =>
            changeWith({
                id: 'e',
                ...(limit !== undefined && { limit }),
                apply: each => each.add('packages/server/src/new.ts', '// a line\n'.repeat(lines))
            });

        expect(() => applyChanges(clone.root, ['e'], { changes: [adding(61)] })).toThrow(/adds 61 source lines, more than the 60/);
        expect(clone.changed()).toEqual([]);
        const { applied } = applyChanges(clone.root, ['e'], { changes: [adding(61, false)] });
        expect(applied[0]?.size).toEqual({
            source: { added: 61, removed: 0 },
            test: { added: 1, removed: 0 },
            docs: { added: 0, removed: 0 }
        });
    });
});

describe('where the code has moved', () => {
    // One place of each change, and how it is gone.
    const moves: readonly [ChangeId, Readonly<Record<Branch, string>>, RegExp, string, RegExp][] = [
        [
            'a',
            transportFile,
            /handlePostRequest/g,
            'onPost',
            /method handlePostRequest in WebStandardStreamableHTTPServerTransport, and found none/
        ],
        [
            'a',
            transportFile,
            /this\.startKeepAlive\(\);/,
            'this.other();',
            /the if that arms the keep-alive timer in .*\.handlePostRequest, and found none/
        ],
        ['b', transportFile, /resolveJson/g, 'settle', /the if that answers with JSON in .*\.send, and found none/],
        ['b', transportFile, /cleanup/g, 'end', /the (loop over all streams|clean-up of a complete JSON response) in .*, and found none/],
        ['c', transportFile, /_standaloneSseStreamId/g, '_standalone', /property _standaloneSseStreamId in .*, and found none/],
        [
            'c',
            transportFile,
            /if \(!streamId\)/,
            'if (streamId === undefined)',
            /the condition that no stream was found in .*\.replayEvents, and found none/
        ],
        ['d', protocolFile, /Number\((?=response)/, '(', /a conversion to a number in Protocol\._onresponse, and found none/],
        ['d', protocolFile, /class Protocol/, 'class Peer', /class Protocol, and found none/]
    ];

    it.each(moves.flatMap(move => branches.map(branch => [branch, ...move] as const)))(
        'on %s, %s names the file and the place, and nothing is written',
        (branch, id, files, place, other, message) => {
            const path = files[branch];
            const clone = cloneOf(branch, { [path]: filesOf(branch)[path]!.replace(place, other) });
            const before = clone.files();

            // Behind one that fits
            const ids: ChangeId[] = [id === 'b' ? 'd' : 'b', id];
            const refused = refusalOf(() => applyChanges(clone.root, ids, { changes }));

            expect(refused).toContain(`${path}: looked for`);
            expect(refused).toMatch(message);
            expect(refused).toMatch(/Nothing was written\.$/);
            expect(clone.files()).toEqual(before);
        }
    );

    it.each(branches)('what somebody else has mended is not mended twice (%s)', branch => {
        for (const id of ['a', 'b', 'd'] as const) {
            const clone = cloneOf(branch);
            applyChanges(clone.root, [id], { changes });
            for (const path of clone.changed().filter(each => /requestIdPrefix|streamableHttp[A-Z]|changeset/.test(each)))
                rmSync(join(clone.root, path));
            clone.commit();

            expect(refusalOf(() => applyChanges(clone.root, [id], { changes }))).toMatch(
                id === 'a' ? /the test that mentions .*, and found none/ : /looked for no (clean-up|answer|option) .*, and found one/
            );
        }
        const clone = cloneOf(branch);
        const nothing = changeWith({ id: 'e', apply: () => undefined });
        expect(refusalOf(() => applyChanges(clone.root, ['e'], { changes: [nothing] }))).toContain('e (feat: e) finds nothing to change');
        expect(clone.changed()).toEqual([]);
    });

    it('a file that is gone is named, and so is a place that is there twice', () => {
        const clone = cloneOf('v1.x');
        rmSync(join(clone.root, protocolFile['v1.x']));
        clone.commit();
        expect(() => applyChanges(clone.root, ['d'], { changes })).toThrow(
            /src\/shared\/protocol\.ts: looked for the file, and found no such file/
        );

        const text = filesOf('v1.x')[transportFile['v1.x']]!;
        const twice = cloneOf('v1.x', {
            [transportFile['v1.x']]: text.replace(/if \(this\._closed \|\| cancelled\)/, '$& throw 1;\n        $&')
        });
        expect(() => applyChanges(twice.root, ['c'], { changes })).toThrow(/the if about _closed and cancelled .*, and found 2 of them/);
    });
});

describe('changes that are built on others', () => {
    const base = changeWith({ id: 'e', apply: clone => clone.add('src/base.ts', 'export {};\n') });
    const built = changeWith({ id: 'f', builtOn: 'e', apply: clone => clone.source('src/base.ts').addStatements('// more') });

    it('bring those along, and it is said', () => {
        const clone = cloneOf('v1.x');
        const applied = applyChanges(clone.root, ['f'], { changes: [base, built] });

        expect(applied.applied.map(({ change, size }) => [change.id, size.source.added])).toEqual([
            ['e', 1],
            ['f', 1]
        ]);
        expect(describeApplied(applied)).toMatch(/\ne {2}feat: e .*\nf {2}feat: f /);
        expect(clone.read('src/base.ts')).toBe('export {};\n// more\n');
    });

    it('leave them alone where they are in', () => {
        const clone = cloneOf('v1.x');
        applyChanges(clone.root, ['e'], { changes: [base, built] });
        clone.commit();

        const applied = applyChanges(clone.root, ['f'], { changes: [base, built] });

        expect(applied.applied.map(({ change }) => change.id)).toEqual(['f']);
        expect(describeApplied(applied)).toContain('e was in already');
    });
});

describe('documents', () => {
    const page = '# Page\n\nIntroduction.\n\n## Scaling\n\nText.\n\n### Detail\n\nMore.\n\n## Next\n\nEnd.\n';
    const adding = (heading: string) =>
        changeWith({ id: 'f', apply: clone => clone.insertBelowHeading('docs/page.md', heading, 'Ours.\n') });

    it('get a paragraph at the end of a section, which counts as docs', () => {
        const clone = cloneOf('main', { 'docs/page.md': page });
        const { applied } = applyChanges(clone.root, ['f'], { changes: [adding('Scaling')] });

        expect(clone.read('docs/page.md')).toBe(page.replace('More.\n', 'More.\n\nOurs.\n'));
        expect(applied[0]?.size.docs).toEqual({ added: 2, removed: 0 });
    });

    it('get it at their end where the section is the last', () => {
        const clone = cloneOf('main', { 'docs/page.md': page });
        applyChanges(clone.root, ['f'], { changes: [adding('Next')] });

        expect(clone.read('docs/page.md')).toBe(`${page}\nOurs.\n`);
    });

    it('are refused where the heading is gone', () => {
        const clone = cloneOf('main', { 'docs/page.md': page });

        expect(() => applyChanges(clone.root, ['f'], { changes: [adding('Clusters')] })).toThrow(
            /docs\/page\.md: looked for the heading "Clusters", and found none/
        );
        expect(clone.changed()).toEqual([]);
    });
});

it('lines are counted as git counts them', () => {
    const clone = cloneOf('v1.x');
    const { applied } = applyChanges(clone.root, ['c'], { changes });

    const [added, removed] = execFileSync('git', ['-C', clone.root, 'diff', '--numstat'], { encoding: 'utf8' }).split('\t').map(Number);
    expect(applied[0]?.size.source).toEqual({ added, removed });
    expect(countLines('one\ntwo\n', 'one\n2\nthree\n')).toEqual({ added: 2, removed: 1 });
    expect(countLines('same\n', 'same\n')).toEqual({ added: 0, removed: 0 });
});

it('what is said names the sizes, and the commands of the clone with the tests that were added', () => {
    const [one, two] = [cloneOf('v1.x'), cloneOf('main')].map(clone => applyChanges(clone.root, ['a', 'd'], { changes }));

    expect(describeApplied(one!)).toMatch(
        /^Put into the clone \(v1\.x\):\n\nchange .* source .* tests .*\na {2}fix\(server\): .* \+2 −2 .*\nd {2}feat\(core\): /
    );
    expect(commandsOf(one!)).toContain(
        'npx vitest run test/server/streamableHttpServerFailures.test.ts test/server/requestIdPrefix.test.ts'
    );
    expect(commandsOf(one!)).toContain('npm run typecheck');
    expect(commandsOf(two!)).toContain('pnpm --filter ./packages/server exec vitest run test/server/streamableHttpServerFailures.test.ts');
    expect(commandsOf(two!)).toContain('pnpm lint:all');
});

it('placeholders are filled, all of them and no others', () => {
    expect(fillIn('  {{A}}\n{{B}} {{A}}\n', { A: 'one\ntwo', B: '1' })).toBe('  one\n  two\n1 one\ntwo\n');
    expect(() => fillIn('{{A}}', {})).toThrow('no value for {{A}}');
    expect(() => fillIn('', { A: '1' })).toThrow('no place for A');
});

describe('the command', () => {
    it('applies changes, and says what is next', () => {
        const clone = cloneOf('v1.x');
        const main = ['--import', './scripts/typescript.mjs', 'upstream/series/main.ts', clone.root, '--change', 'b,d'];

        const output = execFileSync(process.execPath, main, { encoding: 'utf8' });

        expect(output).toContain('Put into the clone (v1.x):');
        expect(output).toContain('npm test');
        expect(clone.changed()).toHaveLength(4);
    });

    it('says with its code what is refused, and what was asked wrongly', () => {
        const { root } = cloneOf('v1.x');

        expect(command([root, '--change', 'b', '--branch', 'main'])).toMatchObject({
            code: 1,
            output: expect.stringMatching(/^--branch main was said/) as string
        });
        for (const [parameters, message] of [
            [[root, '--change', 'x'], '--change x: expected one of a, b, c, d, e, f, or all.'],
            [[root, '--change', 'b', '--branch', '2'], '--branch 2: expected v1.x or main.'],
            [[root], 'One clone and --change are needed.'],
            [['--change', 'b'], 'One clone and --change are needed.'],
            [['--what'], "Unknown option '--what'"]
        ] as const) {
            const { code, output } = command(parameters);
            expect(code).toBe(2);
            expect(output).toContain(message);
            expect(output).toContain('npm run upstream -- <clone>');
        }
        expect(clones[0]!.changed()).toEqual([]);
    });

    it('names the changes of the series', () => {
        const { code, output } = command(['--help']);

        expect(code).toBe(0);
        for (const { id, title } of changes) expect(output).toContain(`  ${id}  ${title}`);
    });
});
