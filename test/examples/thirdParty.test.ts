import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startPrivateRedis, type PrivateRedis } from '../../scripts/services.mjs';
import { openExample } from './support/example.js';

const example = openExample('third-party');
let redis: PrivateRedis;

beforeAll(async () => {
    redis = await startPrivateRedis();
});
afterEach(() => example.stop());
afterAll(() => redis.stop());

const start = () => example.start('server', { replace: { 'redis://127.0.0.1:6379': redis.url } });

describe('third parties', () => {
    it('D3, S1, F5: a framework that depends on the official name serves one session on two nodes', async () => {
        const installed = join(example.folder, 'node_modules');
        const { dependencies } = JSON.parse(readFileSync(join(installed, 'fastmcp/package.json'), 'utf8')) as { dependencies: object };
        expect(dependencies).toHaveProperty('@modelcontextprotocol/sdk');

        const { nodes, proxy } = await start();
        const client = await example.run('client', { env: { MCP_URL: proxy.url } });
        expect(client.output).toBe(client.quoted);
        expect(Math.min(...Object.values(proxy.served()))).toBeGreaterThan(2);
        await Promise.all(nodes.map(node => node.terminate()));
        expect(nodes.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
    });

    it('S1: the MCP Inspector sees the same server on both', async () => {
        const { proxy } = await start();
        const inspector = await example.run('inspector', { replace: { 'http://127.0.0.1:3000/mcp': proxy.url } });
        expect(inspector.output).toBe(inspector.quoted);
        expect(Math.min(...Object.values(proxy.served()))).toBeGreaterThan(0);
        expect(example.unused()).toEqual([]);
    });
});
