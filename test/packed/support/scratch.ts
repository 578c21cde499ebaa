import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The root of this repository. */
export const workspace = fileURLToPath(new URL('../../..', import.meta.url));

/** The tarballs, and projects outside the workspace into which npm has installed them. */
export interface Scratch {
    root: string;
    tarballs: { core: string; redis: string; sdk: string };
    /** The fork under the official name. */
    alias: string;
    /** The fork under the official name, imposed by `overrides` on packages that depend on that name. */
    overrides: string;
    /** The fork under its own name, with core, redis and the official package beside it. */
    ownName: string;
}

/** Packs the built packages and installs them. About half a minute, most of it npm. */
export async function createScratch(): Promise<Scratch> {
    const root = await realpath(await mkdtemp(join(tmpdir(), 'mcp-sessions-packed-')));
    try {
        const [core, redis, sdk] = await Promise.all([
            pack(root, 'core', workspace),
            pack(root, 'redis', join(workspace, 'packages/redis')),
            pack(root, 'sdk', join(workspace, 'packages/sdk'))
        ]);
        // zod is a peer of the base; @cfworker/json-schema an optional one, without which validation/cfworker cannot load
        const peers = { zod: '^4.1.0', '@cfworker/json-schema': '^4.1.1', '@types/node': '^20.19.0' };
        const official = '@modelcontextprotocol/sdk';
        const [alias, overrides, ownName] = await Promise.all([
            install(root, 'alias', { dependencies: { ...peers, [official]: `file:${sdk}` } }),
            install(root, 'overrides', {
                dependencies: {
                    ...peers,
                    [official]: `file:${sdk}`,
                    express: '^5.2.1',
                    'express-mcp-handler': '0.3.0',
                    '@modelcontextprotocol/server-everything': '2026.8.31'
                },
                overrides: { [official]: `$${official}` }
            }),
            install(root, 'own-name', {
                dependencies: {
                    ...peers,
                    [official]: '1.32.2',
                    '@mcp-sessions/sdk': `file:${sdk}`,
                    '@mcp-sessions/core': `file:${core}`,
                    '@mcp-sessions/redis': `file:${redis}`
                }
            })
        ]);
        return { root, tarballs: { core, redis, sdk }, alias, overrides, ownName };
    } catch (error) {
        await rm(root, { recursive: true, force: true });
        throw error;
    }
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
