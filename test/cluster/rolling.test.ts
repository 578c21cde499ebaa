import { Agent, get } from 'node:http';
import { describe, expect, it } from 'vitest';
import { redis } from './support/backends/redis.js';
import { Fixture, mcpUrl, on } from './support/fixture.js';
import { officialClient } from './support/officialClient.js';
import { ACCEPT, Wire } from './support/wire.js';
import { logged, resultText } from './support/wireStream.js';

const STREAMS = 1000;
const GRACE_MS = 10_000;

interface OpenStream {
    /** All that it has said, when it has ended. */
    readonly text: Promise<string>;
}

/** Opens a GET stream of a session. */
function openStream(url: string, sessionId: string, agent: Agent): Promise<OpenStream> {
    return new Promise((opened, failed) => {
        get(url, { agent, headers: { ...ACCEPT, 'mcp-session-id': sessionId } }, response => {
            opened({
                text: new Promise((ended, broken) => {
                    let text = '';
                    response.setEncoding('utf8').on('data', (part: string) => (text += part));
                    response.on('end', () => ended(text)).on('error', broken);
                })
            });
        }).on('error', failed);
    });
}

describe('nodes that are told to go', { timeout: 120_000 }, () => {
    const fixture = on(redis);
    it(`F5: one with ${STREAMS} open streams ends them with a hint and goes within its grace`, async () => {
        const cluster = await fixture.cluster(1, { BACKEND: 'whole', GRACE_MS: String(GRACE_MS), STORE_TIMEOUT_MS: '10000' });
        const [node] = cluster.nodes;
        const agent = new Agent({ keepAlive: true, maxSockets: Infinity });
        const streams: OpenStream[] = [];
        const lanes = Array.from({ length: 20 }, async () => {
            for (let n = 0; n < STREAMS / 20; n++) {
                const sessionId = await new Wire(mcpUrl(node!)).begin();
                streams.push(await openStream(mcpUrl(node!), sessionId, agent));
            }
        });
        await Promise.all(lanes);
        const last = new Wire(mcpUrl(node!));
        await last.begin();
        const call = await last.call('count', { name: 'last', to: 15, intervalMs: 100 });
        const first = await call.next();

        const [texts] = await Promise.all([Promise.all(streams.map(({ text }) => text)), node!.terminate(GRACE_MS)]);
        expect(texts.filter(text => !/\nretry: \d+\n\n$|^retry: \d+\n\n$/.test(text))).toEqual([]);
        expect(logged(first)).toBe('last-1');
        expect(resultText((await call.rest()).at(-1))).toBe('last is done');
        expect(node!.exitCode).toBe(0);
        agent.destroy();
    });

    it('F5: nodes are replaced one by one under traffic, and no client sees an error', async () => {
        const cluster = await fixture.cluster(3, { BACKEND: 'whole', GRACE_MS: String(GRACE_MS) });
        const clients = await Promise.all(Array.from({ length: 4 }, () => officialClient(cluster.proxy.url)));
        const errors: unknown[] = [];
        clients.forEach(({ client }) => (client.onerror = error => errors.push(String(error))));
        let isOver = false;
        let calls = 0;
        const traffic = clients.map(async ({ tool }, index) => {
            while (!isOver) {
                const text = `${index}-${calls++}`;
                expect(await tool('echo', { text })).toBe(text);
                expect(await tool('wait', { ms: 50 })).toBe('waited');
            }
        });
        const enough = async (more: number) => {
            const target = calls + more;
            await Fixture.until('more calls are answered', () => calls >= target);
        };
        await enough(20);
        for (const node of cluster.nodes) {
            await node.terminate(GRACE_MS);
            expect(node.exitCode).toBe(0);
            await enough(10);
            await node.start();
            await enough(10);
        }
        isOver = true;
        await Promise.all(traffic);
        expect(errors).toEqual([]);
        await Promise.all(clients.map(({ client }) => client.close()));
    });
});
