import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

/**
 * Rewrites the module specifiers of every `.js` and `.d.ts` file under a folder: in `import`, `export`, `require` and
 * type imports, and nowhere else, so that comments and strings stay.
 *
 * @param {string} folder
 * @param {(specifier: string, file: string) => string} rewrite
 */
export function rewriteSpecifiers(folder, rewrite) {
    for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
        if (!/\.(js|d\.ts)$/.test(name)) continue;
        const file = join(folder, name);
        const text = readFileSync(file, 'utf8');
        const rewritten = rewriteText(text, specifier => rewrite(specifier, file));
        if (rewritten !== text) writeFileSync(file, rewritten);
    }
}

/** The specifiers of all modules that a `.js` or `.d.ts` text imports, exports from or requires. */
export function specifiersOf(text) {
    return ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => fileName);
}

function rewriteText(text, rewrite) {
    const found = ts.preProcessFile(text, true, true).importedFiles;
    let rewritten = '';
    let end = 0;
    for (const { fileName, pos } of found.sort((a, b) => a.pos - b.pos)) {
        const start = text.indexOf(fileName, pos);
        rewritten += text.slice(end, start) + rewrite(fileName);
        end = start + fileName.length;
    }
    return rewritten + text.slice(end);
}
