import { beforeAll, describe, expect, it } from 'vitest';
import type { Cluster } from '../support/cluster.js';
import { backends } from './support/backends/kinds.js';
import { mcpUrl, on } from './support/fixture.js';
import { Wire } from './support/wire.js';
import type { WireStream } from './support/wireStream.js';

/** The next message of a stream that belongs to no request. */
const method = async (stream: WireStream) => (await stream.next()).method;

describe.each(backends)('notices to all sessions on $name', { timeout: 60_000 }, kind => {
    const fixture = on(kind);
    let cluster: Cluster;
    beforeAll(async () => {
        cluster = await fixture.cluster(2, { BACKEND: 'whole' });
    });
    const notify = async (node: number, what: 'tools' | 'resource') => {
        expect((await fetch(`${cluster.nodes[node]!.url}/notify/${what}`)).status).toBe(200);
    };

    it('X8: reach a session whose stream is on another node, one that is nowhere, and none that does not concern it', async () => {
        const [a, b] = cluster.nodes;
        const [listening, away] = [new Wire(mcpUrl(a!)), new Wire(mcpUrl(a!))];
        for (const wire of [listening, away]) await wire.begin();
        expect((await away.request('resources/subscribe', { uri: 'note://one' })).status).toBe(200);
        const stream = await listening.at(mcpUrl(b!)).listen();
        await notify(0, 'resource');
        await notify(0, 'tools');
        expect(await method(stream)).toBe('notifications/tools/list_changed');
        stream.abort();

        await a!.restart();
        await b!.restart();
        const late = await away.at(mcpUrl(b!)).listen();
        expect([await method(late), await method(late)]).toEqual(['notifications/resources/updated', 'notifications/tools/list_changed']);
        late.abort();
    });
});
