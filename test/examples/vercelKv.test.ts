import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startPrivateRedis, type PrivateRedis } from '../../scripts/services.mjs';
import { Fixture } from '../cluster/support/fixture.js';
import { startUpstashRest, type UpstashRest } from '../support/upstashRest.js';
import { openExample } from './support/example.js';

const example = openExample('vercel-kv');
let redis: PrivateRedis;
let rest: UpstashRest;

beforeAll(async () => {
    redis = await startPrivateRedis();
    rest = await startUpstashRest({ redisUrl: redis.url });
});
afterEach(() => example.stop());
afterAll(async () => {
    await rest.stop();
    await redis.stop();
});

/** What the README says of each situation: what comes of it, with KV and without. */
function table(): { situation: string; withKv: string; without: string }[] {
    const [, section = ''] = readFileSync(join(example.folder, 'README.md'), 'utf8').split('\n## What works without KV');
    const rows = section.split('\n').filter(line => line.startsWith('| '));
    return rows.slice(2).map(row => {
        const [situation = '', withKv = '', without = ''] = row
            .split('|')
            .slice(1)
            .map(cell => cell.trim());
        return { situation, withKv, without };
    });
}

/** The lines that the client prints, in the columns of the table. */
function outcomes(output: string): string[][] {
    const lines = output.split('\n').filter(line => /\S {2,}\S/.test(line));
    return lines.map(line => line.split(/ {2,}/));
}

// Most of the time goes into starting processes.
describe('functions, a process for each request', { timeout: 300_000 }, () => {
    it('S2, X1, L2, L3, L5, S10, S14: with KV all of the table is so', async () => {
        const replace = { 'https://your-database.upstash.io': rest.url, 'your-token': rest.token };
        // As the platform sets it, too, for connections that stay.
        const { nodes } = await example.start('server', { replace, env: { KV_URL: 'rediss://127.0.0.1:1', NODE_ENV: 'production' } });
        const client = await example.run('client', { env: { MCP_URL: nodes[0]!.url }, patienceMs: 240_000 });
        expect(client.output).toBe(client.quoted);
        expect(outcomes(client.raw)).toEqual(table().map(({ situation, withKv }) => [situation, withKv]));
        expect(nodes[0]!.output).not.toContain('mcp-sessions:');
    });

    it('without KV all of the table is so', async () => {
        const { nodes } = await example.start('memory');
        const client = await example.run('client', { env: { MCP_URL: nodes[0]!.url }, exitCode: 1, patienceMs: 240_000 });
        expect(outcomes(client.raw)).toEqual(table().map(({ situation, without }) => [situation, without]));
        expect(nodes[0]!.output).toContain('no backend is named');
        expect(example.unused()).toEqual([]);
    });

    it('S2: no process serves two requests, and none is left; Upstash is found by its own names, too', async () => {
        const env = { UPSTASH_REDIS_REST_URL: rest.url, UPSTASH_REDIS_REST_TOKEN: rest.token, NODE_ENV: 'production' };
        const { nodes } = await example.start('memory', { env });
        const served: number[] = [];
        const client = new Client({ name: 'counting', version: '1.0.0' });
        const counted = async (url: string | URL, init?: RequestInit) => {
            const answer = await fetch(url, init);
            served.push(Number(answer.headers.get('x-function')));
            return answer;
        };
        await client.connect(new StreamableHTTPClientTransport(new URL(nodes[0]!.url), { fetch: counted }));
        expect(JSON.stringify(await client.callTool({ name: 'add', arguments: { a: 1, b: 2 } }))).toContain('"3"');
        await client.close();
        // initialize, initialized, the call, and a GET that is refused
        expect(served.length).toBeGreaterThan(2);
        expect(new Set(served).size).toBe(served.length);
        await Fixture.until('they have ended', () => served.every(pid => !isRunning(pid)));
    });

    it('in production nothing is served without KV, and the log says what to set', async () => {
        const { nodes } = await example.start('memory', { env: { NODE_ENV: 'production' } });
        const answer = await fetch(nodes[0]!.url, { method: 'POST', body: '{}' });
        expect([answer.status, await answer.text()]).toEqual([500, '']);
        await Fixture.until('the log says why', () => nodes[0]!.output.includes('KV_REST_API_URL'));
    });
});

function isRunning(pid: number): boolean {
    try {
        return process.kill(pid, 0);
    } catch {
        return false;
    }
}
