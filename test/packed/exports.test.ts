import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { format } from 'prettier';
import { describe, expect, inject, it } from 'vitest';
import { declaredExports } from '../../scripts/base/declaredExports.mjs';
import { baseFolder, baseModules, danglingEntries, loadableModules, startingModules } from './support/modules.js';
import { runScript } from './support/runScript.js';

const scratch = inject('scratch');
const officialName = '@modelcontextprotocol/sdk';
const installed = join(scratch.alias, 'node_modules', officialName);
const manifest = JSON.parse(readFileSync(join(baseFolder, 'package.json'), 'utf8')) as { exports: Record<string, unknown> };

type Loaded = Record<string, { esm: string[] | string; cjs: string[] | string }>;

const load = (project: string, name: string) =>
    runScript<Loaded>(
        join(project, 'load.mjs'),
        loadableModules.map(module => `${name}/${module}`)
    );

describe('exports of the packed fork', () => {
    it('D1: every entry of the export map that the base can resolve resolves, from ESM and from CommonJS', async () => {
        const entries = Object.keys(manifest.exports).filter(entry => entry !== './*');
        const dangling = entries.filter(entry => !existsSync(join(baseFolder, target(entry))));
        expect(dangling).toEqual(danglingEntries);

        const specifiers = entries.filter(entry => !dangling.includes(entry)).map(entry => officialName + entry.slice(1));
        const loaded = await runScript<Loaded>(join(scratch.alias, 'load.mjs'), specifiers);
        for (const specifier of specifiers) {
            expect(loaded[specifier]?.esm, specifier).toBeInstanceOf(Array);
            expect(loaded[specifier]?.cjs, specifier).toEqual(loaded[specifier]?.esm);
        }
    });

    it('D1: every file of the base is in the fork and resolves, from ESM and from CommonJS', async () => {
        expect(baseModules.length).toBe(87);
        const specifiers = baseModules.map(module => `${officialName}/${module}`);
        const resolved = await runScript<Record<string, { esm: string; cjs: string }>>(join(scratch.alias, 'resolve.mjs'), specifiers);
        for (const module of baseModules) {
            const { esm, cjs } = resolved[`${officialName}/${module}`] ?? { esm: '', cjs: '' };
            expect(esm).toBe(join(installed, 'dist/esm', module));
            expect(cjs).toBe(join(installed, 'dist/cjs', module));
            for (const file of [esm, cjs].flatMap(file => [file, `${file}.map`, file.replace(/\.js$/, '.d.ts')])) {
                expect(existsSync(file), file).toBe(true);
            }
        }
        console.log(`resolved only, because importing them starts a server or a client: ${startingModules.join(', ')}`);
    });

    it('D1, D5: every module loads with no driver installed, and exports at least what the base exports, frozen in exports.json', async () => {
        for (const driver of ['ioredis', 'redis', 'pg']) {
            expect(existsSync(join(scratch.alias, 'node_modules', driver)), driver).toBe(false);
        }
        const ours = await load(scratch.alias, officialName);
        const official = await load(scratch.ownName, officialName);
        const ourTypes = declaredExports(join(installed, 'dist/esm'), loadableModules);
        const officialTypes = declaredExports(join(baseFolder, 'dist/esm'), loadableModules);
        expect(declaredExports(join(installed, 'dist/cjs'), loadableModules)).toEqual(ourTypes);

        const frozen: Record<string, { values: string[]; types: string[] }> = {};
        for (const module of loadableModules) {
            const values = ours[`${officialName}/${module}`];
            const officialValues = official[`${officialName}/${module}`]?.esm;
            if (!Array.isArray(values?.esm)) throw new Error(`${module}: ${values?.esm}`);
            expect(values.cjs, `${module} from CommonJS`).toEqual(values.esm);
            expect(values.esm, `values of ${module}`).toEqual(expect.arrayContaining(officialValues as string[]));

            const declared = ourTypes[module] ?? [];
            expect(declared, `declarations of ${module}`).toEqual(expect.arrayContaining(officialTypes[module] ?? []));
            expect(declared, `declarations of ${module}`).toEqual(expect.arrayContaining(values.esm));
            frozen[module] = { values: values.esm, types: declared.filter(name => !values.esm.includes(name)) };
        }
        await expect(await format(JSON.stringify(frozen), { parser: 'json', tabWidth: 4, printWidth: 140 })).toMatchFileSnapshot(
            'exports.json'
        );
    });

    it('D1: under its own name it exports the same', async () => {
        const byName = await load(scratch.ownName, '@mcp-sessions/sdk');
        const byAlias = await load(scratch.alias, officialName);
        for (const module of loadableModules) {
            expect(byName[`@mcp-sessions/sdk/${module}`], module).toEqual(byAlias[`${officialName}/${module}`]);
        }
    });
});

function target(entry: string): string {
    const { import: path } = manifest.exports[entry] as { import: string };
    return path;
}
