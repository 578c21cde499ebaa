import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { NodeProcess } from '../support/nodeProcess.js';
import { backends } from './support/backends/kinds.js';
import { Fixture, mcpUrl, on } from './support/fixture.js';
import { NOT_FOUND, Wire } from './support/wire.js';

const TTL_SECONDS = 3;
const env = { TTL_SECONDS: String(TTL_SECONDS), REVALIDATE_MS: '100' };

const past = (ms: number) => new Promise(resolve => setTimeout(resolve, ms));
/** Longer than a session lives that nobody uses. */
const outliveMs = TTL_SECONDS * 1000 * 1.5;

describe.each(backends)('on $name', kind => {
    const fixture = on(kind);
    let nodes: readonly NodeProcess[];

    beforeAll(async () => {
        ({ nodes } = await fixture.cluster(2, env));
    });
    afterEach(async () => {
        await Promise.all(nodes.filter(node => !node.isRunning).map(node => node.start()));
    });

    describe('how long a session lives', () => {
        it('S12: it slides on use, on whichever node, and a session that nobody uses is gone after its time', async () => {
            const wire = new Wire(mcpUrl(nodes[0]!));
            await wire.begin();
            const end = performance.now() + outliveMs;
            for (let n = 0; performance.now() < end; n++) {
                expect(await wire.at(mcpUrl(nodes[n % 2]!)).tool('echo', { text: 'used' })).toBe('used');
                await past(100);
            }
            expect(await fixture.backend.remainingMs(wire.sessionId!)).toBeGreaterThan(0);
            await Fixture.until('the unused session is gone', async () => (await fixture.backend.record(wire.sessionId!)) === undefined);
            for (const node of nodes) expect((await wire.at(mcpUrl(node)).request('tools/list')).body).toBe(NOT_FOUND);
        });

        it('S12: a session that is used on one node only does not end because another is idle', async () => {
            const wire = new Wire(mcpUrl(nodes[0]!));
            await wire.begin();
            const onB = wire.at(mcpUrl(nodes[1]!));
            const end = performance.now() + outliveMs;
            while (performance.now() < end) {
                expect(await onB.tool('echo', { text: 'used' })).toBe('used');
                await past(100);
            }
            expect(await wire.tool('echo', { text: 'idle node' })).toBe('idle node');
        });

        it('S12: an open GET keeps its session alive; when its node is killed the session ages out', async () => {
            const wire = new Wire(mcpUrl(nodes[0]!));
            await wire.begin();
            const stream = await wire.at(mcpUrl(nodes[1]!)).open();
            expect(stream.status).toBe(200);
            await past(outliveMs);
            expect(await wire.tool('echo', { text: 'kept' })).toBe('kept');

            const broken = stream.body().catch(() => 'broken');
            await nodes[1]!.kill();
            expect(await broken).toBe('broken');
            const isGone = async () => (await fixture.backend.record(wire.sessionId!)) === undefined;
            await Fixture.until('the session of the killed node is gone', isGone);
            expect((await wire.request('tools/list')).body).toBe(NOT_FOUND);
        });

        it('S12: a running call keeps its session alive', async () => {
            const wire = new Wire(mcpUrl(nodes[0]!));
            await wire.begin();
            expect(await wire.at(mcpUrl(nodes[1]!)).tool('wait', { ms: outliveMs })).toBe('waited');
            expect(await wire.tool('echo', { text: 'kept' })).toBe('kept');
        });

        it('S12: when the client closes its GET the session ages again', async () => {
            const wire = new Wire(mcpUrl(nodes[0]!));
            await wire.begin();
            const stream = await wire.open();
            stream.close();
            await Fixture.until('the session is gone', async () => (await fixture.backend.record(wire.sessionId!)) === undefined);
            expect((await wire.request('tools/list')).status).toBe(404);
        });
    });
});
