import { afterEach, describe, expect, it } from 'vitest';
import { FaultProxy } from '../support/faultProxy.js';
import { Fixture, mcpUrl, onOwnRedis } from './support/fixture.js';
import type { State } from './support/server.js';
import { ACCEPT, UNAVAILABLE, Wire } from './support/wire.js';

const { fixture, server } = onOwnRedis();
const post = { ...ACCEPT, 'content-type': 'application/json' };
const list = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' });

/** "In about a second", with room for a machine that is busy with other tests. */
const PATIENCE_MS = 3_000;

async function expectUnavailable(wire: Wire): Promise<void> {
    const requests = [
        () => wire.http('POST', post, list),
        () => wire.http('GET', { accept: 'text/event-stream' }),
        () => wire.http('DELETE', {}),
        () => new Wire(wire.url).initialize()
    ];
    for (const send of requests) {
        const started = performance.now();
        const { status, headers, body } = await send();
        expect([status, headers.get('retry-after'), body]).toEqual([503, '1', UNAVAILABLE]);
        expect(performance.now() - started).toBeLessThan(PATIENCE_MS);
    }
}

const works = (wire: Wire) => async () => (await wire.http('POST', post, list)).status === 200;

async function begun(env: Record<string, string> = {}) {
    await fixture.clear();
    const { nodes } = await fixture.cluster(2, { REVALIDATE_MS: '0', ...env });
    const wire = new Wire(mcpUrl(nodes[0]!));
    await wire.begin();
    await wire.request('logging/setLevel', { level: 'alert' });
    return { warm: wire, cold: wire.at(mcpUrl(nodes[1]!)) };
}

afterEach(() => server().start());

describe('the store is out of order', () => {
    it('F1: Redis stopped: 503 on every verb and node, never 404; back: the same session goes on with all that was acknowledged', async () => {
        const { warm, cold } = await begun();
        const unknown = new Wire(cold.url);
        unknown.sessionId = 'unknown-here';
        await server().halt();
        await expectUnavailable(warm);
        await expectUnavailable(cold);
        await expectUnavailable(unknown);
        expect((await cold.at(cold.url).initialize()).status).toBe(503);

        await server().start();
        await Fixture.until('node A serves again', works(warm));
        await Fixture.until('node B serves again', works(cold));
        expect(JSON.parse(await cold.tool('state')) as State).toMatchObject({ node: 'B', logLevel: 'alert' });
        expect((await unknown.http('POST', post, list)).status).toBe(404);
    }, 90_000);

    it('F1, P8: Redis hangs: 503; it goes on: an initialize that failed meanwhile left nothing behind', async () => {
        const { warm, cold } = await begun();
        server().pause();
        try {
            await expectUnavailable(warm);
            await expectUnavailable(cold);
        } finally {
            server().resume();
        }
        await Fixture.until('node A answers again', async () => (await warm.http('POST', post, list)).status !== 503);
        await Fixture.until('node B answers again', async () => (await cold.http('POST', post, list)).status !== 503);
        // What the nodes had sent to Redis before that has been carried out by now. A DELETE that was answered 503 may
        // have been, too; what it must not do is to end half of a session.
        const isAlive = (await warm.http('POST', post, list)).status === 200;
        expect(await fixture.keys()).toHaveLength(isAlive ? 1 : 0);
        expect((await cold.http('POST', post, list)).status).toBe(isAlive ? 200 : 404);
    }, 90_000);

    it('F1: a request that a node can serve from its copy is served while Redis is away', async () => {
        const { warm } = await begun({ REVALIDATE_MS: '60000' });
        await server().halt();
        expect(await warm.tool('echo', { text: 'from the copy' })).toBe('from the copy');
        await server().start();
    });

    it('F1: connections to Redis that are cut, refused, swallowed or slow', async () => {
        const proxy = await FaultProxy.start(server().port);
        try {
            const { warm, cold } = await begun({ REDIS_URL: `redis://127.0.0.1:${proxy.port}` });
            for (const fault of ['refuse', 'blackhole'] as const) {
                await proxy.set(fault);
                for (const wire of [warm, cold]) {
                    const { status, body } = await wire.http('POST', post, list);
                    expect([fault, status, body]).toEqual([fault, 503, UNAVAILABLE]);
                }
                await proxy.set('pass');
                // What was swallowed is never answered; a new connection is.
                proxy.cut();
                await Fixture.until(`node A serves again after ${fault}`, works(warm));
                await Fixture.until(`node B serves again after ${fault}`, works(cold));
            }
            await proxy.set({ delayMs: 50 });
            expect(await warm.tool('echo', { text: 'slow' })).toBe('slow');
            await proxy.set('pass');
            proxy.cut();
            await Fixture.until('node A serves again after a cut', works(warm));
        } finally {
            await proxy.stop();
        }
    }, 60_000);
});
