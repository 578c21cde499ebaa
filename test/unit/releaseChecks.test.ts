import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { forkManifest } from '../../scripts/base/move.mjs';
import { lineOf, newerThan } from '../../scripts/base/versions.mjs';
import { root } from '../../scripts/build/packages.mjs';
import { changesetProblems, type ReleaseState } from '../../scripts/check/changesets.mjs';
import { licenceProblems, type LockedPackage } from '../../scripts/check/licences.mjs';
import { contentProblems, mapProblems, sizeProblems, sizesOf } from '../../scripts/check/tarball.mjs';

describe('what a tarball may hold', () => {
    const sound = ['LICENSE', 'README.md', 'package.json', 'dist/esm/index.js', 'dist/esm/index.js.map', 'dist/esm/package.json'];

    it('is what is listed, and the files of a build', () => {
        expect(contentProblems([...sound, 'NOTICE', 'page/monitor.css'], ['dist', 'NOTICE', 'page'])).toEqual([]);
        for (const extra of [
            'src/index.ts',
            'dist/esm/index.ts',
            'dist/test/a.js',
            'dist/esm/a.test.js',
            '.env',
            'page/a.js',
            'dist/x.tgz'
        ]) {
            expect(contentProblems([...sound, extra], ['dist'])).toEqual([`${extra} is published, and should not be`]);
        }
    });

    it('is all that is listed, with a licence and a README', () => {
        for (const name of ['LICENSE', 'README.md', 'package.json']) {
            expect(
                contentProblems(
                    sound.filter(path => path !== name),
                    ['dist']
                )
            ).toEqual([`${name} is missing`]);
        }
        expect(contentProblems(['LICENSE', 'README.md', 'package.json'], ['dist', 'NOTICE'])).toEqual([
            'dist is missing',
            'NOTICE is missing'
        ]);
    });

    it('has source maps that lead somewhere', () => {
        const map = (more: object) => JSON.stringify({ version: 3, sources: ['../../src/a.ts'], ...more });
        const problemsOf = (files: Record<string, string>) => mapProblems(Object.keys(files), path => files[path] ?? '');
        const module = 'run();\n//# sourceMappingURL=a.js.map\n';
        expect(problemsOf({ 'dist/esm/a.js': module, 'dist/esm/a.js.map': map({ sourcesContent: ['run();'] }) })).toEqual([]);
        expect(problemsOf({ 'dist/esm/a.js': module, 'dist/esm/a.js.map': map({}), 'src/a.ts': 'run();' })).toEqual([]);
        expect(problemsOf({ 'dist/esm/a.js': module })).toEqual(['dist/esm/a.js names a.js.map, which is not there']);
        expect(problemsOf({ 'dist/esm/a.js': module, 'dist/esm/a.js.map': map({}) })).toEqual([
            'dist/esm/a.js.map leads to ../../src/a.ts, which is not published'
        ]);
    });

    it('is no larger than its budget', () => {
        const sizes = sizesOf([{ path: 'dist/esm/a.js' }, { path: 'dist/cjs/a.js' }], 2000, () => 'x'.repeat(10_000));
        expect(sizes).toMatchObject({ files: 2, packed: 2000 });
        expect(sizes.code).toBeLessThan(1000);
        expect(sizeProblems(sizes, { packed: 2000, code: 1000 })).toEqual([]);
        expect(sizeProblems(sizes, { packed: 1999, code: 1 })).toHaveLength(2);
    });
});

describe('licences of what is installed with our packages', () => {
    const problemsOf = (packages: Record<string, LockedPackage>) => licenceProblems({ packages }, ['', 'packages/cli']);

    it('are permissive, those of dependencies of dependencies and of peers as well', () => {
        const tree = (license: string) => ({
            'packages/cli': { dependencies: { a: '1' }, peerDependencies: { p: '1' } },
            'packages/cli/node_modules/a': { version: '2.0.0', license: 'ISC', dependencies: { b: '1', missing: '1' } },
            'node_modules/a': { version: '1.0.0', license: 'GPL-3.0' },
            'node_modules/b': { version: '1.0.0', license: '(MIT OR GPL-3.0)' },
            'node_modules/p': { version: '3.0.0', license }
        });
        expect(problemsOf(tree('Apache-2.0'))).toEqual([]);
        expect(problemsOf(tree('AGPL-3.0'))).toEqual(['p 3.0.0: its licence is AGPL-3.0']);
        expect(problemsOf(tree('MIT AND GPL-2.0'))).toEqual(['p 3.0.0: its licence is MIT AND GPL-2.0']);
        expect(problemsOf({ '': { dependencies: { x: '1' } }, 'node_modules/x': { version: '1.0.0' } })).toEqual([
            'x 1.0.0: its licence is not said'
        ]);
    });
});

