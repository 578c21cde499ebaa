import type { ChosenBackend } from '@mcp-sessions/backends';
import { fingerprint } from '@mcp-sessions/core';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { backends } from '../cluster/support/backends/kinds.js';
import { Fixture } from '../cluster/support/fixture.js';
import { watched } from './support/watchedCluster.js';
import { Watcher } from './support/watcher.js';

const past = (ms: number) => new Promise(resolve => setTimeout(resolve, ms));
/** What is asked on the connection that listens, every few seconds. */
const isHeartbeat = (name: string) => /^SELECT 1\b/.test(name);

describe.each(backends)('a cluster on $name that is watched', { timeout: 120_000 }, kind => {
    const cluster = watched(kind, 2);
    let outside: ChosenBackend;
    let watcher: Watcher | undefined;
    beforeAll(async () => {
        outside = await cluster().outside();
    });
    afterEach(() => watcher?.close());

    it('B4, O3: nodes are asked nothing and ask nothing more than before, until somebody watches and when he has gone', async () => {
        const { calls } = cluster();
        const wire = cluster().clientOf('A');
        await wire.begin();
        const stream = await wire.listen();
        // One that listens is seen, and polls where nodes poll.
        watcher = await Watcher.start(outside);
        await watcher.seesNodes('A');
        await calls.take();
        await past(1500);
        expect((await calls.take()).length).toBeGreaterThan(0);
        await watcher.close();
        stream.abort();
        await Fixture.until(
            'nothing more is asked for',
            async () => {
                await calls.take();
                await past(1200);
                return (await calls.take()).every(isHeartbeat);
            },
            40_000
        );
        const { length } = watcher.states;
        await wire.tool('echo', { text: 'unseen' });
        expect((await calls.take()).filter(name => /publish|notify|xadd/i.test(name))).toEqual([]);
        expect(watcher.states).toHaveLength(length);
    });

    it('O4, S2: each node tells of its own, and that one is killed is told, and where its session goes on', async () => {
        const [onA, onB] = [cluster().clientOf('A'), cluster().clientOf('B')];
        const session = await fingerprint(await onB.begin());
        await onA.begin();
        const streams = [await onA.listen(), await onB.listen()];
        watcher = await Watcher.start(outside);
        await watcher.seesNodes('A', 'B');
        const { events, lost, states } = watcher;
        const requests = () => states.filter(({ name }) => name === 'B').at(-1)?.requests;
        await onB.tool('echo', { text: 'one' });
        await onB.tool('echo', { text: 'two' });
        await watcher.sees(() => {
            expect(watcher?.happened('call-ended')).toMatchObject([
                { on: 'B', session, method: 'tools/call' },
                { on: 'B', session, method: 'tools/call' }
            ]);
            expect(requests()).toBe(2);
            expect(states.filter(({ name }) => name === 'B').at(-1)).toMatchObject({
                ...{ sessionCount: 1, sessions: [{ session, isListening: true, calls: 0 }], streams: 1, messages: 2 }
            });
        });
        expect(events.filter(({ name }) => name === 'A')).toEqual([]);

        await cluster().node('B').kill();
        await watcher.sees(() => expect(lost.map(({ name, how }) => ({ name, how }))).toEqual([{ name: 'B', how: 'silent' }]));
        expect(watcher.names).toEqual(['A']);
        await onB.at(onA.url).tool('echo', { text: 'three' });
        await watcher.sees(() => expect(watcher?.happened('session-restored')).toMatchObject([{ on: 'A', session }]));
        streams.forEach(stream => stream.abort());
    });
});
