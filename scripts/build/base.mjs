import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const json = file => JSON.parse(readFileSync(file, 'utf8'));

/**
 * The folder of the installed base package, after a check that it is the one that the fork is pinned to: the version as
 * installed, and version and integrity as in the lockfile, by which npm verified what it downloaded.
 *
 * @param {string} root the workspace root
 * @param {{ name: string, version: string, integrity: string }} pin
 */
export function checkedBase(root, pin) {
    const place = `node_modules/${pin.name}`;
    const folder = join(root, place);
    if (!existsSync(join(folder, 'package.json'))) fail(`${place} is not installed. Run: npm ci`);

    const { version } = json(join(folder, 'package.json'));
    if (version !== pin.version) fail(`${place} is version ${version}, not ${pin.version}. Run: npm ci`);

    const locked = json(join(root, 'package-lock.json')).packages?.[place];
    if (locked === undefined) fail(`package-lock.json has no entry for ${place}`);
    for (const field of ['version', 'integrity']) {
        if (locked[field] !== pin[field]) {
            fail(
                `package-lock.json has ${field} ${locked[field]} for ${place}, not ${pin[field]}. ` +
                    'If the base was updated on purpose, update packages/sdk/base.json'
            );
        }
    }
    return folder;
}

function fail(message) {
    throw new Error(`The fork cannot be built: ${message}.`);
}