describe('changesets', () => {
    const versions = {
        '@mcp-sessions/core': { version: '0.1.0', isBundled: true },
        '@mcp-sessions/cli': { version: '0.1.0', isBundled: false }
    };
    const change = (text: string) => `---\n${text}\n---\n\nWhat changed.\n`;
    const fork = change("'@mcp-sessions/sdk': patch");
    const problemsOf = (changesets: Record<string, string>, more: Partial<ReleaseState> = {}) =>
        changesetProblems({
            changesets,
            fixed: [Object.keys(versions)],
            versions,
            forkVersion: '1.32.201',
            baseVersion: '1.32.2',
            ...more
        });

    it('name packages that there are, and the drop-in with what is in it, by patches alone', () => {
        const core = change("'@mcp-sessions/core': minor");
        expect(problemsOf({ 'a.md': core, 'b.md': fork, 'c.md': change('"@mcp-sessions/cli": patch') })).toEqual([]);
        expect(problemsOf({ 'c.md': change('"@mcp-sessions/cli": patch') })).toEqual([]);
        for (const [text, problem] of [
            [core, 'a.md: @mcp-sessions/core is in @mcp-sessions/sdk, which no changeset names: add it, as patch'],
            [change("'@mcp-sessions/sdk': minor"), 'a.md: @mcp-sessions/sdk takes patch changes only, whatever their size'],
            [change("'@mcp-sessions/cli': major"), 'a.md: before 1.0 a change that breaks is minor'],
            [change("'@mcp-sessions/cly': minor"), 'a.md: there is no package @mcp-sessions/cly'],
            [change('nonsense'), 'a.md: cannot be read: nonsense'],
            ["---\n'@mcp-sessions/cli': minor\n---\n", 'a.md: has no front matter, or says nothing']
        ] as const) {
            expect(problemsOf({ 'a.md': text })).toEqual([problem]);
        }
    });

    it('move all packages but the drop-in together, and the drop-in in the line of its base', () => {
        expect(problemsOf({}, { fixed: [['@mcp-sessions/core']] })).toEqual([expect.stringContaining('must be one group')]);
        expect(problemsOf({}, { versions: { ...versions, '@mcp-sessions/cli': { version: '0.2.0', isBundled: false } } })).toEqual([
            expect.stringContaining('differ in their versions')
        ]);
        expect(problemsOf({}, { forkVersion: '1.33.1' })).toEqual([
            '@mcp-sessions/sdk 1.33.1 is not of the line of its base, 1.32.200 to 1.32.299'
        ]);
    });
});

describe('the version of the drop-in', () => {
    it('is that of its base, with a count of two digits', () => {
        for (const [base, first, last, other] of [
            ['1.32.2', '1.32.200', '1.32.299', '1.32.300'],
            ['1.33.0', '1.33.0', '1.33.99', '1.33.100'],
            ['1.33.1', '1.33.100', '1.33.199', '1.33.99']
        ] as const) {
            const line = lineOf(base);
            expect([line.first, line.last]).toEqual([first, last]);
            expect([line.isIn(first), line.isIn(last), line.isIn(other), line.isIn(base)]).toEqual([true, true, false, base === first]);
        }
        expect(() => lineOf('^1.32.2')).toThrow('is no release');
    });

    it('follows releases of the same major alone', () => {
        expect(newerThan('1.32.2', ['1.9.0', '1.33.0', '1.32.10', '2.0.0', '1.33.0-beta.1', '1.32.2'])).toEqual(['1.32.10', '1.33.0']);
    });
});

describe('package.json of the drop-in on another base', () => {
    it('takes what is the base’s, and keeps drivers as optional peers', () => {
        const read = (path: string) => JSON.parse(readFileSync(join(root, path), 'utf8')) as Record<string, Record<string, unknown>>;
        const [ours, base] = [read('packages/sdk/package.json'), read('node_modules/@modelcontextprotocol/sdk/package.json')];
        const next = {
            ...base,
            version: '1.33.0' as unknown as Record<string, unknown>,
            exports: { ...base['exports'], './new': {} },
            dependencies: { ajv: '^9.0.0' },
            peerDependencies: { zod: '^5.0.0' },
            peerDependenciesMeta: {}
        };
        const moved = forkManifest(ours, base, next) as typeof ours;
        expect(moved).toMatchObject({ name: '@mcp-sessions/sdk', version: '1.33.0', exports: next.exports, files: ours['files'] });
        expect(moved['dependencies']).toEqual({ ajv: '^9.0.0' });
        expect(Object.keys(moved['peerDependencies'] ?? {})).toEqual([
            ...['zod', '@upstash/redis', '@vercel/kv', 'ioredis', 'pg', 'redis', '@opentelemetry/api']
        ]);
        expect(moved['peerDependenciesMeta']).not.toHaveProperty('@cfworker/json-schema');
        expect(Object.keys(moved)).toEqual(Object.keys(ours));
        expect(forkManifest(moved, next, base)).toMatchObject({ ...ours, version: expect.stringMatching(/00$/) as string });
    });
});
