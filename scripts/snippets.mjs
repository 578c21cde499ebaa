// Puts code from files that are type-checked and run into the documents. A fence is synced when the line before it is
//     <!-- snippet path/to/file.ts -->     the whole file
//     <!-- snippet path/to/file.ts#name --> what stands between `// #region name` and `// #endregion name`
// With --check it writes nothing and fails when a document is out of date.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

const root = new URL('../', import.meta.url);
const check = process.argv.includes('--check');
const documents = ['README.md', ...readdirSync(new URL('docs/', root)).map(name => `docs/${name}`)].filter(name => name.endsWith('.md'));
const fence = /(<!-- snippet (\S+?)(?:#(\S+))? -->\n+```\w+\n)([^]*?)(```\n)/g;

let stale = 0;
for (const name of documents) {
    const document = new URL(name, root);
    const before = readFileSync(document, 'utf8');
    const after = before.replace(fence, (_all, opening, path, region, _old, closing) => opening + snippet(path, region) + closing);
    if (after === before) {
        continue;
    }
    stale++;
    if (check) {
        console.error(`${name}: a snippet differs from its file; run \`npm run snippets\``);
    } else {
        writeFileSync(document, after);
    }
}
process.exitCode = check && stale > 0 ? 1 : 0;

function snippet(path, region) {
    let text = readFileSync(new URL(path, root), 'utf8');
    if (region) {
        const lines = text.split('\n');
        const start = lines.findIndex(line => line.trim() === `// #region ${region}`);
        const end = lines.findIndex(line => line.trim() === `// #endregion ${region}`);
        if (start < 0 || end < start) {
            throw new Error(`${path} has no region ${region}`);
        }
        const inside = lines.slice(start + 1, end);
        const indents = inside.filter(Boolean).map(line => line.search(/\S/));
        const indent = Math.min(...indents);
        text = inside.map(line => line.slice(indent)).join('\n') + '\n';
    }
    return text.replace(/^ *\/\/ #(end)?region .*\n/gm, '');
}
