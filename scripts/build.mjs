// Builds core, redis and the fork, in this order, each to its own dist/. With --if-stale: only if an input changed since.
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hashOf, isFresh, writeStamp } from './build/stamp.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const redis = join(root, 'packages/redis');
const sdk = join(root, 'packages/sdk');

const inputs = [
    'src',
    'packages/redis/src',
    'packages/sdk/src',
    'packages/sdk/base.json',
    'package-lock.json',
    'tsconfig.json',
    'tsconfig.build.json',
    'scripts/build.mjs',
    'scripts/build'
];
const outputs = [root, redis, sdk].map(folder => join(folder, 'dist')).concat(join(sdk, 'LICENSE.modelcontextprotocol-sdk'));
const stampFile = join(root, '.cache/build.stamp');

const hash = hashOf(root, inputs);
if (process.argv.includes('--if-stale') && isFresh(stampFile, hash, outputs)) {
    console.log('build: up to date');
} else {
    try {
        // TypeScript takes a second to load: only when there is something to build
        const { compile, writeModuleTypes } = await import('./build/compile.mjs');
        const { buildFork } = await import('./build/fork.mjs');
        buildPackage('@mcp-sessions/core', root, (outDir, finalDir) => {
            compile({ root, sources: join(root, 'src'), outDir, finalDir });
            writeModuleTypes(outDir);
        });
        buildPackage('@mcp-sessions/redis', redis, (outDir, finalDir) => {
            const paths = { '@mcp-sessions/core': [join(root, 'dist/esm/index.d.ts')] };
            compile({ root, sources: join(redis, 'src'), outDir, finalDir, paths });
            writeModuleTypes(outDir);
        });
        buildPackage('@mcp-sessions/sdk', sdk, (outDir, finalDir) => buildFork({ root, packageDir: sdk, outDir, finalDir }));
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
