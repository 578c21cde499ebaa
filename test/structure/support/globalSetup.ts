import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Builds what is out of date: these tests read the built files. */
export default function setup() {
    execFileSync(process.execPath, [fileURLToPath(new URL('../../../scripts/build.mjs', import.meta.url)), '--if-stale'], {
        stdio: 'inherit'
    });
}
