import { createMemoryBackend, isSessionError } from '@mcp-sessions/core';
import { createRedisBackend } from '@mcp-sessions/redis';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startPrivateRedis, type PrivateRedis } from '../../scripts/services.mjs';
import { startNode } from '../handler/support/nodes.js';
import { initialize, request } from '../handler/support/requests.js';
import { all, holding } from './support/entries.js';

let server: PrivateRedis;
let redis: Redis;
beforeAll(async () => {
    server = await startPrivateRedis({ say: () => undefined, persistent: true });
    redis = new Redis(server.url, { retryStrategy: () => 100 });
    redis.on('error', () => undefined);
});
afterAll(async () => {
    redis.disconnect();
    await server.stop();
});

it('F1: a Redis that keeps the history alone is killed and comes back: no call notices, and nothing is missing', async () => {
    const { historyLog } = createRedisBackend({ redis, push: false, history: {} });
    const node = await startNode({ backend: { ...createMemoryBackend(), historyLog } });
    const id = await initialize(node.url);
    const echo = (value: string) => request(node.url, id, 'tools/call', { name: 'echo', arguments: { value } });
    await echo('before');
    await expect.poll(async () => (await all(node.handler.history(id))).length).toBe(5);

    await server.kill();
    for (let n = 0; n < 20; n++) expect((await echo(`while ${n}`)).status).toBe(200);
    await server.start();
    expect((await echo('after')).status).toBe(200);

    await expect.poll(async () => holding(await all(node.handler.history(id)), '"after"').length, { timeout: 20_000 }).toBe(2);
    const entries = await all(node.handler.history(id));
    for (let n = 0; n < 20; n++) expect(holding(entries, `"while ${n}"`)).toEqual(['in tools/call', 'out result']);
    expect(entries).toHaveLength(5 + 40 + 2);
    expect(node.errors.every(error => isSessionError(error) && error.code === 'HISTORY_FAILED')).toBe(true);
});
