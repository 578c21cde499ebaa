import { expect } from '../expect.js';
import { waitFor } from '../waitFor.js';
import { expectNone, expectRecord, expectUseKeeps, newId, recordOf, type CustomStoreClause } from './support.js';

const ttlMs = 1000;

/** How long a session lives. */
export const lifetimeClauses: CustomStoreClause[] = [
    {
        title: 'S12: ttl: a session that is not used expires, and getting it does not extend its life',
        async run(open) {
            const backend = await open({ ttlSeconds: ttlMs / 1000 });
            const [a, b] = [backend.store(), backend.store()];
            const [got, asked] = [newId(), newId()];
            await a.storeSession(got, recordOf(got));
            await a.storeSession(asked, recordOf(asked));
            await expectRecord(b, got, recordOf(got, { createdAt: (await a.getSession(got))?.createdAt ?? 0 }));
            await waitFor(async () => {
                const [record, isThere] = [await b.getSession(got), await b.sessionExists(asked)];
                expect(record, 'a session that is only got').toBeNull();
                expect(isThere, 'a session that is only asked for').toBe(false);
            });
            await expectNone(a, got, 'a session that has expired');
            await expectNone(a, asked, 'a session that has expired');
        }
    },
    {
        title: 'S12: ttl: every touch and every storing starts it anew, on any node',
        async run(open) {
            const backend = await open({ ttlSeconds: ttlMs / 1000 });
            await expectUseKeeps([backend.store(), backend.store()], ttlMs, {
                updateSessionActivity: (store, id) => store.updateSessionActivity(id),
                storeSession: (store, id) => store.storeSession(id, recordOf(id))
            });
        }
    },
    {
        title: 'S12: ttl: a session that was used expires when it is no longer',
        async run(open) {
            const backend = await open({ ttlSeconds: ttlMs / 1000 });
            const [a, b] = [backend.store(), backend.store()];
            const id = newId();
            await a.storeSession(id, recordOf(id));
            await b.updateSessionActivity(id);
            await b.storeSession(id, recordOf(id));
            await b.updateSessionActivity(id);
            await waitFor(async () => expect(await a.getSession(id), 'a session that is no longer used').toBeNull());
        }
    },
    {
        title: 'ttl: nothing brings back what has expired, and a record that is stored under its id is a new one',
        async run(open) {
            const backend = await open({ ttlSeconds: ttlMs / 1000 });
            const [a, b] = [backend.store(), backend.store()];
            const [id, unasked] = [newId(), newId()];
            await a.storeSession(unasked, recordOf(unasked, { logLevel: 'old' }));
            await a.storeSession(id, recordOf(id, { logLevel: 'old' }));
            await waitFor(async () => expect(await a.sessionExists(id), 'a session that is not used').toBe(false));
            // It began first, so it has expired, too, and nobody has asked for it since.
            await b.updateSessionActivity(unasked);
            await b.updateSessionActivity(id);
            await expectNone(a, unasked, 'a session that was touched too late');
            await expectNone(a, id, 'a session that was touched too late');
            await a.deleteSession(id);
            const record = recordOf(id, { revision: 1 });
            await b.storeSession(id, record);
            await expectRecord(a, id, record, 'the new record');
        }
    }
];
