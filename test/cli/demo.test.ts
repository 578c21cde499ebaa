import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startPrivateRedis, type PrivateRedis } from '../../scripts/services.mjs';
import { startCli } from './support/runCli.js';

let redis: PrivateRedis;
beforeAll(async () => {
    redis = await startPrivateRedis();
});
afterAll(() => redis.stop());

describe('demo', { timeout: 240_000 }, () => {
    it('S2, L5, S10: one session goes on while its nodes are killed', async () => {
        const demo = startCli(['demo'], { env: { REDIS_URL: redis.url } });
        const { code, stdout, stderr } = await demo.ended;
        expect([code, stderr]).toEqual([0, '']);
        expect(stdout).toMatch(/KILL +kill -9 \d+: node A\n/);
        expect(stdout).toContain('told that its call is lost, not left waiting');
        expect(stdout).toContain('no node is left');
        expect(stdout).toMatch(/ask each of them for it +ok +404 404 404\n/);
        expect(stdout).toMatch(/PASSED {2}(\d+) requests, \1 answered as they should be/);
        const pids = [...stdout.matchAll(/\(pids? ([\d, ]+)\)/g)].flatMap(([, list]) => list!.split(', ').map(Number));
        expect(pids).toHaveLength(6);
        expect(pids.filter(isAlive)).toEqual([]);
        expect(await redis.command('KEYS', 'mcp:session:*')).toEqual([]);
    });

    it('without a backend it says what it cannot show', async () => {
        const { code, stdout, stderr } = await startCli(['demo', '--json']).ended;
        expect(code).toBe(0);
        expect(stderr).toMatch(/needs a store that outlives them: export REDIS_URL=/);
        const lines = stdout
            .trim()
            .split('\n')
            .map(line => JSON.parse(line) as Record<string, unknown>);
        expect(lines.at(-1)).toEqual({ requests: 6, failures: 0, passed: true });
    });
});

function isAlive(pid: number): boolean {
    try {
        return process.kill(pid, 0);
    } catch {
        return false;
    }
}
