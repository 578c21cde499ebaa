import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const CACHE = new URL('../.cache/typescript/', import.meta.url);

export async function resolve(specifier, context, nextResolve) {
    try {
        return await nextResolve(specifier, context);
    } catch (error) {
        // Our sources name the file that the compiler would write.
        if (error.code !== 'ERR_MODULE_NOT_FOUND' || !/^\.{1,2}\/.*\.js$/.test(specifier)) throw error;
        return nextResolve(specifier.replace(/\.js$/, '.ts'), context);
    }
}

export async function load(url, context, nextLoad) {
    if (!url.startsWith('file:') || !url.endsWith('.ts')) return nextLoad(url, context);
    return { format: 'module', shortCircuit: true, source: await compiled(fileURLToPath(url)) };
}

/** Kept on disk, because to load the compiler takes longer than most of what it compiles for us. */
async function compiled(path) {
    const source = readFileSync(path, 'utf8');
    const entry = new URL(`${createHash('sha256').update(path).update(source).digest('hex')}.mjs`, CACHE);
    try {
        return readFileSync(entry, 'utf8');
    } catch (error) {
        if (error.code !== 'ENOENT') throw error;
    }
    const { default: ts } = await import('typescript');
    const { outputText } = ts.transpileModule(source, {
        fileName: path,
        compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, inlineSourceMap: true, verbatimModuleSyntax: true }
    });
    mkdirSync(CACHE, { recursive: true });
    const draft = new URL(`${entry.href}.${process.pid}`);
    writeFileSync(draft, outputText);
    renameSync(draft, entry);
    return outputText;
}
