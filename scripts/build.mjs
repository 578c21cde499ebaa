// Builds all packages and then the fork, each to its own dist/. With --if-stale: only if an input changed since.
// Where several processes want a build, one builds, and the others find it.
import { chmodSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { locked } from './build/lock.mjs';
import { declarationsOf, packages, programs, root } from './build/packages.mjs';
import { hashOf, isFresh, writeStamp } from './build/stamp.mjs';

const sdk = join(root, 'packages/sdk');
const folders = [...packages, ...programs].map(({ folder }) => folder);

const inputs = [
    ...folders.flatMap(folder => [join(folder, 'src'), join(folder, 'package.json')]),
    'packages/sdk/src',
    'packages/sdk/base.json',
    'package-lock.json',
    'tsconfig.json',
    'tsconfig.build.json',
    'scripts/build.mjs',
    'scripts/build'
];
const outputs = [...folders, 'packages/sdk']
    .map(folder => join(root, folder, 'dist'))
    .concat(join(sdk, 'LICENSE.modelcontextprotocol-sdk'));
const stampFile = join(root, '.cache/build.stamp');

await locked(join(root, '.cache/build.lock'), build);

async function build() {
    const hash = hashOf(root, inputs);
    if (process.argv.includes('--if-stale') && isFresh(stampFile, hash, outputs)) {
        console.log('build: up to date');
        return;
    }
    try {
        // TypeScript takes a second to load: only when there is something to build
        const { compile, writeModuleTypes } = await import('./build/compile.mjs');
        const { buildFork } = await import('./build/fork.mjs');
        for (const { name, folder, imports } of packages) {
            buildPackage(name, join(root, folder), (outDir, finalDir) => {
                compile({ root, sources: join(root, folder, 'src'), outDir, finalDir, paths: declarationsOf(imports) });
                writeModuleTypes(outDir);
            });
        }
        buildPackage('@mcp-sessions/sdk', sdk, (outDir, finalDir) => buildFork({ root, packageDir: sdk, outDir, finalDir }));
        for (const { name, folder, imports } of programs) {
            buildPackage(name, join(root, folder), (outDir, finalDir) => {
                const sources = join(root, folder, 'src');
                compile({ root, sources, outDir, finalDir, paths: declarationsOf(imports), isProgram: true });
                chmodSync(join(outDir, 'esm/main.js'), 0o755);
            });
        }
        writeStamp(stampFile, hash);
    } catch (error) {
        console.error(error.message);
        process.exitCode = 1;
    }
}

/** Builds beside `dist` and then puts the result in its place, so that nobody meets half a build. */
function buildPackage(name, folder, build) {
    const started = performance.now();
    const dist = join(folder, 'dist');
    const stage = join(root, `.cache/${process.pid}-new`);
    const old = join(root, `.cache/${process.pid}-old`);
    mkdirSync(stage, { recursive: true });
    try {
        build(stage, dist);
        if (existsSync(dist)) renameSync(dist, old);
        renameSync(stage, dist);
    } finally {
        for (const left of [stage, `${stage}-ours`, old]) rmSync(left, { recursive: true, force: true });
    }
    console.log(`build: ${name} (${((performance.now() - started) / 1000).toFixed(1)} s)`);
}
