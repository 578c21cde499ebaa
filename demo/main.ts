// The demo: one client, one session, and nodes that come and go. See README.md; run it with `npm run demo`.

import { writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { openRedis, type Service } from '../scripts/services.mjs';
import { startCluster, type Cluster } from '../test/support/cluster.js';
import { forkProject, officialPackage } from './forkProject.js';
import { ObservedClient } from './observedClient.js';
import { runAcrossNodes, runEnd, runScenario } from './scenario.js';
import { pictureOf } from './picture.js';
import { Timeline } from './timeline.js';

const NOT_INITIALIZED = '"Bad Request: Server not initialized"';
// --picture FILE: the timeline as a picture, too.
const { official: isOfficial, picture } = flags();
const timeline = new Timeline();
let redis: Service | undefined;
let cluster: Cluster | undefined;
let client: ObservedClient | undefined;

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void stop().finally(() => process.exit(130)));
}
try {
    process.exitCode = (await demo()) ? 0 : 1;
} catch (error) {
    timeline.verdict(false, [error instanceof Error ? error.message : String(error)]);
    process.exitCode = 1;
} finally {
    await stop();
}

async function demo(): Promise<boolean> {
    timeline.title(isOfficial ? 'What happens today: the official SDK on three nodes' : 'One session, three nodes that come and go');
    const official = officialPackage();
    const script = isOfficial ? officialServer() : await forkServer();
    timeline.note(`Client: ${official.name} ${official.version} from npm, unchanged. Load balancer: round robin, no affinity.`);
    timeline.header();

    cluster = await startCluster({ nodes: 3, script: script.file, env: script.env });
    const { nodes } = cluster;
    const up = nodes.map(({ name, pid, port }) => `${name} on port ${port} (pid ${pid})`).join(', ');
    timeline.event(
        'nodes',
        `up: ${up}`,
        nodes.map(({ name }) => name)
    );
    client = new ObservedClient(cluster.proxy, timeline);
    return isOfficial ? showToday(cluster, client) : showSession(cluster, client);
}

function flags() {
    try {
        return parseArgs({ options: { official: { type: 'boolean' }, picture: { type: 'string' } } }).values;
    } catch (error) {
        console.error(`${String(error)}\nUsage: npm run demo [-- --official | --picture FILE]`);
        process.exit(2);
    }
}

function officialServer() {
    const { name, version } = officialPackage();
    timeline.note(`Server: ${name} ${version} from npm, McpServer and one transport per session.`);
    return { file: new URL('./officialServer.mjs', import.meta.url), env: {} };
}

async function forkServer() {
    redis = await openRedis({ say: line => timeline.note(line) });
    const { folder, installed } = forkProject();
    timeline.note(
        `Server: ${installed.name} ${installed.version}, packed, installed as @modelcontextprotocol/sdk; its code is demo/server.mjs and tools.mjs.`
    );
    return { file: pathToFileURL(`${folder}/server.mjs`), env: { REDIS_URL: redis.url } };
}

async function showSession(running: Cluster, observed: ObservedClient): Promise<boolean> {
    let isGone = false;
    if (await observed.connect()) {
        await runScenario(running, observed, timeline);
        await runAcrossNodes(running, observed, timeline);
        isGone = await runEnd(running, observed, timeline);
    }
    const { calls, failures, sessionIds } = observed;
    const served = running.proxy.served();
    const reopened = running.proxy.passed.filter(({ method, status }) => method === 'GET' && status === 200).length - 1;
    const leftOver = await stop();
    const ok =
        failures === 0 && isGone && calls > 40 && sessionIds.size === 1 && Object.values(served).every(Boolean) && leftOver.length === 0;
    const summary = `${calls} calls, ${calls - failures} answered, ${failures} failed. ${sessionIds.size} session id from first to last.`;
    if (ok && picture !== undefined) writeFileSync(picture, pictureOf(timeline.entries, summary));
    timeline.verdict(ok, [
        summary,
        `Requests served: ${Object.entries(served)
            .map(entry => entry.join(' '))
            .join(', ')}. Processes: ${processes().length} started, ${leftOver.length} left over.`,
        failures === 0
            ? `What the client noticed: one call whose node died in the middle was answered with an error; else nothing. It opened streams again ${reopened}×.`
            : `What the client noticed: ${[...observed.errors].join(', ')}`
    ]);
    return ok;
}

async function showToday(running: Cluster, first: ObservedClient): Promise<boolean> {
    const isConnected = await first.connect();
    await first.close();

    timeline.note();
    timeline.note('The same once more, with the handshake kept on node A, so that there is a session at all:');
    timeline.header();
    client = new ObservedClient(running.proxy, timeline);
    const { proxy, nodes } = running;
    proxy.targets = nodes.slice(0, 1);
    const isHelped = await client.connect();
    proxy.targets = nodes;
    await runScenario(running, client, timeline);
    await client.end();

    const { calls, failures, errors } = client;
    const leftOver = await stop();
    const ok = !isConnected && isHelped && failures > calls / 2 && errors.has(NOT_INITIALIZED) && leftOver.length === 0;
    const lines = [
        `Round robin: the client ${isConnected ? 'connected' : 'could not even connect'}. With help: ${calls} calls, ${calls - failures} answered, ${failures} failed.`,
        `What the client noticed: ${[...errors].join(', ')}`,
        'Why: this SDK keeps a session in the memory of the process that began it.'
    ];
    timeline.verdict(ok, ok ? lines : ['The official SDK did not fail as it should.', ...lines], ok ? 'FAILED, AS EXPECTED' : 'UNEXPECTED');
    return ok;
}

/** Ends all that was started, and returns the processes that would not go. */
async function stop(): Promise<number[]> {
    await client?.close();
    await cluster?.stop();
    await redis?.stop();
    return processes().filter(isAlive);
}

function processes(): number[] {
    return cluster?.nodes.flatMap(({ pids }) => pids) ?? [];
}

function isAlive(pid: number): boolean {
    try {
        return process.kill(pid, 0);
    } catch {
        return false;
    }
}
