import { createSessionBackend, type ChosenBackend } from '@mcp-sessions/backends';
import { flushHistory } from '@mcp-sessions/core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startPrivateRedis, type PrivateRedis } from '../../scripts/services.mjs';
import { FaultProxy } from '../support/faultProxy.js';
import { runCli } from './support/runCli.js';
import { SessionServer } from './support/sessionServer.js';

const retentionSeconds = 3600;

let redis: PrivateRedis;
let backend: ChosenBackend;
let server: SessionServer;
beforeAll(async () => {
    redis = await startPrivateRedis();
    backend = await createSessionBackend({ url: redis.url, history: { retentionSeconds } });
    server = await SessionServer.start({ backend, history: {} });
});
afterAll(async () => {
    await server.stop();
    await backend.close();
    await redis.stop();
});

const end = (words: string[], url = redis.url) => runCli(['end', ...words, '--yes'], { env: { REDIS_URL: url } });

/** The lives of all logs, in milliseconds. */
async function lives(): Promise<number[]> {
    const keys = (await redis.command('KEYS', 'mcp:session:*:log*')) as string[];
    return Promise.all(keys.map(async key => Number(await redis.command('PTTL', key))));
}

it('H2: that an operator ends a session leaves its history no longer than servers keep it, unless --retention says so', async () => {
    const { id } = await server.begin();
    await flushHistory(backend.historyLog!);
    expect(await end([id, '--history'])).toMatchObject({ code: 0 });
    expect((await runCli(['history', id], { env: { REDIS_URL: redis.url } })).stdout).toContain('"by":"operator"');
    expect(Math.max(...(await lives()))).toBeGreaterThan(0);
    expect(Math.max(...(await lives()))).toBeLessThanOrEqual(retentionSeconds * 1000);

    const { id: another } = await server.begin();
    await flushHistory(backend.historyLog!);
    expect(await end([another, '--history', '--retention', '2h'])).toMatchObject({ code: 0 });
    expect(Math.max(...(await lives()))).toBeGreaterThan(retentionSeconds * 1000);
});

it('end takes as long as --timeout allows', { timeout: 60_000 }, async () => {
    const { id } = await server.begin();
    const proxy = await FaultProxy.start(redis.port);
    await proxy.set({ delayMs: 300 });
    try {
        expect(await end([id, '--timeout', '60s'], `redis://127.0.0.1:${proxy.port}`)).toMatchObject({
            code: 0,
            stdout: expect.stringMatching(/^ended /) as string
        });
    } finally {
        await proxy.stop();
    }
    expect(await backend.sessionStore.getSession(id)).toBeNull();
});

it('end counts a session as ended whose record is gone, though its log could not be dropped', async () => {
    await redis.command('ACL', 'SETUSER', 'ops', 'on', '>word', '+@all', '&*', '~*}', '~*{sessions}*');
    const url = `redis://ops:word@127.0.0.1:${redis.port}`;
    const { id, fingerprint } = await server.begin('one', 'bob');
    const { id: second } = await server.begin('two', 'bob');
    const ended = await end(['--principal', JSON.stringify([null, null, 'bob'])], url);
    expect(ended.code).toBe(1);
    expect(ended.stdout.trim().split('\n')).toHaveLength(2);
    expect(ended.stderr).toContain(`${fingerprint}: its record is gone`);
    for (const gone of [id, second]) expect(await backend.sessionStore.getSession(gone)).toBeNull();
});
