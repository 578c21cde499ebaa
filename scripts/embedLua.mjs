// Puts the Lua scripts of packages/redis into a module, so that they need no files at run time. In place of a line
// `-- include <name>` it puts the file of that name in the folder `includes`.
// With --check it writes nothing and fails when the module is out of date.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

const folder = new URL('../packages/redis/src/scripts/', import.meta.url);
const target = new URL('embedded.ts', folder);

const read = name =>
    readFileSync(new URL(name, folder), 'utf8')
        .trimEnd()
        .replace(/^-- include (\w+)$/gm, (_, included) => read(`includes/${included}.lua`));

const constants = readdirSync(folder)
    .filter(name => name.endsWith('.lua'))
    .sort()
    .map(name => {
        const source = read(name);
        const sha1 = createHash('sha1').update(source).digest('hex');
        return `/** \`${name}\` */\nexport const ${name.replace(/-(\d+|n)\.lua$/, '')} = {\n    sha1: '${sha1}',\n    source: String.raw\`${source}\`\n};\n`;
    });
const text = `// Made by scripts/embedLua.mjs from the .lua files beside it. Do not edit: change those, and run \`npm run embed\`.\n\n${constants.join('\n')}`;

if (!process.argv.includes('--check')) {
    writeFileSync(target, text);
} else if (readFileSync(target, 'utf8') !== text) {
    console.error('packages/redis/src/scripts/embedded.ts is out of date: run `npm run embed`');
    process.exit(1);
}
