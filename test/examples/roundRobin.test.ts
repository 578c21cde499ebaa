import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startPrivateRedis } from '../../scripts/services.mjs';
import { openExample } from './support/example.js';

const example = openExample('round-robin');

// It installs redis-server where there is none.
beforeAll(async () => (await startPrivateRedis()).stop());
afterEach(() => example.stop());

describe('three nodes behind a round robin', () => {
    it('F3: one is killed, and the session goes on', async () => {
        const { nodes } = await example.start('server');
        const client = await example.run('client', { env: { MCP_URL: nodes[0]!.url } });
        expect(client.output).toBe(client.quoted);
        expect(nodes[0]!.output).toMatch(/(node B on port .*){2}/s);
        expect(example.unused()).toEqual([]);
    });
});
