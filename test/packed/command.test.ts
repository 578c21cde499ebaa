import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { createSessionBackend } from '@mcp-sessions/backends';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
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
    return promisify(execFile)('npx', ['--no-install', 'mcp-sessions', ...words], { cwd: scratch.command, env });
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
});
