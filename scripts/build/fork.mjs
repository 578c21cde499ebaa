import { copyFileSync, cpSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { compile } from './compile.mjs';
import { checkedBase } from './base.mjs';
import { declarationsOf, packages, shortName } from './packages.mjs';
import { rewriteSpecifiers } from './specifiers.mjs';

/** What the fork has its own of, beside `server/index`. */
export const replacedModules = ['streamableHttp', 'webStandardStreamableHttp'];
const formats = ['esm', 'cjs'];

const bundled = packages.filter(({ isBundled }) => isBundled);

/** Where the fork has what our sources import, unless it is at its place in the base. */
const vendoredAt = {
    ...Object.fromEntries(bundled.map(({ name }) => [name, `sessions/${shortName(name)}/index.js`])),
    '@modelcontextprotocol/sdk/server/index.js': 'server/baseServer.js'
};

/**
 * Builds the fork: the base's files, with ours in place of three of its modules, and with core, adapters and backends
 * beside them, so that the package needs nothing that the base does not need.
 *
 * @param {object} job
 * @param {string} job.root the workspace root, whose other packages are built
 * @param {string} job.packageDir packages/sdk
 * @param {string} job.outDir
 * @param {string} job.finalDir where `outDir` will be moved to
 */
export function buildFork({ root, packageDir, outDir, finalDir }) {
    const pin = JSON.parse(readFileSync(join(packageDir, 'base.json'), 'utf8'));
    const base = checkedBase(root, pin);
    cpSync(join(base, 'dist'), outDir, { recursive: true });
    copyFileSync(join(base, 'LICENSE'), join(packageDir, 'LICENSE.modelcontextprotocol-sdk'));

    for (const format of formats) {
        const server = join(outDir, format, 'server');
        for (const module of replacedModules) removeModule(server, module);
        renameModule(server, 'index', 'baseServer');
        for (const { name, folder } of bundled) {
            cpSync(join(root, folder, 'dist', format), join(outDir, format, 'sessions', shortName(name)), { recursive: true });
        }
    }

    const compiled = `${outDir}-ours`;
    compile({
        root,
        sources: join(packageDir, 'src'),
        outDir: compiled,
        finalDir,
        paths: declarationsOf(bundled.map(({ name }) => name))
    });
    for (const format of formats) {
        cpSync(join(compiled, format), join(outDir, format), { recursive: true });
        for (const folder of ['server', 'sessions']) {
            rewriteSpecifiers(join(outDir, format, folder), (specifier, file) => vendored(specifier, file, join(outDir, format), pin.name));
        }
    }
    rmSync(compiled, { recursive: true });
}

/** The relative path, inside the fork, of a module that our sources import by the name of its package. */
function vendored(specifier, file, formatDir, baseName) {
    const target = vendoredAt[specifier] ?? (specifier.startsWith(`${baseName}/`) ? specifier.slice(baseName.length + 1) : undefined);
    if (target === undefined) return specifier;
    const path = relative(dirname(file), join(formatDir, target)).replaceAll('\\', '/');
    return path.startsWith('.') ? path : `./${path}`;
}

function removeModule(folder, module) {
    for (const name of filesOf(folder, module)) rmSync(join(folder, name));
}

/** Renames a module's files, and their names inside its source maps. */
function renameModule(folder, from, to) {
    for (const name of filesOf(folder, from)) {
        const target = join(folder, to + name.slice(from.length));
        renameSync(join(folder, name), target);
        const text = readFileSync(target, 'utf8');
        writeFileSync(
            target,
            name.endsWith('.map')
                ? text.replace(`"file":"${from}.`, `"file":"${to}.`)
                : text.replace(`//# sourceMappingURL=${from}.`, `//# sourceMappingURL=${to}.`)
        );
    }
}

function filesOf(folder, module) {
    return readdirSync(folder).filter(name => /^\.(js|d\.ts)(\.map)?$/.test(name.slice(module.length)) && name.startsWith(module));
}
