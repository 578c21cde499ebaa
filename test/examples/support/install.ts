import { execFile } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { cp, mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { packPackages, workspace } from '../../packed/support/scratch.js';

const run = promisify(execFile);

export interface Manifest {
    name: string;
    scripts?: Record<string, string>;
    dependencies?: Record<string, string>;
    devDependencies?: Record<string, string>;
    overrides?: Record<string, string>;
}

/** Copies of the examples outside of the workspace, into which npm has installed what they depend on. */
export interface InstalledExamples {
    root: string;
    /** By the name of the example. */
    folders: Record<string, string>;
}

/** The folders of `examples/` that a user can install and start. */
export const exampleNames = readdirSync(join(workspace, 'examples')).filter(name =>
    existsSync(join(workspace, 'examples', name, 'package.json'))
);

export const readManifest = (folder: string) => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;

/**
 * Installs examples from tarballs of our packages, all of them at once as workspaces of one project. An example with
 * `overrides` is a project of its own, since npm looks at those of the root alone.
 */
export async function installExamples(names: string[]): Promise<InstalledExamples> {
    const root = await realpath(await mkdtemp(join(tmpdir(), 'mcp-sessions-examples-')));
    try {
        const tarballs = await packPackages(root);
        const ours = Object.fromEntries(Object.entries(tarballs).map(([name, file]) => [name, `file:${file}`]));
        const together = join(root, 'together');
        await mkdir(together);
        const isAlone = (name: string) => readManifest(join(workspace, 'examples', name)).overrides !== undefined;
        const folders = Object.fromEntries(names.map(name => [name, join(isAlone(name) ? root : together, name)]));
        for (const [name, folder] of Object.entries(folders)) await copyExample(name, folder, ours);

        const manifest = { private: true, workspaces: names.filter(name => !isAlone(name)), overrides: ourOwn(ours) };
        await writeFile(join(together, 'package.json'), JSON.stringify(manifest, null, 4));
        if (manifest.workspaces.length > 0) await install(together);
        for (const name of names.filter(isAlone)) await install(join(root, name));
        return { root, folders };
    } catch (error) {
        await rm(root, { recursive: true, force: true });
        throw error;
    }
}

/** What none of them has from the registry, however deep it is asked for. */
function ourOwn(ours: Record<string, string>): Record<string, string> {
    return Object.fromEntries(Object.entries(ours).filter(([name]) => name !== '@mcp-sessions/sdk'));
}

async function copyExample(name: string, folder: string, ours: Record<string, string>): Promise<void> {
    const made = /\/(node_modules|dist|\.next)$/;
    await cp(join(workspace, 'examples', name), folder, { recursive: true, filter: path => !made.test(path) });
    const manifest = readManifest(folder);
    for (const kind of ['dependencies', 'devDependencies'] as const) {
        const dependencies = manifest[kind];
        if (dependencies) manifest[kind] = replaceOurs(dependencies, ours);
    }
    if (manifest.overrides) manifest.overrides = { ...manifest.overrides, ...ourOwn(ours) };
    await writeFile(join(folder, 'package.json'), JSON.stringify(manifest, null, 4));
}

/** Tarballs in place of our packages, under whatever name they are installed. */
function replaceOurs(dependencies: Record<string, string>, ours: Record<string, string>): Record<string, string> {
    return Object.fromEntries(
        Object.entries(dependencies).map(([name, range]) => {
            const target = /^npm:(@mcp-sessions\/\w+)@/.exec(range)?.[1] ?? name;
            return [name, ours[target] ?? range];
        })
    );
}

async function install(folder: string): Promise<void> {
    await run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts'], { cwd: folder });
}
