import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startRedisCluster, type RedisCluster } from '../../scripts/services.mjs';
import { examine, expectFinding, troubles } from './support/doctor.js';

describe('doctor, Redis Cluster', { timeout: 120_000 }, () => {
    let cluster: RedisCluster;
    let url: string;
    beforeAll(async () => {
        // A server that starts reads slowly: it pauses after each key, and answers after each kilobyte.
        const slow = { 'key-load-delay': 20_000, 'loading-process-events-interval-bytes': 1024, rdbcompression: 'no' };
        cluster = await startRedisCluster({ nodeTimeoutMs: 3000, settings: { appendonly: 'yes', ...slow } });
        url = `redis://${cluster.nodes.map(({ host, port }) => `${host}:${port}`).join(',')}`;
    });
    afterAll(() => cluster.stop());

    it('looks at each master, and finds slots that nobody has, and a URL that names one server only', async () => {
        const sound = await examine(url);
        expect(troubles(sound)).toEqual([]);
        expect(sound.findings.filter(({ check }) => check === 'version')).toHaveLength(cluster.nodes.length);
        expectFinding(sound, 'cluster', 'ok', /all slots are covered/);

        const single = await examine(`redis://127.0.0.1:${cluster.nodes[0]!.port}`);
        expectFinding(single, 'cluster', 'problem', /one of a Cluster.*redis\+cluster/);

        const owner = await cluster.ownerOf(5);
        await owner.command('CLUSTER', 'DELSLOTS', 5);
        const broken = await examine(url, ['--timeout', '2s']);
        expect(broken.code).toBe(1);
        expectFinding(
            broken,
            'cluster',
            'problem',
            /cluster_state is fail, 16383 of 16384 slots are assigned.*Each request.*--cluster fix/
        );
        await owner.command('CLUSTER', 'ADDSLOTS', 5);
        for (const { server } of await cluster.masters()) await expectState(server, 'ok');
    });

    it('finds a server that still reads its data, and does not wait for it', async () => {
        const server = await cluster.ownerOf(await cluster.slotOf('{a}'));
        await server.command('EVAL', "for i = 1, 1000 do redis.call('SET', '{a}' .. i, string.rep('x', 1500)) end", 1, '{a}');
        await server.command('BGREWRITEAOF');
        const rewrite = async () => String(await server.command('INFO', 'persistence'));
        await expect.poll(rewrite, { timeout: 20_000 }).toMatch(/aof_rewrite_in_progress:0[^]*aof_base_size:[1-9]\d{6}/);
        await server.halt();
        const started = server.start();
        try {
            const ping = () => server.command('PING').catch((error: Error) => error.message);
            await expect.poll(ping, { timeout: 20_000 }).toMatch(/^LOADING/);
            const at = `127\\.0\\.0\\.1:${server.port}`;
            const examined = await examine(url, ['--timeout', '1s']);
            expectFinding(examined, 'role', 'problem', new RegExp(`the server at ${at} is still reading its data.*Wait`));
            expect(examined.code).toBe(1);
        } finally {
            await server.command('CONFIG', 'SET', 'key-load-delay', 0);
            await started;
        }
        for (const { server } of await cluster.masters()) await expectState(server, 'ok');
    });

    it('finds a server that cannot be reached, before the others know of it, and afterwards', async () => {
        const [gone, other] = (await cluster.masters()).map(({ server }) => server);
        await gone!.kill();
        const unreachable = new RegExp(
            `the server at 127\\.0\\.0\\.1:${gone!.port} cannot be reached: connect ECONNREFUSED.*Nobody listens`
        );
        const early = await examine(url, ['--timeout', '2s']);
        expectFinding(early, 'cluster', 'problem', unreachable);
        expect(early.code).toBe(1);
        // That INFO may not be asked is not what is wrong with it.
        expect(troubles(early)).not.toContain('note version');

        await expectState(other!, 'fail');
        const late = await examine(url, ['--timeout', '2s']);
        expectFinding(late, 'cluster', 'problem', unreachable);
        expectFinding(late, 'cluster', 'problem', /cluster_state is fail, 16384 of 16384 slots are assigned, 546\d have failed/);
        expectFinding(late, 'reach', 'problem', /See what is found of each server/);
    });

    async function expectState(server: { command(...words: string[]): Promise<unknown> }, state: 'ok' | 'fail'): Promise<void> {
        const info = async () => String(await server.command('CLUSTER', 'INFO'));
        await expect.poll(info, { timeout: 30_000 }).toContain(`cluster_state:${state}`);
    }
});
