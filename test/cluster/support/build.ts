import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const BUILD = fileURLToPath(new URL('../../../scripts/build.mjs', import.meta.url));

/** The nodes run the built fork, so it is built when it is not up to date. */
export async function buildFork(): Promise<void> {
    await promisify(execFile)(process.execPath, [BUILD, '--if-stale']);
}
