import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A line of the official packages. */
export interface Target {
    readonly name: '1.x' | '2.x';
    /** The packages that a server needs for it, with their versions. */
    readonly packages: readonly string[];
    /** The head of its column. */
    readonly title: string;
    /** The package of a clone whose build is used in place of what npm has. */
    readonly fromClone?: string;
}

interface Line {
    readonly name: Target['name'];
    readonly packages: readonly string[];
    /** Where each of them is in a clone; the first sees the others. */
    readonly folders: readonly string[];
    /** A file that a clone of this line has, and one that its build makes. */
    readonly source: string;
    readonly built: string;
}

const installed = fileURLToPath(new URL('../../node_modules/@modelcontextprotocol', import.meta.url));
const lines: readonly Line[] = [
    {
        name: '1.x',
        packages: ['sdk'],
        folders: ['.'],
        source: 'src/server/webStandardStreamableHttp.ts',
        built: 'dist/esm/server/index.js'
    },
    {
        name: '2.x',
        packages: ['node', 'server'],
        folders: ['packages/middleware/node', 'packages/server'],
        source: 'packages/server/src/server/streamableHttp.ts',
        built: 'packages/middleware/node/dist/index.mjs'
    }
];

/** What npm has, as it is installed here. */
export const targets: readonly Target[] = lines.map(({ name, packages }) => {
    const versions = packages.map(folder => versionOf(join(installed, folder)));
    return described(name, packages, versions);
});

/** The build of a clone of modelcontextprotocol/typescript-sdk, on the line that it has checked out. */
export function targetOfClone(clone: string): Target {
    const root = resolve(clone);
    const line = lines.find(({ source }) => existsSync(join(root, source)));
    if (line === undefined) throw new Error(`${clone} is no clone of modelcontextprotocol/typescript-sdk.`);
    if (!existsSync(join(root, line.built))) throw new Error(`${clone} is not built: it has no ${line.built}.`);
    const versions = line.folders.map(folder => versionOf(join(root, folder)));
    return { ...described(line.name, line.packages, versions, ' (clone)'), fromClone: join(root, line.folders[0] ?? '.') };
}

function described(name: Target['name'], packages: readonly string[], versions: readonly string[], note = ''): Target {
    const each = packages.map((folder, index) => `${folder} ${versions[index]}`);
    return { name, packages: each.map(text => `@modelcontextprotocol/${text}${note}`), title: each.join(', ') + note };
}

function versionOf(folder: string): string {
    const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string };
    return version;
}
