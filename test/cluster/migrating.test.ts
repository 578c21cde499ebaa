import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startPrivateRedis, type PrivateRedis } from '../../scripts/services.mjs';
import { startCluster, type Cluster } from '../support/cluster.js';
import { buildFork, mcpUrl } from './support/fixture.js';
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

/** Two nodes of a server that docs/migrating.md or docs/protocol-2026.md shows. */
async function start(example: string, env: Record<string, string> = {}): Promise<Cluster> {
    const script = new URL(`../../examples/migrating/${example}.ts`, import.meta.url);
    cluster = await startCluster({ nodes: 2, script, env: { REDIS_URL: redis.url, ...env } });
    return cluster;
}

describe('what the pages on migrating put in place of work-arounds', { timeout: 60_000 }, () => {
    it('S1, S2, S14: the handler, for private fields, flags and maps: a session and what it keeps outlive every node', async () => {
        const { nodes, proxy } = await start('handler');
        const { client, tool } = await officialClient(proxy.url);
        expect(await tool('add-to-cart', { item: 'tea' })).toBe('1 in the cart');
        expect(await tool('add-to-cart', { item: 'milk' })).toBe('2 in the cart');
        await Promise.all(nodes.map(node => node.terminate(10_000)));
        expect(nodes.map(node => node.exitCode)).toEqual([0, 0]);
        await Promise.all(nodes.map(node => node.start()));
        expect(await tool('add-to-cart', { item: 'bread' })).toBe('3 in the cart');
        await client.close();
    });

    it('S1: the services of the factory style serve a session from any node', async () => {
        const { proxy } = await start('services');
        const { client, tool } = await officialClient(proxy.url);
        for (let n = 0; n < 4; n++) expect(await tool('add', { a: n, b: 1 })).toBe(`${n + 1}`);
        await client.close();
    });

    it('S8: in memory, when it is forced, the other node knows nothing of the session', async () => {
        const { nodes } = await start('services', { SESSIONS_IN_MEMORY: 'yes' });
        const wire = new Wire(mcpUrl(nodes[0]!));
        await wire.begin();
        expect((await wire.request('tools/list')).status).toBe(200);
        expect((await wire.at(mcpUrl(nodes[1]!)).request('tools/list')).body).toBe(NOT_FOUND);
    });

    it('S1: requests of the version without sessions go to the server beside, all others to the sessions', async () => {
        const seen: IncomingHttpHeaders[] = [];
        const beside = createServer((req, res) => {
            seen.push(req.headers);
            req.resume().on('end', () => res.writeHead(200, { 'content-type': 'application/json' }).end('{"from":"beside"}'));
        });
        await new Promise<void>(resolve => beside.listen(0, '127.0.0.1', resolve));
        const { port } = beside.address() as AddressInfo;
        try {
            const { nodes, proxy } = await start('eras', { STATELESS_URL: `http://127.0.0.1:${port}/mcp` });
            const { client, tool } = await officialClient(proxy.url);
            for (let n = 0; n < 4; n++) expect(await tool('add', { a: n, b: 1 })).toBe(`${n + 1}`);
            expect(seen).toEqual([]);

            const discover = { jsonrpc: '2.0', id: 1, method: 'server/discover', params: { _meta: {} } };
            const answer = await fetch(mcpUrl(nodes[0]!), {
                method: 'POST',
                headers: { 'content-type': 'application/json', 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'server/discover' },
                body: JSON.stringify(discover)
            });
            expect([answer.status, await answer.json()]).toEqual([200, { from: 'beside' }]);
            expect(seen.map(headers => headers['mcp-method'])).toEqual(['server/discover']);
            await client.close();
        } finally {
            beside.closeAllConnections();
            beside.close();
        }
    });
});
