import { execFile } from 'node:child_process';
import { mkdtemp, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createSessionBackend } from '@mcp-sessions/backends';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { programs } from '../../scripts/build/packages.mjs';
import { startPrivateRedis, type PrivateRedis } from '../../scripts/services.mjs';

const scratch = inject('scratch');
let redis: PrivateRedis;

beforeAll(async () => {
    redis = await startPrivateRedis({ persistent: 'everysec' });
});
afterAll(() => redis.stop());

/** As a user runs it, where the package is installed. */
function npx(...words: string[]): Promise<{ stdout: string; stderr: string }> {
    const { PATH = '', HOME = '' } = process.env;
    const env = { PATH, HOME, REDIS_URL: redis.url, npm_config_loglevel: 'error' };
    return run(['--no-install', 'mcp-sessions', ...words], scratch.command, env);
}

async function run(words: string[], cwd: string, env: Record<string, string>): Promise<{ stdout: string; stderr: string }> {
    try {
        return await promisify(execFile)('npx', words, { cwd, env });
    } catch (error) {
        const { stdout, stderr } = error as { stdout: string; stderr: string };
        throw new Error(`npx ${words.join(' ')} failed:\n${stdout}\n${stderr}`);
    }
}

describe('the packed command', () => {
    it('lists, examines and ends sessions', async () => {
        const backend = await createSessionBackend({ url: redis.url });
        const record = { sessionId: 'id', initialized: true, createdAt: Date.now(), lastActivity: Date.now(), revision: 1 };
        await backend.sessionStore.storeSession('id', record);
        expect(JSON.parse((await npx('list', '--json', '--ids')).stdout)).toMatchObject({ id: 'id' });
        expect((await npx('doctor')).stdout).toMatch(/0 problems, 0 warnings/);
        expect((await npx('end', 'id', '--yes')).stdout).toMatch(/^ended /);
        expect(await backend.sessionStore.getSession('id')).toBeNull();
        await backend.close();
    });

    it('knows its version, and shows with what it ships that a session outlives its nodes', async () => {
        expect((await npx('--version')).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
        expect((await npx('demo')).stdout).toMatch(/told that its call is lost.*PASSED/s);
    });

    it('shows the same by npx alone, in an empty folder, with no backend named', async () => {
        const folder = await mkdtemp(join(scratch.root, 'empty-'));
        const { PATH = '', HOME = '' } = process.env;
        // A cache of its own: npx keeps what it installed.
        const env = { PATH, HOME, npm_config_cache: join(scratch.root, 'npx-cache'), npm_config_loglevel: 'error' };
        const tarballs = programs.flatMap(({ name, imports }) => [name, ...imports]).map(name => `--package=${scratch.tarballs[name]}`);
        const { stdout } = await run(['--yes', ...tarballs, 'mcp-sessions', 'demo'], folder, env);
        expect(stdout).toMatch(/PASSED/);
        expect(await readdir(folder)).toEqual([]);
    });
});
