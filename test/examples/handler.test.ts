import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startPrivateRedis, type PrivateRedis } from '../../scripts/services.mjs';
import { Fixture } from '../cluster/support/fixture.js';
import { Wire } from '../cluster/support/wire.js';
import { openExample } from './support/example.js';

const example = openExample('handler');
let redis: PrivateRedis;

beforeAll(async () => {
    redis = await startPrivateRedis();
});
afterEach(() => example.stop());
afterAll(() => redis.stop());

describe('the page on the handler', () => {
    it('S14, X8, P1, F5: tells what is so, on two nodes', async () => {
        const { nodes, proxy } = await example.start('server', { nodes: 2, replace: { 'redis://127.0.0.1:6379': redis.url } });
        const client = await example.run('client', { env: { MCP_URL: proxy.url } });
        expect(client.output).toBe(client.quoted);

        const [node] = nodes as [(typeof nodes)[number]];
        const begin = () => new Wire(node.url, { authorization: 'Bearer bob' }).initialize();
        for (let n = 1; n <= 30; n++) expect((await begin()).status).toBe(200);
        const refused = await begin();
        expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '60']);

        const status = async (path: string) => (await fetch(new URL(path, node.url))).status;
        expect([await status('/live'), await status('/ready')]).toEqual([200, 200]);
        process.kill(node.pid!, 'SIGTERM');
        await Fixture.until('it is ready no more', async () => (await status('/ready')) === 503);
        expect(await status('/live')).toBe(200);
        expect(example.unused()).toEqual([]);
    });
});
