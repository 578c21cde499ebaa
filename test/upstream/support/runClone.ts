import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ts } from 'ts-morph';
import type { SmallClone } from './smallClone.js';

const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 };

/** Makes JavaScript of every module of a clone, beside it, and imports one. */
export async function runModule<Exports>(clone: SmallClone, path: string): Promise<Exports> {
    for (const file of readdirSync(clone.root, { recursive: true, encoding: 'utf8' })) {
        if (!/(?<!\.test|\.examples)\.ts$/.test(file) || file.startsWith('.git/')) continue;
        const { outputText } = ts.transpileModule(readFileSync(join(clone.root, file), 'utf8'), { compilerOptions });
        writeFileSync(join(clone.root, file.replace(/\.ts$/, '.js')), outputText);
    }
    writeFileSync(join(clone.root, 'package.json'), '{ "type": "module" }');
    return (await import(pathToFileURL(join(clone.root, path.replace(/\.ts$/, '.js'))).href)) as Exports;
}
