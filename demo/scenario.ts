import { setTimeout as delay } from 'node:timers/promises';
import type { Cluster } from '../test/support/cluster.js';
import type { NodeProcess } from '../test/support/nodeProcess.js';
import type { ObservedClient } from './observedClient.js';
import type { Timeline } from './timeline.js';

/** Within this time each node looks at the session's record again (`revalidateMs`). */
const REVALIDATED_MS = 1_000;

/** What happens to the nodes, while one client goes on with one session. */
export async function runScenario(cluster: Cluster, client: ObservedClient, timeline: Timeline): Promise<void> {
    const [a, b, c] = cluster.nodes as [NodeProcess, NodeProcess, NodeProcess];

    await client.listTools();
    await client.add(6);
    await client.checkIsKnown(3);
    await client.setLevel('warning');
    timeline.event('nodes', 'A, B and C look at the session again once a second');
    await delay(REVALIDATED_MS);
    await client.checkLevels(3, ['warning', 'error', 'critical', 'alert', 'emergency']);

    timeline.event('KILL', `kill -9 ${b.pid}: node B is dead`);
    await b.kill();
    await client.add(6);
    await b.start();
    timeline.event('START', `node B, a new process (pid ${b.pid})`);
    await client.add(6);
    await client.checkLevels(3, ['warning', 'error', 'critical', 'alert', 'emergency']);

    const old = c.port;
    await c.terminate();
    await c.start();
    timeline.event('REPLACE', `node C: SIGTERM, new process on port ${c.port} instead of ${old} (pid ${c.pid})`);
    await client.add(6);
    await client.setLevel('error');

    timeline.event('KILL', `kill -9 ${a.pid} ${b.pid} ${c.pid}: no node is left`);
    await Promise.all([a.kill(), b.kill(), c.kill()]);
    await delay(1_000);
    await Promise.all([a.start(), b.start(), c.start()]);
    timeline.event('START', `nodes A, B, C, all new (pids ${a.pid}, ${b.pid}, ${c.pid})`);
    await client.add(6);
    await client.checkIsKnown(3);
    await client.checkLevels(3, ['error', 'critical', 'alert', 'emergency']);
    await client.end();
}
