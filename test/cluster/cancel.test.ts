import { beforeAll, describe, expect, it } from 'vitest';
import type { NodeProcess } from '../support/nodeProcess.js';
import { backends } from './support/backends/kinds.js';
import { Fixture, mcpUrl, on, seen } from './support/fixture.js';
import { NOT_FOUND, Wire } from './support/wire.js';
import type { WireStream } from './support/wireStream.js';

async function cancel(wire: Wire, id: string | number): Promise<void> {
    const { status, body } = await wire.cancel(id);
    expect([status, body]).toEqual([202, '']);
}

describe.each(backends)('on $name', kind => {
    const fixture = on(kind);
    let nodes: readonly NodeProcess[];

    beforeAll(async () => {
        ({ nodes } = await fixture.cluster(3, { BACKEND: 'whole' }));
        if (!kind.pushes) await keepListening();
    });

    /** A node that polls may miss a cancel in the first moments of a call; with a call that hangs all the time it hears each. */
    async function keepListening(): Promise<void> {
        const wires = await session();
        for (const [index, wire] of wires.entries()) {
            await hang(wire, `listens ${index}`, `listens ${index}`);
            await hang(wire, `heard ${index}`, `heard ${index}`);
        }
        await Fixture.until('every node hears of cancels', async () => {
            await Promise.all(wires.map((_, index) => wires[(index + 1) % 3]!.cancel(`heard ${index}`)));
            return (await aborted()).filter(name => name.startsWith('heard')).length === 3;
        });
    }

    /** A session at each of the nodes A, B and C. */
    async function session(headers: Record<string, string> = {}): Promise<Wire[]> {
        const wire = new Wire(mcpUrl(nodes[0]!), headers);
        await wire.begin();
        return nodes.map(node => wire.at(mcpUrl(node)));
    }

    const hangs = async (name: string) => (await Promise.all(nodes.map(seen))).some(({ hanging }) => hanging.includes(name));
    const aborted = async (): Promise<string[]> => (await Promise.all(nodes.map(seen))).flatMap(all => all.aborted);
    const isAborted = (name: string) => Fixture.until(`${name} is aborted`, async () => (await aborted()).includes(name));

    /** A call that ends only when it is aborted, and runs by now. */
    async function hang(wire: Wire, name: string, id: string | number): Promise<WireStream> {
        const stream = await wire.call('hang', { name }, { id });
        await Fixture.until(`${name} runs`, () => hangs(name));
        return stream;
    }

    /** A cancel has been passed on when its 202 is there; what it does to a handler, it has done when that node answers again. */
    async function settled(wires: readonly Wire[]): Promise<string[]> {
        for (const wire of wires) await wire.tool('echo', { text: 'settled' });
        return aborted();
    }

    describe('a cancel that lands on another node than the call', () => {
        it('X3: aborts the handler there, also from a node that has not seen the session, and no other call', async () => {
            const wires = await session();
            const [a, b, c] = wires as [Wire, Wire, Wire];
            const calls = [await hang(a, 'x3-1', 1), await hang(a, 'x3-2', 2), await hang(c, 'x3-3', 3), await hang(b, 'x3-4', 'four')];
            await cancel(b, 2);
            await isAborted('x3-2');
            await cancel(a, 3);
            await isAborted('x3-3');
            await cancel(c, 'four');
            await isAborted('x3-4');
            expect((await settled(wires)).filter(name => name.startsWith('x3-')).sort()).toEqual(['x3-2', 'x3-3', 'x3-4']);
            await cancel(a, 1);
            await isAborted('x3-1');
            await Promise.all(calls.map(call => call.cut()));
        });

        it('X3: is only for its own session, whatever ids others use', async () => {
            const [mine, others] = [await session(), await session()];
            const calls = [await hang(mine[0]!, 'mine', 7), await hang(others[0]!, 'others', 7), await hang(others[2]!, 'others too', '7')];
            await cancel(mine[1]!, 7);
            await isAborted('mine');
            const all = await settled([...mine, ...others]);
            expect(all).not.toContain('others');
            expect(all).not.toContain('others too');
            await others[1]!.end();
            await Promise.all(calls.map(call => call.cut()));
        });

        it('X3: a number and a string are two ids', async () => {
            const wires = await session();
            const calls = [await hang(wires[0]!, 'number', 8), await hang(wires[2]!, 'string', '8')];
            await cancel(wires[1]!, '8');
            await isAborted('string');
            expect(await settled(wires)).not.toContain('number');
            await cancel(wires[1]!, 8);
            await isAborted('number');
            await Promise.all(calls.map(call => call.cut()));
        });

        it('X3: of several calls with one id, on one node or on two, none is aborted, since it could be the wrong one', async () => {
            const wires = await session();
            const calls = [await hang(wires[0]!, 'twin 1', 9), await hang(wires[2]!, 'twin 2', 9)];
            for (const wire of wires) await cancel(wire, 9);
            expect((await settled(wires)).filter(name => name.startsWith('twin'))).toEqual([]);

            calls.push(await hang(wires[0]!, 'same node 1', 10), await hang(wires[0]!, 'same node 2', 10));
            for (const wire of wires) await cancel(wire, 10);
            expect((await settled(wires)).filter(name => name.startsWith('same'))).toEqual([]);

            await wires[1]!.end();
            for (const name of ['twin 1', 'twin 2', 'same node 1', 'same node 2']) await isAborted(name);
            await Promise.all(calls.map(call => call.cut()));
        });

        it('X3: reaches a call whose stream is read on a third node', async () => {
            const wires = await session();
            const call = await wires[0]!.call('hang', { name: 'resumed' }, { id: 11 });
            await call.event();
            await Fixture.until('it runs', () => hangs('resumed'));
            await call.cut();
            const resumed = await wires[2]!.listen(call.lastEventId);
            await cancel(wires[1]!, 11);
            await isAborted('resumed');
            await resumed.cut();
        });

        it('X3: for an id that is unknown, over, or of no kind is a silent 202', async () => {
            const wires = await session();
            await wires[0]!.request('tools/list', {}, {}, 'over');
            const errors = async () => (await Promise.all(nodes.map(seen))).flatMap(all => all.errors);
            const before = await errors();
            for (const wire of wires) {
                for (const id of ['over', 'never', 12345]) await cancel(wire, id);
                expect((await wire.notify('notifications/cancelled', { reason: 'of nothing' })).status).toBe(202);
            }
            expect(await wires[2]!.tool('echo', { text: 'fine' })).toBe('fine');
            expect(await errors()).toEqual(before);
        });

        it('X3, P1: of somebody else is answered like one for an unknown session, and aborts nothing', async () => {
            const wires = await session({ authorization: 'Bearer token1-of-alice' });
            const call = await hang(wires[0]!, 'alices', 13);
            for (const node of nodes) {
                const { status, body } = await wires[0]!.at(mcpUrl(node), { authorization: 'Bearer token1-of-mallory' }).cancel(13);
                expect([status, body]).toEqual([404, NOT_FOUND]);
            }
            expect(await settled(wires)).not.toContain('alices');
            await cancel(wires[1]!, 13);
            await isAborted('alices');
            await call.cut();
        });
    });
});
