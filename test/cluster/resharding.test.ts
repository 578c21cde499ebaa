import { digest } from '@mcp-sessions/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startRedisCluster, type RedisCluster, type RedisServer } from '../../scripts/services.mjs';
import type { Cluster } from '../support/cluster.js';
import { buildFork } from './support/build.js';
import { closing } from './support/traffic/closing.js';
import { startNodes } from './support/traffic/nodes.js';
import { Traffic } from './support/traffic/traffic.js';
import type { Visitor } from './support/traffic/visitor.js';

const started = closing(afterAll);
let servers: RedisCluster;
beforeAll(async () => {
    await buildFork();
    servers = await started(startRedisCluster());
});

/** All keys of a session have the digest of its id as their tag. */
const slotOf = async ({ wire }: Visitor) => servers.slotOf(`{${await digest(wire.sessionId!)}}`);

async function anotherMaster(slot: number): Promise<RedisServer> {
    const masters = (await servers.masters()).map(({ server }) => server);
    const index = masters.indexOf(await servers.ownerOf(slot));
    return masters[(index + 1) % masters.length]!;
}

/** The slots of the channels that somebody listens to. */
async function listenedSlots(): Promise<number[]> {
    const lists = await Promise.all((await servers.masters()).map(({ server }) => server.command('PUBSUB', 'SHARDCHANNELS')));
    const slots = await Promise.all((lists.flat() as string[]).map(channel => servers.slotOf(channel)));
    return [...new Set(slots)];
}

describe.each(['ioredis 6', 'ioredis 5', 'node-redis'] as const)(
    'Redis Cluster is resharded under load, %s',
    { timeout: 90_000 },
    client => {
        let nodes: Cluster;
        beforeAll(async () => {
            nodes = await started(startNodes({ kind: 'cluster', client, nodes: servers.nodes }));
        });

        async function finish(traffic: Traffic): Promise<void> {
            await traffic.goesOn();
            await traffic.stop();
            await traffic.checkAll();
            expect(traffic.verdict.problems).toEqual([]);
            expect(traffic.lost).toEqual([]);
        }

        it('F4: slots of live sessions move to another master and back: nothing is lost', async () => {
            const traffic = await Traffic.start(nodes, { visitors: 3 });
            await traffic.goesOn();
            const slots = await Promise.all(traffic.visitors.map(slotOf));
            const homes = await Promise.all(slots.map(slot => servers.ownerOf(slot)));
            for (const slot of slots) {
                const move = await servers.beginMove(slot, await anotherMaster(slot));
                // Some of the session's keys are here, some are there, while clients ask for them.
                await traffic.answers(5);
                await move.keys(1);
                await traffic.answers(5);
                await move.finish();
            }
            await traffic.goesOn();
            for (const [index, slot] of slots.entries()) await servers.moveSlot(slot, homes[index]!);
            await finish(traffic);
        });

        it('F4: slots of channels that nodes listen to move: questions are answered, and streams go on', async () => {
            const traffic = await Traffic.start(nodes, { visitors: 3 });
            await traffic.goesOn();
            const slots = await listenedSlots();
            expect(slots.length).toBeGreaterThan(0);
            for (const slot of slots) await servers.moveSlot(slot, await anotherMaster(slot));
            await finish(traffic);
        });
    }
);
