import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const CACHE = join(ROOT, '.cache/demo');

interface Manifest {
    name: string;
    version: string;
}

/**
 * A project as a user has it: the packed fork, installed under the official name, and the demo's server.
 * Kept by the hash of the build, so that the next run finds it ready. Returns its folder and what is installed in it.
 */
export function forkProject(): { folder: string; installed: Manifest } {
    const folder = join(CACHE, buildHash());
    if (!existsSync(folder)) install(folder);
    for (const file of ['server.mjs', 'tools.mjs']) copyFileSync(join(ROOT, 'demo', file), join(folder, file));
    const installed = manifest(join(folder, 'node_modules/@modelcontextprotocol/sdk'));
    if (installed.name !== '@mcp-sessions/sdk') throw new Error(`The scratch project has ${installed.name}, not the fork.`);
    return { folder, installed };
}

function install(folder: string): void {
    mkdirSync(CACHE, { recursive: true });
    for (const outdated of readdirSync(CACHE)) rmSync(join(CACHE, outdated), { recursive: true, force: true });
    const draft = mkdtempSync(join(CACHE, 'draft-'));
    try {
        run('npm', ['pack', join(ROOT, 'packages/sdk'), '--pack-destination', draft, '--loglevel', 'error']);
        const dependencies = {
            '@modelcontextprotocol/sdk': `file:mcp-sessions-sdk-${manifest(join(ROOT, 'packages/sdk')).version}.tgz`,
            ioredis: manifest(join(ROOT, 'node_modules/ioredis')).version,
            zod: manifest(join(ROOT, 'node_modules/zod')).version
        };
        writeFileSync(join(draft, 'package.json'), JSON.stringify({ name: 'demo', private: true, type: 'module', dependencies }, null, 4));
        run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel', 'error'], draft);
        renameSync(draft, folder);
    } finally {
        rmSync(draft, { recursive: true, force: true });
    }
}

function buildHash(): string {
    const hash = createHash('sha256');
    for (const file of ['.cache/build.stamp', 'packages/sdk/package.json']) hash.update(readFileSync(join(ROOT, file)));
    return hash.digest('hex').slice(0, 16);
}

/** The name and version of the package in a folder. */
export function manifest(folder: string): Manifest {
    return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
}

/** The official package, as npm installed it in this repository. */
export function officialPackage(): Manifest {
    return manifest(join(ROOT, 'node_modules/@modelcontextprotocol/sdk'));
}

function run(command: string, args: readonly string[], cwd = ROOT): void {
    const { status, stderr, error } = spawnSync(command, args, { cwd, encoding: 'utf8' });
    if (status !== 0) throw new Error(`${command} ${args[0]} failed: ${error?.message ?? stderr}`);
}
