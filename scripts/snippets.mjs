// Puts code from files that are type-checked and run into the documents. A fence is synced when the line before it is
//     <!-- snippet path/to/file.ts -->     the whole file
//     <!-- snippet path/to/file.ts#name --> what stands between `// #region name` and `// #endregion name`; where the file has
//                                           several regions of that name, all of them with an empty line between
// With --check it writes nothing, and fails when a document is out of date or has TypeScript or JavaScript of no file. What cannot
// be run says why:
//     <!-- not run: the reason -->
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';

const root = new URL('../', import.meta.url);
const check = process.argv.includes('--check');
const documents = [
    'README.md',
    ...readdirSync(new URL('docs/', root)).map(name => `docs/${name}`),
    ...['packages', 'examples'].flatMap(folder => readdirSync(new URL(folder, root)).map(name => `${folder}/${name}/README.md`))
].filter(name => name.endsWith('.md') && existsSync(new URL(name, root)));
const inline = /(.*)\n+ *```(?:ts|tsx|typescript|js|jsx|mjs|cjs|javascript)\n/g;
const fence = /(<!-- snippet (\S+?)(?:#(\S+))? -->\n+```\w+\n)([^]*?)(```\n)/g;

let faults = 0;
for (const name of documents) {
    const document = new URL(name, root);
    const before = readFileSync(document, 'utf8');
    const after = before.replace(fence, (_all, opening, path, region, _old, closing) => opening + snippet(path, region) + closing);
    for (const { 0: found, 1: above, index } of check ? before.matchAll(inline) : []) {
        if (!/^ *<!-- (snippet \S+|not run: .+) -->$/.test(above)) {
            faults++;
            const line = before.slice(0, index + found.length).split('\n').length - 1;
            console.error(`${name}:${line}: code that is of no file; \`head scripts/snippets.mjs\` says how to have it run`);
        }
    }
    if (after === before) {
        continue;
    }
    if (check) {
        faults++;
        console.error(`${name}: a snippet differs from its file; run \`npm run snippets\``);
    } else {
        writeFileSync(document, after);
    }
}
process.exitCode = faults > 0 ? 1 : 0;

function snippet(path, region) {
    let text = readFileSync(new URL(path, root), 'utf8');
    if (region) {
        text = regions(text.split('\n'), region).join('\n');
        if (text === '') {
            throw new Error(`${path} has no region ${region}`);
        }
    }
    return text.replace(/^ *\/\/ #(end)?region .*\n/gm, '');
}

function regions(lines, name) {
    const start = lines.findIndex(line => line.trim() === `// #region ${name}`);
    const end = lines.findIndex(line => line.trim() === `// #endregion ${name}`);
    if (start < 0 || end < start) {
        return [];
    }
    const inside = lines.slice(start + 1, end);
    const indent = Math.min(...inside.filter(Boolean).map(line => line.search(/\S/)));
    return [inside.map(line => line.slice(indent)).join('\n') + '\n', ...regions(lines.slice(end + 1), name)];
}
