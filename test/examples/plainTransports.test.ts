import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startPrivateRedis, type PrivateRedis } from '../../scripts/services.mjs';
import { officialClient } from '../cluster/support/officialClient.js';
import { openExample } from './support/example.js';

const example = openExample('plain-transports');
let redis: PrivateRedis;

beforeAll(async () => {
    redis = await startPrivateRedis();
});
afterEach(() => example.stop());
afterAll(() => redis.stop());

describe('transports of your own', () => {
    it('S1, S2: serve a session from any node, also after all of them were killed', async () => {
        const { nodes, proxy } = await example.start('server', { nodes: 2, replace: { 'redis://127.0.0.1:6379': redis.url } });
        const client = await example.run('client', { env: { MCP_URL: proxy.url } });
        expect(client.output).toBe(client.quoted);

        const own = await officialClient(proxy.url);
        for (let n = 0; n < 6; n++) expect(await own.tool('add', { a: n, b: 1 })).toBe(`${n + 1}`);
        await Promise.all(nodes.map(node => node.restart()));
        for (let n = 0; n < 4; n++) expect(await own.tool('add', { a: n, b: 2 })).toBe(`${n + 2}`);
        await own.client.close();
        expect(example.unused()).toEqual([]);
    });
});
