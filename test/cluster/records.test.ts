import { describe, expect, it } from 'vitest';
import { backends } from './support/backends/kinds.js';
import { mcpUrl, on } from './support/fixture.js';
import type { State } from './support/server.js';
import { NOT_FOUND, Wire } from './support/wire.js';

describe.each(backends)('records of other releases on $name', kind => {
    const fixture = on(kind);

    /** A session whose record is in the store and which node B has never seen. */
    async function begun() {
        const { backend } = fixture;
        const { nodes } = await fixture.cluster(2);
        const wire = new Wire(mcpUrl(nodes[0]!));
        const id = await wire.begin();
        const data = (await backend.record(id))!;
        return { onB: wire.at(mcpUrl(nodes[1]!)), data, record: () => backend.record(id), write: backend.writeRecord.bind(backend, id) };
    }

    it('S13: unknown fields of a later release survive a write-back', async () => {
        const { onB, data, record, write } = await begun();
        await write({ ...data, invented: { later: [1, 2] }, metadata: { mine: true } });
        expect((await onB.request('logging/setLevel', { level: 'error' })).status).toBe(200);
        expect(await record()).toMatchObject({ logLevel: 'error', invented: { later: [1, 2] }, metadata: { mine: true } });
    });

    it('S13: a record without the fields that are optional is read', async () => {
        const { onB, data, write } = await begun();
        const { schemaVersion, revision, ...old } = data;
        expect([schemaVersion, revision]).toEqual([expect.any(Number), expect.any(Number)]);
        await write(old);
        const state = JSON.parse(await onB.tool('state')) as State;
        expect(state).toMatchObject({ node: 'B', logLevel: null });
        expect((await onB.request('logging/setLevel', { level: 'error' })).status).toBe(200);
    });

    it('S13: a record of a later schema is absent, and stays as it is', async () => {
        const { onB, data, record, write } = await begun();
        await write({ ...data, schemaVersion: 99 });
        expect((await onB.request('tools/list')).body).toBe(NOT_FOUND);
        expect(await record()).toEqual({ ...data, schemaVersion: 99 });
    });
});
