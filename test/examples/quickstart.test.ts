import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startPrivateRedis, type PrivateRedis } from '../../scripts/services.mjs';
import { officialClient } from '../cluster/support/officialClient.js';
import { openExample } from './support/example.js';

const example = openExample('quickstart');
let redis: PrivateRedis;

beforeAll(async () => {
    redis = await startPrivateRedis();
});
afterEach(() => example.stop());
afterAll(() => redis.stop());

describe('the quick start', () => {
    it('runs in memory, without a Redis', async () => {
        const { nodes } = await example.start('server');
        const client = await example.run('client', { env: { MCP_URL: nodes[0]!.url } });
        expect(client.output).toBe(client.quoted);
    });

    it('S1, S2: on Redis any node serves a session, also after all of them were replaced', async () => {
        const { nodes, proxy } = await example.start('nodes', { replace: { 'redis://127.0.0.1:6379': redis.url } });
        const client = await example.run('client', { env: { MCP_URL: proxy.url } });
        expect(client.output).toBe(client.quoted);
        expect(Math.min(...Object.values(proxy.served()))).toBeGreaterThan(2);

        const own = await officialClient(proxy.url);
        expect(await own.tool('add', { a: 1, b: 1 })).toBe('2');
        await Promise.all(nodes.map(node => node.terminate()));
        expect(nodes.map(node => node.exitCode)).toEqual([0, 0]);
        await Promise.all(nodes.map(node => node.start()));
        for (let n = 0; n < 4; n++) expect(await own.tool('add', { a: n, b: 2 })).toBe(`${n + 2}`);
        await own.client.close();
        expect(example.unused()).toEqual([]);
    });
});
