import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startPrivateRedis, type PrivateRedis } from '../../scripts/services.mjs';
import { startCluster, type Cluster } from '../support/cluster.js';
import { buildFork, Fixture, mcpUrl } from './support/fixture.js';
import { officialClient } from './support/officialClient.js';
import { NOT_FOUND, Wire } from './support/wire.js';

let redis: PrivateRedis;
let cluster: Cluster | undefined;

beforeAll(async () => {
    await buildFork();
    redis = await startPrivateRedis();
});
afterEach(() => cluster?.stop());
afterAll(() => redis.stop());

/** Two nodes of a server that the documents show. */
async function start(example: string): Promise<Cluster> {
    cluster = await startCluster({
        nodes: 2,
        script: new URL(`../../examples/${example}/server.ts`, import.meta.url),
        env: { REDIS_URL: redis.url }
    });
    return cluster;
}

describe('the servers in the documents', () => {
    it.each(['quickstart', 'plain-transports'])(
        'S1, S2: %s serves a session from any node, and after both were replaced',
        async example => {
            const { nodes, proxy } = await start(example);
            const { client, tool } = await officialClient(proxy.url);
            for (let n = 0; n < 6; n++) expect(await tool('add', { a: n, b: 1 })).toBe(`${n + 1}`);
            await Promise.all(nodes.map(node => node.terminate(10_000)));
            if (example === 'quickstart') expect(nodes.map(node => node.exitCode)).toEqual([0, 0]);
            await Promise.all(nodes.map(node => node.start()));
            for (let n = 0; n < 4; n++) expect(await tool('add', { a: n, b: 2 })).toBe(`${n + 2}`);
            await client.close();
        }
    );

    it('S14, X8, P1, F5: the page on the handler tells what is so', async () => {
        const { nodes } = await start('handler');
        const [urlA, urlB] = nodes.map(mcpUrl) as [string, string];
        expect((await new Wire(urlA).initialize()).status).toBe(401);
        const ann = new Wire(urlA, { authorization: 'Bearer ann' });
        await ann.begin();
        expect((await ann.at(urlB, { authorization: 'Bearer bob' }).request('tools/list')).body).toBe(NOT_FOUND);

        expect(await ann.tool('add-to-cart', { item: 'tea' })).toBe('1 in the cart');
        expect(await ann.at(urlB).tool('add-to-cart', { item: 'milk' })).toBe('2 in the cart');

        expect((await ann.request('resources/subscribe', { uri: 'news://today' })).status).toBe(200);
        const stream = await ann.at(urlB).listen();
        expect(await ann.tool('publish', { news: 'rain' })).toBe('published');
        expect(await stream.next()).toMatchObject({ method: 'notifications/resources/updated', params: { uri: 'news://today' } });
        expect((await ann.at(urlB).request('resources/read', { uri: 'news://today' })).body).toContain('rain');
        stream.abort();

        for (let n = 1; n < 30; n++) expect((await new Wire(urlB, { authorization: 'Bearer bob' }).initialize()).status).toBe(200);
        expect((await new Wire(urlB, { authorization: 'Bearer bob' }).initialize()).status).toBe(200);
        const refused = await new Wire(urlB, { authorization: 'Bearer bob' }).initialize();
        expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '60']);

        const node = nodes[0]!;
        const status = async (path: string) => (await fetch(`${node.url}${path}`)).status;
        expect([await status('/live'), await status('/ready')]).toEqual([200, 200]);
        expect(await (await fetch(`${node.url}/health`)).json()).toMatchObject({ ready: true, store: 'ok', localSessions: 1 });
        process.kill(node.pid!, 'SIGTERM');
        await Fixture.until('it is ready no more', async () => (await status('/ready')) === 503);
        expect(await status('/live')).toBe(200);
    });
});
