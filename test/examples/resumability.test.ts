import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startPrivateRedis, type PrivateRedis } from '../../scripts/services.mjs';
import { openExample } from './support/example.js';

const example = openExample('resumability');
const changing: [RegExp, string][] = [[/^id: \S+/gm, 'id: EVENT']];
let redis: PrivateRedis;

beforeAll(async () => {
    redis = await startPrivateRedis();
});
afterEach(() => example.stop());
afterAll(() => redis.stop());

describe('a stream that goes on at another node', () => {
    it('L2: the script and the commands of the README hear each message once', async () => {
        const { nodes } = await example.start('nodes', { replace: { 'redis://127.0.0.1:6379': redis.url } });
        const [a, b] = nodes.map(node => node.url) as [string, string];
        const client = await example.run('client', { env: { NODE_A: a, NODE_B: b } });
        expect(client.output).toBe(client.quoted);

        const atA = { 'http://127.0.0.1:3001/mcp': a };
        const begun = await example.run('initialize', { replace: atA });
        const SESSION_ID = /^mcp-session-id: (\S+)/im.exec(begun.raw)?.[1] ?? '';
        expect((await example.run('initialized', { replace: atA, env: { SESSION_ID } })).raw).toMatch(/^HTTP\/1\.1 202 /);
        const call = await example.run('call', { replace: atA, env: { SESSION_ID }, changing });
        expect(call.output).toBe(call.quoted);
        const LAST_EVENT_ID = [...call.raw.matchAll(/^id: (.*)$/gm)].at(-1)?.[1] ?? '';
        const rest = await example.run('resume', {
            replace: { 'http://127.0.0.1:3002/mcp': b },
            env: { SESSION_ID, LAST_EVENT_ID },
            changing
        });
        expect(rest.output).toBe(rest.quoted);
        expect(example.unused()).toEqual([]);
    });
});
