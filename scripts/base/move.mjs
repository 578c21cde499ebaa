import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { lineOf } from './versions.mjs';

/** The files that name the base; all that a move writes. */
export const pinned = ['package.json', 'package-lock.json', 'packages/sdk/base.json', 'packages/sdk/package.json', 'packages/sdk/NOTICE'];

/**
 * Pins another base: in the workspace, in the lockfile, in what the fork takes from it. Where that fails, all files are as
 * they were.
 *
 * @param {string} root
 * @param {{ name: string, version: string }} pin the base so far
 * @param {{ integrity: string, manifest: Record<string, any> }} base
 * @param {Record<string, any>} before the manifest of the base so far
 */
export function move(root, pin, { integrity, manifest }, before) {
    const file = name => join(root, name);
    const saved = pinned.map(name => [name, readFileSync(file(name), 'utf8')]);
    try {
        write(
            file('packages/sdk/package.json'),
            forkManifest(JSON.parse(readFileSync(file('packages/sdk/package.json'), 'utf8')), before, manifest)
        );
        write(file('packages/sdk/base.json'), { name: pin.name, version: manifest.version, integrity });
        const notice = readFileSync(file('packages/sdk/NOTICE'), 'utf8');
        writeFileSync(file('packages/sdk/NOTICE'), notice.replaceAll(`${pin.name} ${pin.version}`, `${pin.name} ${manifest.version}`));
        const settings = ['--ignore-scripts', '--omit-lockfile-registry-resolved', '--no-audit', '--no-fund', '--loglevel=error'];
        execFileSync('npm', ['install', '--save-dev', '--save-exact', `${pin.name}@${manifest.version}`, ...settings], {
            cwd: root,
            stdio: ['ignore', 'ignore', 'pipe'],
            encoding: 'utf8'
        });
        const locked = JSON.parse(readFileSync(file('package-lock.json'), 'utf8')).packages[`node_modules/${pin.name}`];
        if (locked.integrity !== integrity) throw new Error(`npm locked ${locked.integrity}, but the tarball has ${integrity}`);
    } catch (error) {
        for (const [name, text] of saved) writeFileSync(file(name), text);
        const said = error.stderr?.trim() || error.message;
        throw new Error(`the base could not be installed; all files are as they were (run npm ci if node_modules is not): ${said}`);
    }
}

/**
 * The fork's package.json on another base. What is ours beside what is the base's stays: drivers as optional peers.
 *
 * @param {Record<string, any>} ours
 * @param {Record<string, any>} before the manifest of the base so far
 * @param {Record<string, any>} after
 */
export function forkManifest(ours, before, after) {
    const own = field => Object.fromEntries(Object.entries(ours[field] ?? {}).filter(([name]) => !(name in (before[field] ?? {}))));
    return {
        ...ours,
        version: lineOf(after.version).first,
        exports: after.exports,
        typesVersions: after.typesVersions,
        dependencies: after.dependencies,
        peerDependencies: { ...after.peerDependencies, ...own('peerDependencies') },
        peerDependenciesMeta: { ...after.peerDependenciesMeta, ...own('peerDependenciesMeta') }
    };
}

function write(file, value) {
    writeFileSync(file, `${JSON.stringify(value, null, 4)}\n`);
}
