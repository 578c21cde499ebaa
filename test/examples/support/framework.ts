import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { startPrivateRedis, type PrivateRedis } from '../../../scripts/services.mjs';
import { officialClient } from '../../cluster/support/officialClient.js';
import type { Example } from './example.js';

/** What an example on a web framework shows: two nodes on one Redis, and a node that goes. Its tools are `count`, `work` and `reload`. */
export function servesOnTwoNodes(example: Example): void {
    let redis: PrivateRedis;
    beforeAll(async () => {
        redis = await startPrivateRedis();
    });
    afterEach(() => example.stop());
    afterAll(() => redis.stop());

    const start = () => example.start('server', { replace: { 'redis://127.0.0.1:6379': redis.url } });

    it('S1, S14, X5, X10: two nodes serve one session, its state and its streams', async () => {
        const { proxy } = await start();
        const client = await example.run('client', { env: { MCP_URL: proxy.url } });
        expect(client.output).toBe(client.quoted);
        expect(Math.min(...Object.values(proxy.served()))).toBeGreaterThan(2);
        expect(proxy.passed.map(({ status }) => status).filter(status => status >= 400)).toEqual([]);
    });

    it('S2, F5: a node that is told to go finishes its calls, and sessions go on at the other', async () => {
        const { nodes, proxy } = await start();
        const { client, tool } = await officialClient(proxy.url);
        expect(JSON.parse(await tool('count'))).toMatchObject({ count: 1 });

        const result = await new Promise<unknown>((resolve, reject) => {
            let leaving: Promise<void> | undefined;
            const onprogress = () => {
                const busy = nodes.find(({ name }) => name === proxy.nodeOf('tools/call')?.name);
                leaving ??= busy?.terminate();
            };
            client
                .callTool({ name: 'work' }, undefined, { onprogress })
                .then(async answer => leaving?.then(() => resolve(answer)))
                .catch(reject);
        });
        expect(result).toMatchObject({ structuredContent: { done: 3 } });
        expect(nodes.map(({ exitCode }) => exitCode).sort()).toEqual([0, null]);

        for (let count = 2; count < 6; count++) expect(JSON.parse(await tool('count'))).toMatchObject({ count });
        await client.close();
        await Promise.all(nodes.map(node => node.terminate()));
        expect(nodes.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
        expect(example.unused()).toEqual([]);
    });
}
