import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Cluster } from '../support/cluster.js';
import { backends } from './support/backends/kinds.js';
import { Fixture, on } from './support/fixture.js';
import { Meddler, type Meddling } from './support/meddler.js';
import { officialClient } from './support/officialClient.js';
import { sessionAt } from './support/sessionAt.js';
import type { Answered } from './support/streamTools.js';
import { Wire } from './support/wire.js';
import { logged, resultText } from './support/wireStream.js';

const KEEP_ALIVE_MS = 300;
const CUT_IDLE_MS = 8 * KEEP_ALIVE_MS;
const QUIET_MS = 1.5 * CUT_IDLE_MS;
const meddlers: Meddler[] = [];

/** A proxy in front of a node, or of the round robin. */
async function inFrontOf({ port }: { port: number }, meddling: Meddling): Promise<Meddler> {
    const meddler = await Meddler.start(port, meddling);
    meddlers.push(meddler);
    return meddler;
}

describe.each(backends)('on $name', kind => {
    const fixture = on(kind);

    let cluster: Cluster;
    beforeAll(async () => {
        cluster = await fixture.cluster(3, { BACKEND: 'whole', KEEP_ALIVE_MS: String(KEEP_ALIVE_MS) });
    });
    afterEach(async () => {
        await Promise.all(meddlers.splice(0).map(meddler => meddler.stop()));
    });
    const roundRobin = () => ({ port: Number(new URL(cluster.proxy.url).port) });

    describe('a proxy that cuts connections on which nothing comes', { timeout: 60_000 }, () => {
        it('L8: leaves quiet streams alone: a call, one that was resumed elsewhere, and the standalone stream', async () => {
            const wires = await sessionAt(cluster.nodes);
            // The first request of a session at a node takes longer; it is not what this is about.
            for (const wire of wires) await wire.tool('echo', { text: 'warm' });
            const [a, b, c] = await Promise.all(
                wires.map(async (wire, index) => wire.at((await inFrontOf(cluster.nodes[index]!, { cutIdleMs: CUT_IDLE_MS })).url))
            );
            const standalone = await c!.listen();
            const call = await a!.call('wait', { ms: QUIET_MS });
            const broken = await a!.call('wait', { ms: QUIET_MS }, { id: 2 });
            await broken.event();
            await broken.cut();
            const resumed = await b!.listen(broken.lastEventId);
            expect((await call.rest()).map(resultText)).toEqual(['waited']);
            expect((await resumed.rest()).map(resultText)).toEqual(['waited']);
            await wires[0].tool('notify', { name: 's', to: 1 });
            expect(logged(await standalone.next())).toBe('s-1');
            await standalone.cut();
        });

        it('L8: cuts the same call where no keep-alive bytes flow', async () => {
            const { nodes } = await fixture.cluster(1, { BACKEND: 'whole', KEEP_ALIVE_MS: '0' });
            const meddler = await inFrontOf(nodes[0]!, { cutIdleMs: CUT_IDLE_MS });
            const wire = new Wire(meddler.url);
            await wire.begin();
            const call = await wire.call('wait', { ms: QUIET_MS });
            await expect(call.rest()).rejects.toThrow();
            expect(meddler.cuts).toBeGreaterThan(0);
        });

        it('L8: the official client behind it waits out a quiet call without coming back for it', async () => {
            const meddler = await inFrontOf(roundRobin(), { cutIdleMs: CUT_IDLE_MS });
            const { client, heard, tool } = await officialClient(meddler.url);
            try {
                const resumed = () => cluster.proxy.passed.filter(({ method }) => method === 'GET').length;
                await tool('notify', { name: 'before', to: 1 });
                await Fixture.until('it listens', () => heard.length === 1);
                const before = resumed();
                expect(await tool('wait', { ms: QUIET_MS })).toBe('waited');
                expect(resumed()).toBe(before);
                await tool('notify', { name: 'after', to: 1 });
                await Fixture.until('it still listens', () => heard.length === 2);
            } finally {
                await client.close();
            }
        });
    });

    describe('a proxy that holds answers back', { timeout: 60_000 }, () => {
        it('L8: is asked not to, on every stream', async () => {
            const [a, b, c] = await sessionAt(cluster.nodes);
            const standalone = await b.listen();
            const call = await a.call('wait', { ms: 1000 });
            await call.event();
            const resumed = await c.listen(call.lastEventId);
            for (const stream of [standalone, call, resumed]) {
                expect(stream.response.headers.get('x-accel-buffering')).toBe('no');
                expect(stream.response.headers.get('cache-control')).toBe('no-cache, no-transform');
                await stream.cut();
            }
        });

        it.each([
            { hold: { bytes: 1_000_000, ms: 400 }, how: 'for a time' },
            // Nothing but the keep-alive comments would ever fill it up.
            { hold: { bytes: 64, ms: 60_000 }, how: 'until there is enough' }
        ])(
            'L8: $how, is no hindrance: what is sent while a call waits reaches the client, and its answers the server',
            async ({ hold }) => {
                const [a, b] = await sessionAt(cluster.nodes);
                const behind = a.at((await inFrontOf(cluster.nodes[0]!, { hold })).url);
                const standalone = await behind.listen();
                await b.tool('notify', { name: 's', to: 3 });
                expect([await standalone.next(), await standalone.next(), await standalone.next()].map(logged)).toEqual([
                    's-1',
                    's-2',
                    's-3'
                ]);

                const call = await behind.call('ask', { message: 'Which?' });
                expect((await b.answer(await call.next(), 'this')).status).toBe(202);
                expect(JSON.parse(resultText((await call.rest()).at(-1)) ?? '')).toMatchObject({ node: 'A', answer: 'this' });
                await standalone.cut();
            }
        );

        it('L8: the official client behind it is asked, answers, and hears everything once and in order', async () => {
            const meddler = await inFrontOf(roundRobin(), { hold: { bytes: 4096, ms: 200 } });
            const { client, heard, tool } = await officialClient(meddler.url);
            try {
                for (const standalone of [false, true]) {
                    expect((JSON.parse(await tool('ask', { message: 'q', standalone })) as Answered).answer).toBe('q!');
                }
                expect(await tool('count', { name: 'n', to: 100 })).toBe('n is done');
                expect(heard).toEqual(Array.from({ length: 100 }, (_, index) => `n-${index + 1}`));
            } finally {
                await client.close();
            }
        });
    });
});
