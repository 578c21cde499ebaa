import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { workspace } from '../packed/support/scratch.js';
import { exampleNames, readManifest } from './support/install.js';
import { parseReadme } from './support/readme.js';
import { typecheckFiles, typecheckProject } from './support/typecheck.js';

const { folders } = inject('examples');
const installed = Object.entries(folders);

/** The sources of an example, as it was installed. */
function sourcesOf(folder: string): string[] {
    const made = /(^|\/)(node_modules|dist|\.next)\//;
    const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
    return names.filter(name => /\.(ts|tsx|mjs|js)$/.test(name) && !made.test(name)).map(name => join(folder, name));
}

const imported = /^(?:import|export) (type )?(?:[^'";]*?\bfrom\s*)?['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/gm;

/** What a source imports and its package does not declare; for types, those of DefinitelyTyped will do. */
function undeclared(file: string, declared: string[]): string[] {
    const found = [...readFileSync(file, 'utf8').matchAll(imported)].map(([, type, name = '', later]) => ({ type, name: later ?? name }));
    return found
        .filter(({ name }) => !/^(\.|@\/)/.test(name) && !isBuiltin(name))
        .map(({ type, name }) => ({ type, name: name.split('/', name.startsWith('@') ? 2 : 1).join('/') }))
        .filter(({ type, name }) => !declared.includes(name) && !(type && declared.includes(`@types/${name}`)))
        .map(({ name }) => name);
}

describe('every example', () => {
    it.each(installed)('%s has a README with commands that a test runs, and the scripts start and client', (name, folder) => {
        const manifest = readManifest(folder);
        expect(manifest.name).toBe(`example-${name}`);
        expect(Object.keys(manifest.scripts ?? {})).toEqual(expect.arrayContaining(['start', 'client']));

        const { commands, outputs, unmarked } = parseReadme(readFileSync(join(folder, 'README.md'), 'utf8'));
        expect(unmarked).toEqual([]);
        expect(commands.size).toBeGreaterThan(0);
        expect([...outputs.keys()].filter(output => !commands.has(output))).toEqual([]);

        const tests = readdirSync(join(workspace, 'test/examples')).filter(file => file.endsWith('.test.ts'));
        const opens = tests.filter(file => readFileSync(join(workspace, 'test/examples', file), 'utf8').includes(`openExample('${name}')`));
        expect(opens).not.toEqual([]);
    });

    it.each(installed)('%s declares what it imports', (_name, folder) => {
        const { dependencies, devDependencies } = readManifest(folder);
        const declared = Object.keys({ ...dependencies, ...devDependencies });
        expect(sourcesOf(folder).flatMap(file => undeclared(file, declared))).toEqual([]);
    });

    it('is listed in examples/README.md', () => {
        const list = readFileSync(join(workspace, 'examples/README.md'), 'utf8');
        expect(exampleNames.filter(name => !list.includes(`(${name})`))).toEqual([]);
    });

    it('has types that fit', async () => {
        const own = installed.filter(([, folder]) => existsSync(join(folder, 'tsconfig.json')));
        const together = installed.filter(entry => !own.includes(entry));
        // npm installs into the root of a project, which is one above where examples are its workspaces.
        const projectOf = (folder: string) => (existsSync(join(dirname(folder), 'node_modules')) ? dirname(folder) : folder);
        for (const project of new Set(together.map(([, folder]) => projectOf(folder)))) {
            const folders = together.map(([, folder]) => folder).filter(folder => projectOf(folder) === project);
            const files = folders.flatMap(sourcesOf).filter(file => file.endsWith('.ts'));
            expect(typecheckFiles(project, files)).toBe('');
        }
        for (const [, folder] of own) expect(await typecheckProject(folder)).toBe('');
    });
});
