// Puts the Lua scripts of packages/redis into a module, so that they need no files at run time. In place of a line
// `-- include <name>` stands the file of that name in the folder `includes`, which is in the module once.
// With --check it writes nothing and fails when the module is out of date.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

const folder = new URL('../packages/redis/src/scripts/', import.meta.url);
const target = new URL('embedded.ts', folder);
const include = /^-- include (\w+)$/gm;

const read = name => {
    const text = readFileSync(new URL(name, folder), 'utf8').trimEnd();
    if (/`|\$\{/.test(text)) throw new Error(`${name} holds what a template literal would not leave as it is`);
    return text;
};
const whole = name => read(name).replace(include, (_, included) => whole(`includes/${included}.lua`));
const template = name => `String.raw\`${read(name).replace(include, '${$1}')}\``;

const included = [];
const addIncludes = name => {
    for (const [, needed] of read(name).matchAll(include)) {
        addIncludes(`includes/${needed}.lua`);
        if (!included.includes(needed)) included.push(needed);
    }
};

const names = readdirSync(folder)
    .filter(name => name.endsWith('.lua'))
    .sort();
names.forEach(addIncludes);

const constants = [
    ...included.map(name => `/** \`includes/${name}.lua\` */\nconst ${name} = ${template(`includes/${name}.lua`)};\n`),
    ...names.map(name => {
        const sha1 = createHash('sha1').update(whole(name)).digest('hex');
        const constant = name.replace(/-(\d+|n)\.lua$/, '');
        return `/** \`${name}\` */\nexport const ${constant} = {\n    sha1: '${sha1}',\n    source: ${template(name)}\n};\n`;
    })
];
const text = `// Made by scripts/embedLua.mjs from the .lua files beside it. Do not edit: change those, and run \`npm run embed\`.\n\n${constants.join('\n')}`;

if (!process.argv.includes('--check')) {
    writeFileSync(target, text);
} else if (readFileSync(target, 'utf8') !== text) {
    console.error('packages/redis/src/scripts/embedded.ts is out of date: run `npm run embed`');
    process.exit(1);
}
