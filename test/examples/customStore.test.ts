import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startPrivatePostgres, type PrivatePostgres } from '../../scripts/services.mjs';
import { openExample } from './support/example.js';

const example = openExample('custom-store');
let postgres: PrivatePostgres;
let replace: Record<string, string>;

beforeAll(async () => {
    postgres = await startPrivatePostgres();
    replace = { 'postgres://127.0.0.1:5432/postgres': postgres.url };
});
afterEach(() => example.stop());
afterAll(() => postgres.stop());

describe('a store of five methods', () => {
    it('K: passes the reduced contract under node:test', async () => {
        const { raw } = await example.run('test', { replace });
        expect(raw).toMatch(/^# fail 0$|^ℹ fail 0$/m);
        expect(Number(/^[#ℹ] pass (\d+)$/m.exec(raw)?.[1])).toBeGreaterThan(10);
    });

    it('S1: serves a session from two nodes', async () => {
        await example.run('migrate', { replace });
        const { proxy } = await example.start('server', { nodes: 2, replace });
        const client = await example.run('client', { env: { MCP_URL: proxy.url } });
        expect(client.output).toBe(client.quoted);
        expect(Math.min(...Object.values(proxy.served()))).toBeGreaterThan(1);
        expect(example.unused()).toEqual([]);
    });
});
