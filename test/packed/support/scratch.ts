import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { packages, programs, shortName } from '../../../scripts/build/packages.mjs';

const run = promisify(execFile);

/** The root of this repository. */
export const workspace = fileURLToPath(new URL('../../..', import.meta.url));

/** The version of the base that the fork is made of. */
export const { version: baseVersion } = JSON.parse(readFileSync(join(workspace, 'packages/sdk/base.json'), 'utf8')) as { version: string };

/** The tarballs, and projects outside the workspace into which npm has installed them. */
export interface Scratch {
    root: string;
    /** By the name of the package. */
    tarballs: Record<string, string>;
    /** The fork under the official name. */
    alias: string;
    /** The fork under the official name, imposed by `overrides` on packages that depend on that name. */
    overrides: string;
    /** The fork under its own name, with all other packages and the official one beside it. */
    ownName: string;
    /** The command, with the packages and drivers that it depends on. */
    command: string;
}

/** Packs the built packages and installs them. About half a minute, most of it npm. */
export async function createScratch(): Promise<Scratch> {
    const root = await realpath(await mkdtemp(join(tmpdir(), 'mcp-sessions-packed-')));
    try {
        const tarballs = await packPackages(root);
        const all = Object.fromEntries(Object.entries(tarballs).map(([name, file]) => [name, `file:${file}`]));
        // A command brings drivers, and what the others do without any is tested.
        const ours = Object.fromEntries(Object.entries(all).filter(([name]) => programs.every(program => program.name !== name)));
        const ofCommand = Object.fromEntries(programs.flatMap(({ name, imports }) => [name, ...imports]).map(name => [name, all[name]]));
        const sdk = ours['@mcp-sessions/sdk'];
        // zod is a peer of the base; @cfworker/json-schema an optional one, without which validation/cfworker cannot load
        const peers = { zod: '^4.1.0', '@cfworker/json-schema': '^4.1.1', '@types/node': '^20.19.0' };
        const official = '@modelcontextprotocol/sdk';
        const [alias, overrides, ownName, command] = await Promise.all([
            install(root, 'alias', { dependencies: { ...peers, [official]: sdk } }),
            install(root, 'overrides', {
                dependencies: {
                    ...peers,
                    [official]: sdk,
                    express: '^5.2.1',
                    'express-mcp-handler': '0.3.0',
                    '@modelcontextprotocol/server-everything': '2026.8.31'
                },
                overrides: { [official]: `$${official}` }
            }),
            install(root, 'own-name', {
                dependencies: {
                    ...peers,
                    [official]: baseVersion,
                    ...ours
                }
            }),
            install(root, 'command', { dependencies: ofCommand })
        ]);
        return { root, tarballs, alias, overrides, ownName, command };
    } catch (error) {
        await rm(root, { recursive: true, force: true });
        throw error;
    }
}

/** Packs the built packages into folders under `root`: the tarballs by the name of the package. */
export async function packPackages(root: string): Promise<Record<string, string>> {
    const folders = [...packages, ...programs, { name: '@mcp-sessions/sdk', folder: 'packages/sdk' }];
    return Object.fromEntries(
        await Promise.all(
            folders.map(async ({ name, folder }) => [name, await pack(root, shortName(name), join(workspace, folder))] as const)
        )
    );
}

async function pack(root: string, name: string, folder: string): Promise<string> {
    const destination = join(root, `tarball-${name}`);
    await mkdir(destination);
    await run('npm', ['pack', '--silent', '--pack-destination', destination], { cwd: folder });
    const [file] = await readdir(destination);
    if (file === undefined) throw new Error(`npm pack made no tarball of ${folder}`);
    return join(destination, file);
}

async function install(root: string, name: string, manifest: object): Promise<string> {
    const folder = join(root, name);
    await cp(join(workspace, 'test/packed/fixtures'), folder, { recursive: true });
    await writeFile(join(folder, 'package.json'), JSON.stringify({ name, private: true, type: 'module', ...manifest }, null, 4));
    await run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts'], { cwd: folder });
    return folder;
}
