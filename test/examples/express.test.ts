import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startPrivateRedis, type PrivateRedis } from '../../scripts/services.mjs';
import { openExample } from './support/example.js';

const example = openExample('express');
let redis: PrivateRedis;

beforeAll(async () => {
    redis = await startPrivateRedis();
});
afterEach(() => example.stop());
afterAll(() => redis.stop());

describe('Express, with OAuth', () => {
    it('S1, P1, F5: a session belongs to its principal on both nodes, whatever token the principal comes with', async () => {
        const { nodes, proxy } = await example.start('server', { replace: { 'redis://127.0.0.1:6379': redis.url } });
        const client = await example.run('client', { env: { MCP_URL: proxy.url } });
        expect(client.output).toBe(client.quoted);
        expect(Math.min(...Object.values(proxy.served()))).toBeGreaterThan(2);

        const metadata = await fetch(`${new URL(proxy.url).origin}/.well-known/oauth-protected-resource/mcp`);
        expect(await metadata.json()).toMatchObject({
            resource: 'http://127.0.0.1:3000/mcp',
            authorization_servers: ['https://id.example']
        });

        await Promise.all(nodes.map(node => node.terminate()));
        expect(nodes.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
        expect(example.unused()).toEqual([]);
    });
});
