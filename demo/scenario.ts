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
    const names = cluster.nodes.map(({ name }) => name);

    await client.listTools();
    await client.add(6);
    await client.checkIsKnown(3);
    await client.setLevel('warning');
    timeline.event('nodes', 'A, B and C look at the session again once a second');
    await delay(REVALIDATED_MS);
    await client.checkLevels(3, ['warning', 'error', 'critical', 'alert', 'emergency']);

    timeline.event('KILL', `kill -9 ${b.pid}: node B is dead`, [b.name]);
    await b.kill();
    await client.add(6);
    await b.start();
    timeline.event('START', `node B, a new process (pid ${b.pid})`, [b.name]);
    await client.add(6);
    await client.checkLevels(3, ['warning', 'error', 'critical', 'alert', 'emergency']);

    const old = c.port;
    await c.terminate();
    await c.start();
    timeline.event('REPLACE', `node C: SIGTERM, new process on port ${c.port} instead of ${old} (pid ${c.pid})`, [c.name]);
    await client.add(6);
    await client.setLevel('error');

    timeline.event('KILL', `kill -9 ${a.pid} ${b.pid} ${c.pid}: no node is left`, names);
    await Promise.all([a.kill(), b.kill(), c.kill()]);
    await delay(1_000);
    await Promise.all([a.start(), b.start(), c.start()]);
    timeline.event('START', `nodes A, B, C, all new (pids ${a.pid}, ${b.pid}, ${c.pid})`, names);
    await client.add(6);
    await client.checkIsKnown(3);
    await client.checkLevels(3, ['error', 'critical', 'alert', 'emergency']);
}

/** What one request begins on one node and goes on, or ends, on another. */
export async function runAcrossNodes({ nodes, proxy }: Cluster, client: ObservedClient, timeline: Timeline): Promise<void> {
    await client.answerQuestion();

    await client.countThroughACut(8, () => {
        const { name = '' } = proxy.nodeOf('tools/call') ?? {};
        proxy.cut('POST');
        timeline.event('CUT', `the connection of the call to node ${name}; the client comes back to another`, [name]);
    });

    await client.hangUntilKilled(async () => {
        const node = await whoSays(nodes, 'one hangs');
        timeline.event('KILL', `kill -9 ${node.pid}: node ${node.name}, in the middle of a call`, [node.name]);
        await node.kill();
        await node.start();
        timeline.event('START', `node ${node.name}, a new process (pid ${node.pid})`, [node.name]);
    });

    await client.cancel(words => nodes.some(({ output }) => output.includes(words)));
}

/** Ends the session, and asks each node for it once more. */
export async function runEnd({ nodes }: Cluster, client: ObservedClient, timeline: Timeline): Promise<boolean> {
    await client.end();
    // Until then a node may trust the copy that it has: the news of a DELETE may come a moment later than a request.
    await delay(REVALIDATED_MS);
    const headers = {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        'mcp-session-id': client.sessionId ?? ''
    };
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' });
    const statuses = await Promise.all(
        nodes.map(({ url }) => fetch(`${url}/mcp`, { method: 'POST', headers, body }).then(({ status }) => status))
    );
    timeline.event('nodes', `A, B and C know nothing of it any more: ${statuses.join(' ')}`);
    return statuses.every(status => status === 404);
}

async function whoSays(nodes: readonly NodeProcess[], words: string): Promise<NodeProcess> {
    for (;;) {
        const node = nodes.find(({ output }) => output.includes(words));
        if (node) return node;
        await delay(10);
    }
}
