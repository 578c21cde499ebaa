import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startPrivateRedis, type PrivateRedis } from '../../scripts/services.mjs';
import { openExample } from './support/example.js';

const example = openExample('continue-session');
let redis: PrivateRedis;

beforeAll(async () => {
    redis = await startPrivateRedis();
});
afterEach(() => example.stop());
afterAll(() => redis.stop());

describe('a client that goes on with a session', () => {
    it('S2, S8: finds what an earlier client and an earlier server have left, and is told of a session that is over', async () => {
        const { nodes } = await example.start('server', { replace: { 'redis://127.0.0.1:6379': redis.url } });
        const server = nodes[0]!;
        const first = await example.run('begin', { env: { MCP_URL: server.url } });
        expect(first.output).toBe(first.quoted);

        await server.restart();
        const sessionId = /session (\S+)/.exec(first.raw)?.[1] ?? '';
        const second = await example.run('continue', { env: { MCP_URL: server.url }, replace: { $SESSION_ID: sessionId } });
        expect(second.output).toBe(second.quoted);
        expect(second.raw).toContain(sessionId);

        const third = await example.run('over', { env: { MCP_URL: server.url }, exitCode: 1 });
        expect(third.errors).toContain('The session is over');
        expect(example.unused()).toEqual([]);
    });
});
