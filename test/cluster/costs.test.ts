import { describe, expect, it } from 'vitest';
import { FaultProxy } from '../support/faultProxy.js';
import type { Calls } from './support/backends/backend.js';
import { backends, pollingBackends } from './support/backends/kinds.js';
import { Fixture, mcpUrl, on, seen } from './support/fixture.js';
import { Wire } from './support/wire.js';
import { logged } from './support/wireStream.js';

const past = (ms: number) => new Promise(resolve => setTimeout(resolve, ms));
const echoes = async (wire: Wire, count: number): Promise<void> => {
    for (let n = 0; n < count; n++) await wire.tool('echo', { text: `${n}` });
};

async function begun(fixture: Fixture, env: Record<string, string>) {
    const calls = await fixture.backend.count();
    const { nodes } = await fixture.cluster(2, { ...calls.env, ...env });
    const wire = new Wire(mcpUrl(nodes[0]!));
    await wire.begin();
    // Whatever a node does once: scripts are made known, tables looked at, connections opened.
    const onB = new Wire(mcpUrl(nodes[1]!));
    await onB.begin();
    for (const first of [wire, onB]) await echoes(first, 3);
    await silence(calls);
    return { nodes, wire, onB: wire.at(onB.url), calls };
}

/** Waits until what was asked for besides has been done. */
async function silence(calls: Calls): Promise<void> {
    await Fixture.until('nothing more is asked for', async () => {
        await calls.take();
        await past(100);
        return (await calls.take()).length === 0;
    });
}

/** What is asked on the connection that listens, when a node begins to and every few seconds, whatever clients do. */
const isHeartbeat = (name: string) => /^SELECT 1\b/.test(name);

describe.each(backends)('what a request costs on $name', { timeout: 60_000 }, kind => {
    const fixture = on(kind);

    it('B3: a warm request costs no round trip within revalidateMs', async () => {
        const { wire, calls } = await begun(fixture, { REVALIDATE_MS: '60000' });
        await echoes(wire, 20);
        await Promise.all(Array.from({ length: 20 }, () => wire.request('tools/list')));
        expect(await calls.take()).toEqual([]);
        await calls.stop();
    });

    it('B3: with revalidateMs 0 each warm request costs one round trip', async () => {
        const { wire, calls } = await begun(fixture, { REVALIDATE_MS: '0' });
        await echoes(wire, 20);
        expect(await calls.take()).toHaveLength(20);
        await calls.stop();
    });

    it('B3: requests that come together share one revalidation', async () => {
        const { wire, calls } = await begun(fixture, { REVALIDATE_MS: '1' });
        await past(5);
        await Promise.all(Array.from({ length: 40 }, () => wire.request('tools/list')));
        const { length } = await calls.take();
        expect(length).toBeGreaterThan(0);
        expect(length).toBeLessThan(40);
        await calls.stop();
    });

    it('B3: with the log on, a warm call costs one append and nothing else', async () => {
        // A machine that is busy must not have a call run until it is time to poll for what concerns it, or to sweep.
        const seldom = { POLL_MS: '60000', SWEEP_SECONDS: '3600' };
        const { nodes, calls } = await begun(fixture, { BACKEND: 'whole', REVALIDATE_MS: '60000', ...seldom });
        // A session with a call under way is extended every 15 s; one that has just begun is not.
        const wire = new Wire(mcpUrl(nodes[0]!));
        await wire.begin();
        await silence(calls);
        await echoes(wire, 20);
        expect((await calls.take()).filter(name => !isHeartbeat(name))).toHaveLength(20);
        await calls.stop();
    });

    it('B3: a cold request waits for one round trip only before its handler runs', async () => {
        const proxy = await FaultProxy.start(fixture.backend.port);
        try {
            const { nodes } = await fixture.cluster(2, { ...fixture.backend.through(proxy.port), REVALIDATE_MS: '60000' });
            const [a, b] = nodes.map(node => new Wire(mcpUrl(node))) as [Wire, Wire];
            await a.begin();
            // Node B has its connection, and nothing of the session.
            await b.begin();
            await proxy.set({ answeredTurns: 1 });
            const call = await a.at(b.url).call('hang', { name: 'cold' });
            await Fixture.until('the handler runs', async () => (await seen(nodes[1]!)).hanging.includes('cold'));
            await call.cut();
        } finally {
            await proxy.stop();
        }
    });
});

describe.each(pollingBackends)('with nothing pending on $name', { timeout: 90_000 }, kind => {
    const fixture = on(kind);

    it('B4: no calls are made: not before, between or after what a node did', async () => {
        const { wire, onB, calls } = await begun(fixture, { BACKEND: 'whole', REVALIDATE_MS: '60000', SWEEP_SECONDS: '3600' });
        const isQuiet = async () => {
            await calls.take();
            await past(1500);
            return (await calls.take()).length === 0;
        };
        await Fixture.until('both nodes are silent after initialize', isQuiet, 20_000);

        // Everything that makes them poll: a stream that is open, one that was resumed, a question that waits for its answer.
        const standalone = await onB.listen();
        await wire.tool('notify', { name: 'n', to: 2 });
        expect([logged(await standalone.next()), logged(await standalone.next())]).toEqual(['n-1', 'n-2']);
        const call = await wire.call('ask', { message: 'Which word?' });
        const question = await call.next();
        await call.cut();
        const resumed = await onB.listen(call.lastEventId);
        expect((await calls.take()).length).toBeGreaterThan(0);
        await Fixture.until('the answer is accepted', async () => (await onB.answer(question, 'yes')).status === 202);
        expect((await resumed.rest()).length).toBe(1);
        await standalone.cut();

        await Fixture.until('both nodes are silent again', isQuiet, 20_000);
        await wire.end();
        await Fixture.until('both nodes are silent after DELETE', isQuiet, 20_000);
        await calls.stop();
    });
});
