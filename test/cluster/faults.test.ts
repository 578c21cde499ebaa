import { migrate } from '@mcp-sessions/postgres';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openPostgres, openRedis } from '../../scripts/services.mjs';
import type { Cluster } from '../support/cluster.js';
import { FaultProxy } from '../support/faultProxy.js';
import { startUpstashRest } from '../support/upstashRest.js';
import { buildFork } from './support/build.js';
import { Fixture, mcpUrl } from './support/fixture.js';
import { closing } from './support/traffic/closing.js';
import { startNodes } from './support/traffic/nodes.js';
import type { StorageAddress } from './support/traffic/storage.js';
import { Traffic } from './support/traffic/traffic.js';
import { ACCEPT, UNAVAILABLE, Wire } from './support/wire.js';

type Started = ReturnType<typeof closing>;

const silent = { say: () => undefined };

/** A server, the port at which it is, and where nodes find it when they come through another port. */
const servers: { name: string; open(started: Started): Promise<{ port: number; through(port: number): StorageAddress }> }[] = [
    {
        name: 'Redis',
        async open(started) {
            const url = new URL((await started(openRedis(silent))).url);
            return { port: Number(url.port || 6379), through: port => ({ kind: 'redis', client: 'ioredis 6', url: atPort(url, port) }) };
        }
    },
    {
        name: 'Postgres',
        async open(started) {
            const url = new URL((await started(openPostgres(silent))).url);
            const pool = new pg.Pool({ connectionString: url.href, max: 1 });
            await migrate(pool);
            await pool.end();
            return { port: Number(url.port || 5432), through: port => ({ kind: 'postgres', url: atPort(url, port) }) };
        }
    },
    {
        name: 'Upstash',
        async open(started) {
            const { url: redisUrl } = await started(openRedis(silent));
            const { url: href, token } = await started(startUpstashRest({ redisUrl }));
            const url = new URL(href);
            return { port: Number(url.port), through: port => ({ kind: 'upstash', url: atPort(url, port).replace(/\/$/, ''), token }) };
        }
    }
];

function atPort(url: URL, port: number): string {
    const other = new URL(url);
    other.host = `127.0.0.1:${port}`;
    return other.href;
}

/** "In about a second", with room for a machine that is busy with other tests. */
const PATIENCE_MS = 5_000;
const post = { ...ACCEPT, 'content-type': 'application/json' };
const list = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' });

async function expectUnavailable(wire: Wire): Promise<void> {
    const requests = [
        () => wire.http('POST', post, list),
        () => wire.http('GET', { accept: 'text/event-stream' }),
        () => wire.http('GET', { accept: 'text/event-stream', 'last-event-id': 'a~0-1' }),
        () => new Wire(wire.url).initialize()
    ];
    const begun = performance.now();
    for (const { status, headers, body } of await Promise.all(requests.map(send => send()))) {
        expect([status, headers.get('retry-after'), body]).toEqual([503, '1', UNAVAILABLE]);
    }
    expect(performance.now() - begun).toBeLessThan(PATIENCE_MS);
}

describe.each(servers)('the way to $name fails', { timeout: 90_000 }, ({ open }) => {
    const started = closing(afterAll);
    let proxy: FaultProxy;
    let nodes: Cluster;
    beforeAll(async () => {
        await buildFork();
        const { port, through } = await open(started);
        proxy = await started(FaultProxy.start(port));
        nodes = await started(startNodes(through(proxy.port), { nodes: 2 }));
    });
    afterEach(() => proxy.set('pass'));

    async function finish(traffic: Traffic): Promise<void> {
        await traffic.goesOn();
        await traffic.stop();
        await traffic.checkAll();
        expect(traffic.verdict.problems).toEqual([]);
        expect(traffic.lost).toEqual([]);
    }

    it.each(['refuse', 'blackhole'] as const)(
        'F1: connections: %s. 503 on every verb and node, without internals; then all sessions go on and nothing is lost',
        async fault => {
            const traffic = await Traffic.start(nodes, { visitors: 3 });
            await traffic.goesOn();
            const [visitor] = traffic.visitors;
            await proxy.set(fault);
            for (const node of nodes.nodes) await expectUnavailable(visitor!.wire.at(mcpUrl(node)));
            await proxy.set('pass');
            // What was swallowed is never answered; a new connection is.
            proxy.cut();
            await finish(traffic);
        }
    );

    it('F1: connections are reset, again and again, and slow: nothing is lost', async () => {
        const traffic = await Traffic.start(nodes, { visitors: 3 });
        await traffic.goesOn();
        for (let round = 0; round < 5; round++) {
            proxy.cut();
            await traffic.answers(5);
        }
        await proxy.set({ delayMs: 20 });
        await traffic.answers(20);
        await proxy.set('pass');
        await finish(traffic);
    });

    it('F1: every answer takes longer than a node waits: 503, and nothing is taken for lost', async () => {
        const traffic = await Traffic.start(nodes, { visitors: 2 });
        await proxy.set({ delayMs: 3_000 });
        await traffic.seesOutage();
        await proxy.set('pass');
        proxy.cut();
        await Fixture.until('there is an end to it', async () => (await new Wire(nodes.proxy.url).initialize()).status === 200);
        await finish(traffic);
    });
});
