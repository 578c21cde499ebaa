import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Cluster } from '../support/cluster.js';
import { backends } from './support/backends/kinds.js';
import { Fixture, mcpUrl, on, seen } from './support/fixture.js';
import { ACCEPT, NOT_FOUND, Wire } from './support/wire.js';
import type { WireStream } from './support/wireStream.js';

/** Resolves when the server has ended the stream; what comes before the end is of no interest. */
const end = async (stream: WireStream): Promise<void> => void (await stream.rest());

async function expectNotFound(wires: readonly Wire[]): Promise<void> {
    for (const wire of wires) {
        const post = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' });
        const answers = [
            await wire.http('POST', { ...ACCEPT, 'content-type': 'application/json' }, post),
            await wire.http('GET', { accept: 'text/event-stream' }),
            await wire.http('GET', { accept: 'text/event-stream', 'last-event-id': 'some~1-0' }),
            await wire.http('DELETE', {})
        ];
        expect(answers.map(({ status, body }) => [status, body])).toEqual(answers.map(() => [404, NOT_FOUND]));
    }
}

describe.each(backends)('on $name', kind => {
    const fixture = on(kind);
    let cluster: Cluster;

    beforeAll(async () => {
        // With push, far longer than any test: what is known about a DELETE within it has come from the node that took it. Who
        // polls does so only while something is pending; otherwise it hears of a DELETE when it asks for the record again.
        cluster = await fixture.cluster(3, { BACKEND: 'whole', REVALIDATE_MS: kind.pushes ? '600000' : '1000' });
    });
    /** The sessions of a test, at each node. */
    const begun: Wire[] = [];
    afterEach(async () => {
        await areForgotten();
        begun.splice(0);
        await fixture.backend.clear();
    });

    async function sessionIn({ nodes }: Cluster): Promise<[Wire, Wire, Wire]> {
        const wire = new Wire(mcpUrl(nodes[0]!));
        await wire.begin();
        return nodes.map(node => wire.at(mcpUrl(node))) as [Wire, Wire, Wire];
    }

    async function session(): Promise<[Wire, Wire, Wire]> {
        const wires = await sessionIn(cluster);
        begun.push(...wires);
        return wires;
    }

    const happenings = () => Promise.all(cluster.nodes.map(seen));
    const runs = (name: string) =>
        Fixture.until(`${name} runs`, async () => (await happenings()).some(({ hanging }) => hanging.includes(name)));
    /** A node whose subscription was not in force yet looks at the record of a busy session every 15 s. */
    const isAborted = (name: string) =>
        Fixture.until(`${name} is aborted`, async () => (await happenings()).some(({ aborted }) => aborted.includes(name)), 20_000);
    const areForgotten = () =>
        Fixture.until('no node holds anything of a session', async () => {
            if (!kind.pushes) await Promise.all(begun.map(wire => wire.request('tools/list')));
            return (await happenings()).every(({ transports }) => transports === 0);
        });

    /** What is kept of ended sessions: for each one mark, which goes by itself. */
    async function expectOnlyEndMarks(sessions: number): Promise<void> {
        const kept = await fixture.backend.kept();
        expect(kept).toMatchObject({ records: 0, logs: 0, immortal: [] });
        expect(kept.ends).toBeLessThanOrEqual(sessions);
    }

    /** A call on one node, resumed on another. */
    async function resumed(on: Wire, at: Wire, name: string): Promise<WireStream> {
        const call = await on.call('hang', { name }, { id: name });
        await call.event();
        await runs(name);
        await call.cut();
        return at.listen(call.lastEventId);
    }

    describe('DELETE on any node', () => {
        it.each([
            { what: 'with Accept', headers: { accept: 'application/json, text/event-stream' }, at: 0 },
            { what: 'without Accept', headers: {}, at: 1 },
            { what: 'with Accept: */*', headers: { accept: '*/*' }, at: 2 }
        ])('S10: $what: 404 everywhere, streams ended, calls aborted, record and log gone', async ({ headers, at }) => {
            const wires = await session();
            const [a, b, c] = wires;
            const names = ['on a', 'on b', 'on c'].map(name => `${name}, DELETE ${at}`);
            const standalone = await c.listen();
            await a.tool('notify', { name: 'logged', to: 3 });
            const own = await a.call('hang', { name: names[0] }, { id: 1 });
            await runs(names[0]!);
            const elsewhere = [await resumed(b, c, names[1]!), await resumed(c, a, names[2]!)];

            expect((await wires[at]!.end(headers)).status).toBe(200);
            await Promise.all([standalone, own, ...elsewhere].map(end));
            await Promise.all(names.map(isAborted));
            await areForgotten();
            await expectOnlyEndMarks(1);
            await expectNotFound(wires);
            await expectOnlyEndMarks(1);
            // Without an open stream or a call, too, a node has nothing left of it.
            expect(await happenings()).toMatchObject([{ transports: 0 }, { transports: 0 }, { transports: 0 }]);
        });

        it('S10: on a node that has not seen the session', async () => {
            const [a, b, c] = await session();
            const standalone = await a.listen();
            expect((await c.end()).status).toBe(200);
            await end(standalone);
            await areForgotten();
            await expectNotFound([a, b, c]);
            await expectOnlyEndMarks(1);
        });

        it('S10: ends no other session', async () => {
            const [mine, others] = [await session(), await session()];
            const standalone = await others[1].listen();
            const call = await others[0].call('count', { name: 'others', to: 10, intervalMs: 50 });
            expect((await mine[1].end()).status).toBe(200);
            expect((await call.rest()).length).toBe(11);
            await others[2].tool('notify', { name: 'standalone', to: 1 });
            expect((await standalone.next()).params?.['data']).toBe('standalone-1');
            expect(await fixture.backend.kept()).toMatchObject({ records: 1, logs: 1 });
            expect((await others[1].end()).status).toBe(200);
            await end(standalone);
        });
    });

    describe('what comes after the end', { timeout: 90_000 }, () => {
        it('S11: late appends, touches and claims bring nothing back', async () => {
            const [a, b] = await session();
            await a.tool('notify', { name: 'logged', to: 3 });
            expect((await b.end()).status).toBe(200);
            const late = fixture.backend.eventLog();
            const message = { jsonrpc: '2.0' as const, method: 'late' };
            expect(await late.append(a.sessionId!, [{ streamId: 'standalone', message }])).toEqual([null]);
            expect(await late.append(a.sessionId!, [{ streamId: 's', message, finalOf: '0', undelivered: true }])).toEqual([null]);
            await late.touch(a.sessionId!);
            await late.claim(a.sessionId!, 'standalone', 'reader');
            await late.release(a.sessionId!, 'standalone', 'reader', '');
            await areForgotten();
            await expectOnlyEndMarks(1);
        });

        it('S11: a node that slept through the DELETE goes on with its call, and nothing comes back', async () => {
            const [a, b, c] = await session();
            const call = await a.call('count', { name: 'late', to: 30, intervalMs: 50 });
            await call.next();
            const { pid } = cluster.nodes[0]!;
            process.kill(pid!, 'SIGSTOP');
            try {
                expect((await b.end()).status).toBe(200);
                await expectOnlyEndMarks(1);
            } finally {
                process.kill(pid!, 'SIGCONT');
            }
            await end(call);
            await areForgotten();
            await expectNotFound([a, b, c]);
            await expectOnlyEndMarks(1);
        });

        const races = kind.name === 'Redis' ? 200 : 60;
        it(`S11: in ${races} races of DELETE against calls, messages and streams on other nodes neither record nor log comes back`, async () => {
            const racing = kind.pushes ? await fixture.cluster(3, { BACKEND: 'whole' }) : cluster;
            const race = async (n: number): Promise<void> => {
                const wires = await sessionIn(racing);
                const [a, b, c] = wires;
                if (n % 2 === 0) await b.tool('echo', { text: 'warm' });
                const rivals = [
                    () => b.request('tools/call', { name: 'notify', arguments: { name: 'n', to: 3 } }),
                    () => b.request('logging/setLevel', { level: n % 4 < 2 ? 'error' : 'info' }),
                    () => c.request('tools/call', { name: 'count', arguments: { name: 'n', to: 3, intervalMs: 1 } }),
                    async () => {
                        const stream = await c.listen();
                        if (stream.isStream) await end(stream);
                        else await stream.body();
                    }
                ];
                await Promise.all([a.end(), ...rivals.map(rival => rival())]);
                // A node that took the session over in this moment trusts its copy for a second.
                for (const wire of wires) {
                    await Fixture.until('it is gone here too', async () => (await wire.request('tools/list')).status === 404);
                }
            };
            let next = 0;
            const racer = async (): Promise<void> => {
                while (next < races) await race(next++);
            };
            await Promise.all(Array.from({ length: 20 }, racer));
            await expectOnlyEndMarks(races);
            expect((await Promise.all(racing.nodes.map(seen))).map(({ transports }) => transports)).toEqual([0, 0, 0]);
        });
    });
});
