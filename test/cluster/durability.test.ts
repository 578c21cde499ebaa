import { readdirSync, rmSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startPrivateRedis, type PrivateRedis } from '../../scripts/services.mjs';
import type { Cluster } from '../support/cluster.js';
import { buildFork } from './support/build.js';
import { closing } from './support/traffic/closing.js';
import { startNodes } from './support/traffic/nodes.js';
import { Traffic } from './support/traffic/traffic.js';

const LAST_WRITES = { sessions: true, writes: true };

/** The file that Redis appends its writes to, and how far it goes. */
function appendOnlyFile({ folder }: PrivateRedis): { path: string; bytes: number } {
    const directory = join(folder, 'appendonlydir');
    const name = readdirSync(directory).find(file => file.endsWith('.incr.aof'));
    if (name === undefined) throw new Error('Redis keeps no append-only file');
    const path = join(directory, name);
    return { path, bytes: statSync(path).size };
}

describe('Redis is killed under load and comes back', { timeout: 90_000 }, () => {
    const started = closing(afterAll);
    let server: PrivateRedis;
    let nodes: Cluster;
    beforeAll(async () => {
        await buildFork();
        server = await started(startPrivateRedis({ persistent: 'always' }));
        nodes = await started(startNodes({ kind: 'redis', client: 'ioredis 6', url: server.url }));
    });

    async function finish(traffic: Traffic): Promise<void> {
        await traffic.goesOn();
        await traffic.stop();
        await traffic.checkAll();
        expect(traffic.verdict.problems).toEqual([]);
    }

    it.each(['always', 'everysec', 'no'])(
        'F1: kill -9 of the process with appendfsync %s: nothing that was acknowledged is lost',
        async policy => {
            await server.command('CONFIG', 'SET', 'appendfsync', policy);
            const traffic = await Traffic.start(nodes);
            await traffic.goesOn();
            await server.kill();
            await traffic.seesOutage();
            await server.start();
            await finish(traffic);
            expect(traffic.lost).toEqual([]);
        }
    );

    it('F4: the end of the file was not on the disk yet, as with everysec when the machine fails: what is lost is 404 or 400', async () => {
        const traffic = await Traffic.start(nodes, { visitors: 3, ...LAST_WRITES });
        await traffic.goesOn();
        const { path, bytes } = appendOnlyFile(server);
        const late = await Promise.all([traffic.add(), traffic.add()]);
        await traffic.goesOn();
        await server.kill();
        truncateSync(path, bytes);
        await traffic.seesOutage();
        await server.start();
        await finish(traffic);
        expect(new Set(traffic.lost)).toEqual(new Set(late));
    });

    it('F4: Redis had nothing on disk: all sessions are 404, and new ones begin', async () => {
        const traffic = await Traffic.start(nodes, { visitors: 3, ...LAST_WRITES });
        await traffic.goesOn();
        await server.kill();
        rmSync(join(server.folder, 'appendonlydir'), { recursive: true });
        await traffic.seesOutage();
        await server.start();
        await traffic.goesOn();
        expect(traffic.live).toEqual([]);
        await traffic.add();
        await finish(traffic);
        expect(traffic.live).toHaveLength(1);
    });
});
