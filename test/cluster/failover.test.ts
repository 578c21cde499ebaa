import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startRedisCluster, startRedisSentinel, type RedisCluster, type RedisSentinel } from '../../scripts/services.mjs';
import type { Cluster } from '../support/cluster.js';
import { buildFork } from './support/build.js';
import { closing } from './support/traffic/closing.js';
import { startNodes } from './support/traffic/nodes.js';
import type { RedisClientName } from './support/traffic/storage.js';
import { Traffic } from './support/traffic/traffic.js';

beforeAll(buildFork);

/** Replication is asynchronous: what was acknowledged last may not have reached the replica, though it mostly has. */
const LAST_WRITES = { sessions: true, writes: true };

const clients = ['ioredis 6', 'ioredis 5', 'node-redis'] as const;

async function finish(traffic: Traffic): Promise<void> {
    await traffic.goesOn();
    await traffic.stop();
    await traffic.checkAll();
    expect(traffic.verdict.problems).toEqual([]);
}

describe('Redis Sentinel', { timeout: 90_000 }, () => {
    const started = closing(afterAll);
    let servers: RedisSentinel;
    beforeAll(async () => {
        servers = await started(startRedisSentinel());
    });

    const nodesOn = (client: RedisClientName) =>
        started(startNodes({ kind: 'sentinel', client, sentinels: servers.sentinels, name: servers.name }));

    describe.each(clients)('%s', client => {
        let nodes: Cluster;
        beforeAll(async () => {
            nodes = await nodesOn(client);
        });

        it('F4: the master is killed under load, and a replica takes over', async () => {
            const traffic = await Traffic.start(nodes, LAST_WRITES);
            await traffic.goesOn();
            const outage = traffic.seesOutage();
            const killed = await servers.killMaster();
            try {
                await outage;
                await finish(traffic);
            } finally {
                await servers.restart(killed);
            }
        });

        it('F4: a replica takes over while the master lives', async () => {
            const traffic = await Traffic.start(nodes, LAST_WRITES);
            await traffic.goesOn();
            await servers.failOver();
            await finish(traffic);
        });
    });

    describe('replication', () => {
        let nodes: Cluster;
        beforeAll(async () => {
            nodes = await nodesOn('ioredis 6');
        });

        it('F4: a replica takes over that the last writes did not reach: what is lost is 404 or 400, the rest goes on', async () => {
            const traffic = await Traffic.start(nodes, { visitors: 3, ...LAST_WRITES });
            await traffic.goesOn();
            const [replica] = await servers.replicas();
            // It cannot connect again, so nothing more reaches it.
            replica!.pause();
            await (await servers.master()).command('CLIENT', 'KILL', 'TYPE', 'replica');
            const late = await Promise.all([traffic.add(), traffic.add()]);
            await traffic.goesOn();
            const killed = await servers.killMaster(() => replica!.resume());
            try {
                await finish(traffic);
                expect(new Set(traffic.lost)).toEqual(new Set(late));
            } finally {
                await servers.restart(killed);
            }
        });

        it('F4: min-replicas-to-write, and there is no replica: 503 until there is one, and nothing is lost', async () => {
            const traffic = await Traffic.start(nodes, { visitors: 3 });
            await traffic.goesOn();
            const master = await servers.master();
            const [replica] = await servers.replicas();
            await master.command('CONFIG', 'SET', 'min-replicas-to-write', 1);
            await replica!.kill();
            await traffic.seesOutage();
            await servers.restart(replica!);
            await finish(traffic);
            expect(traffic.lost).toEqual([]);
            await master.command('CONFIG', 'SET', 'min-replicas-to-write', 0);
        });
    });
});

describe('Redis Cluster', { timeout: 90_000 }, () => {
    const started = closing(afterAll);
    let servers: RedisCluster;
    beforeAll(async () => {
        servers = await started(startRedisCluster({ replicas: 1, nodeTimeoutMs: 1000 }));
    });
    const nodesOn = (client: RedisClientName) => started(startNodes({ kind: 'cluster', client, nodes: servers.nodes }));
    const firstMaster = async () => (await servers.masters())[0]!.server;

    describe.each(clients)('%s', client => {
        let nodes: Cluster;
        beforeAll(async () => {
            nodes = await nodesOn(client);
        });

        it('F4: a master is killed under load, and its replica takes over', async () => {
            const traffic = await Traffic.start(nodes, LAST_WRITES);
            await traffic.goesOn();
            const killed = await firstMaster();
            try {
                // A replica may take over before anybody is answered 503.
                await servers.killMaster(killed);
                await finish(traffic);
            } finally {
                await servers.restart(killed);
            }
        });
    });

    describe.each(clients)('%s', client => {
        it('F4: a replica takes over from a master that lives, which hands over all that it has: nothing is lost', async () => {
            const traffic = await Traffic.start(await nodesOn(client));
            await traffic.goesOn();
            await servers.failOver(await firstMaster());
            await finish(traffic);
            expect(traffic.lost).toEqual([]);
        });
    });
});
