import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The workspace root. */
export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/**
 * The packages that are compiled from their `src`, each behind those that it imports. `isBundled`: the fork has it in it.
 *
 * @type {{ name: string, folder: string, isBundled: boolean, imports: string[], dependencies: string[], drivers: string[] }[]}
 */
export const packages = [
    describe('.', true),
    describe('packages/redis', true),
    describe('packages/postgres', true),
    describe('packages/upstash', true),
    describe('packages/backends', true),
    describe('packages/opentelemetry', true),
    describe('packages/testkit', false)
];

/**
 * Commands, which nobody imports: built as ES modules alone, on the packages above.
 *
 * @type {typeof packages}
 */
export const programs = [describe('packages/cli', false)];

/** `imports`: the packages of the workspace that it depends on; `dependencies`: the others; `drivers`: its peers. */
function describe(folder, isBundled) {
    const { name, dependencies = {}, peerDependencies = {} } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
    const isOurs = dependency => dependency.startsWith('@mcp-sessions/');
    return {
        name,
        folder,
        isBundled,
        imports: Object.keys(dependencies).filter(isOurs),
        dependencies: Object.keys(dependencies).filter(dependency => !isOurs(dependency)),
        drivers: Object.keys(peerDependencies)
    };
}

/** Where the declarations of built packages are, for the `paths` of a compilation. */
export function declarationsOf(names) {
    return Object.fromEntries(
        packages.filter(({ name }) => names.includes(name)).map(({ name, folder }) => [name, [join(root, folder, 'dist/esm/index.d.ts')]])
    );
}

/** The last part of a package's name, such as `redis`. */
export function shortName(name) {
    return name.slice(name.lastIndexOf('/') + 1);
}
