import { expect } from '../expect.js';
import { nth } from '../nth.js';
import { pause, waitFor } from '../waitFor.js';
import { expectNone, expectRecord, expectUseKeeps, full, newId, openTwo, recordOf, withoutActivity, type StoreClause } from './support.js';

const ttlMs = 1000;

/** What a store with all methods says of the life of its sessions, and how it is extended by reading. */
export const touchClauses: StoreClause[] = [
    {
        title: 'ttlMs: is the time to live that was asked for',
        async run(open) {
            for (const ttlSeconds of [2, 1800]) {
                const [store] = await openTwo(open, { ttlSeconds });
                expect(store.ttlMs, 'ttlMs').toBe(ttlSeconds * 1000);
            }
        }
    },
    {
        title: 'getAndTouchSession: the record, or null where there is none; creates nothing',
        async run(open) {
            const [a, b] = await openTwo(open);
            const [id, deleted] = [newId(), newId()];
            const record = recordOf(id, { metadata: { list: [] } });
            await a.storeSession(id, record);
            await a.storeSession(deleted, recordOf(deleted));
            await a.deleteSession(deleted);
            expect(withoutActivity(await b.getAndTouchSession(id)), 'the record').toEqual(withoutActivity(record));
            expect(await b.getAndTouchSession(deleted), 'a record that was deleted').toBeNull();
            await expectNone(a, deleted, 'a record that was deleted');
            const unknown = newId();
            expect(await b.getAndTouchSession(unknown), 'a record that never was').toBeNull();
            await expectNone(a, unknown, 'a record that never was');
            await expectRecord(a, id, record);
        }
    },
    {
        title: 'S12: getAndTouchSession: starts the time to live anew, on any node',
        async run(open) {
            const nodes = await openTwo(open, { ttlSeconds: ttlMs / 1000 });
            await expectUseKeeps(nodes, ttlMs, { getAndTouchSession: (store, id) => full(store).getAndTouchSession(id) });
        }
    },
    {
        title: 'getAndTouchSession: null for what has expired, and does not bring it back',
        async run(open) {
            const [a, b] = await openTwo(open, { ttlSeconds: ttlMs / 1000 });
            const [unasked, id] = [newId(), newId()];
            await a.storeSession(unasked, recordOf(unasked));
            await a.storeSession(id, recordOf(id));
            await waitFor(async () => expect(await b.sessionExists(id), 'a session that is not used').toBe(false));
            // It began first, so it has expired, too, and nobody has asked for it since.
            expect(await b.getAndTouchSession(unasked), 'a session that has expired').toBeNull();
            await expectNone(a, unasked, 'a session that has expired');
        }
    },
    {
        title: 'S11: getAndTouchSession: at the moment of a delete brings nothing back',
        async run(open) {
            const nodes = await openTwo(open);
            for (let round = 0; round < 20; round++) {
                const id = newId();
                await nth(nodes, 0).storeSession(id, recordOf(id));
                await Promise.all([
                    nth(nodes, 0).getAndTouchSession(id),
                    nth(nodes, 1).getAndTouchSession(id),
                    nth(nodes, round % 2).deleteSession(id),
                    nth(nodes, 0).getAndTouchSession(id),
                    nth(nodes, 1).getAndTouchSession(id)
                ]);
                await expectNone(nth(nodes, 0), id, 'a record that was deleted');
            }
        }
    },
    {
        title: 'lastActivity: tells when the session was last used',
        async run(open) {
            const [a, b] = await openTwo(open);
            // The clock is the store's: it may differ from that of this machine.
            const skewMs = 300_000;
            for (const use of ['updateSessionActivity', 'getAndTouchSession'] as const) {
                const id = newId();
                await a.storeSession(id, recordOf(id, { lastActivity: 1 }));
                await b[use](id);
                const first = (await a.getSession(id))?.lastActivity ?? 0;
                expect(Math.abs(first - Date.now()), `milliseconds from now to the use by ${use}`).toBeAtMost(skewMs);
                await pause(60);
                await b[use](id);
                expect((await a.getSession(id))?.lastActivity, `lastActivity after one more ${use}`).toBeAtLeast(first + 20);
            }
        }
    }
];
