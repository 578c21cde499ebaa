import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const BUILT = 'packages/sdk/dist/esm/server/streamableHttp.js';
const SOURCES = ['src', 'packages/redis/src', 'packages/sdk/src', 'packages/sdk/package.json'];

/** Builds the fork unless its build is newer than its sources. */
export function ensureBuild() {
    const built = join(ROOT, BUILT);
    if (existsSync(built) && statSync(built).mtimeMs > Math.max(...SOURCES.map(source => newest(join(ROOT, source))))) return;
    console.log('Building packages/sdk ...');
    const build = spawnSync(process.execPath, [join(ROOT, 'scripts/build.mjs')], { cwd: ROOT, stdio: ['ignore', 'ignore', 'inherit'] });
    if (build.status !== 0) throw new Error('packages/sdk could not be built: node scripts/build.mjs says why.');
}

function newest(path) {
    const stat = statSync(path);
    if (!stat.isDirectory()) return stat.mtimeMs;
    return Math.max(0, ...readdirSync(path).map(name => newest(join(path, name))));
}
