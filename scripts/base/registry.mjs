import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
// One try: who sits in front of it can try again.
const patience = ['--fetch-retries=0', '--fetch-timeout=30000', '--loglevel=error'];

/** All versions of a package. */
export async function versionsOf(name) {
    return JSON.parse(await ask('npm', ['view', name, 'versions', '--json', ...patience], `the versions of ${name}`));
}

/**
 * Downloads a version of a package into a folder, and unpacks it there.
 *
 * @returns {Promise<{ folder: string, integrity: string, manifest: Record<string, any> }>}
 * @throws Error where there is no such version, and where the registry does not answer
 */
export async function download(name, version, into) {
    mkdirSync(into, { recursive: true });
    const packed = await ask(
        'npm',
        ['pack', `${name}@${version}`, '--json', '--pack-destination', into, ...patience],
        `${name} ${version}`
    );
    const [{ filename, integrity }] = JSON.parse(packed);
    await run('tar', ['-xzf', join(into, filename), '-C', into]);
    const folder = join(into, 'package');
    return { folder, integrity, manifest: JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) };
}

async function ask(command, words, what) {
    try {
        // Outside the workspace: whose settings of npm are not meant.
        return (await run(command, words, { maxBuffer: 64 * 2 ** 20 })).stdout;
    } catch (error) {
        throw new Error(`${what}: ${whyOf(`${error.stdout}\n${error.stderr}`)}`);
    }
}

function whyOf(said) {
    if (/\b(E404|ETARGET)\b|No matching version/.test(said)) return 'the registry has no such version';
    const [, code] = /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ERR_SOCKET_TIMEOUT)\b/.exec(said) ?? [];
    return code === undefined ? `npm failed: ${said.trim().slice(0, 500)}` : `the registry cannot be reached (${code})`;
}
