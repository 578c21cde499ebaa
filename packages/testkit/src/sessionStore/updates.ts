import { expect } from '../expect.js';
import { nth } from '../nth.js';
import { waitFor } from '../waitFor.js';
import { expectNone, expectRecord, expectUseKeeps, full, newId, openTwo, recordOf, type StoreClause } from './support.js';

const ttlMs = 1000;

/** What it means to change a record. */
export const updateClauses: StoreClause[] = [
    {
        title: 'updateSession: replaces the whole record if its revision is the one that was expected',
        async run(open) {
            const [a, b] = await openTwo(open);
            const id = newId();
            await a.storeSession(id, recordOf(id, { revision: 4, logLevel: 'info', metadata: { a: 1 } }));
            const record = recordOf(id, { revision: 5, subscriptions: ['é\u0000'], metadata: { b: [] } });
            expect(await b.updateSession(id, record, 4), 'the update').toBe(true);
            await expectRecord(a, id, record);
        }
    },
    {
        title: 'updateSession: false if its revision is another, and nothing is changed',
        async run(open) {
            const [a, b] = await openTwo(open);
            const [stored, created] = [newId(), newId()];
            await a.storeSession(stored, recordOf(stored, { revision: 10 }));
            await a.createSession(created, recordOf(created, { revision: 10 }));
            for (const id of [stored, created]) {
                const record = recordOf(id, { revision: 10, createdAt: (await a.getSession(id))?.createdAt ?? 0 });
                for (const expected of [9, 11, 0, 1, 100]) {
                    const done = await b.updateSession(id, recordOf(id, { revision: expected + 1, logLevel: 'x' }), expected);
                    expect(done, `an update of revision ${expected}, where it is 10`).toBe(false);
                }
                await expectRecord(a, id, record);
                expect(await b.updateSession(id, recordOf(id, { revision: 11 }), 10), 'an update of revision 10').toBe(true);
                expect(await a.updateSession(id, recordOf(id, { revision: 11 }), 10), 'the same update again').toBe(false);
            }
        }
    },
    {
        title: 'updateSession: one that is refused does not extend the life of the session',
        async run(open) {
            const [a, b] = await openTwo(open, { ttlSeconds: ttlMs / 1000 });
            const id = newId();
            await a.storeSession(id, recordOf(id));
            await waitFor(async () => {
                await b.updateSession(id, recordOf(id, { revision: 9 }), 8);
                expect(await a.sessionExists(id), 'a session whose updates are refused').toBe(false);
            });
        }
    },
    {
        title: 'S11: updateSession: creates nothing: not where nothing was, nor what was deleted',
        async run(open) {
            const [a, b] = await openTwo(open);
            const [unknown, deleted] = [newId(), newId()];
            await a.storeSession(deleted, recordOf(deleted, { revision: 1 }));
            await a.deleteSession(deleted);
            for (const id of [unknown, deleted]) {
                for (const expected of [0, 1]) {
                    expect(await b.updateSession(id, recordOf(id, { revision: expected + 1 }), expected), 'the update').toBe(false);
                }
                await expectNone(a, id, 'a record that was only updated');
            }
        }
    },
    {
        title: 'updateSession: does not bring back what has expired',
        async run(open) {
            const [a, b] = await openTwo(open, { ttlSeconds: ttlMs / 1000 });
            const [unasked, id] = [newId(), newId()];
            await a.storeSession(unasked, recordOf(unasked));
            await a.storeSession(id, recordOf(id));
            await waitFor(async () => expect(await b.sessionExists(id), 'a session that is not used').toBe(false));
            // It began first, so it has expired, too, and nobody has asked for it since.
            expect(await b.updateSession(unasked, recordOf(unasked, { revision: 2 }), 1), 'the update').toBe(false);
            await expectNone(a, unasked, 'a session that was updated too late');
        }
    },
    {
        title: 'S12: updateSession: starts the time to live anew, on any node',
        async run(open) {
            const nodes = await openTwo(open, { ttlSeconds: ttlMs / 1000 });
            await expectUseKeeps(nodes, ttlMs, {
                updateSession: (store, id) => full(store).updateSession(id, recordOf(id, { revision: 1 }), 1)
            });
        }
    },
    {
        title: 'updateSession: of fifty of one revision at once, on two nodes, one is made',
        async run(open) {
            const nodes = await openTwo(open);
            for (let round = 0; round < 3; round++) {
                const id = newId();
                await nth(nodes, 0).storeSession(id, recordOf(id, { revision: 1 }));
                const records = Array.from({ length: 50 }, (_, index) => recordOf(id, { revision: 2, createdAt: index }));
                const done = await Promise.all(records.map((record, index) => nth(nodes, index % 2).updateSession(id, record, 1)));
                const won = records.filter((_, index) => done[index]);
                expect(won, 'the updates that were made').toHaveLength(1);
                await expectRecord(nth(nodes, 1), id, nth(won, 0), 'the record of the update that was made');
            }
        }
    },
    {
        title: 'updateSession: whoever reads, changes and tries again loses no change',
        async run(open) {
            const nodes = await openTwo(open);
            const id = newId();
            await nth(nodes, 0).storeSession(id, recordOf(id, { revision: 0, subscriptions: [] }));
            const names = Array.from({ length: 12 }, (_, index) => `change-${index}`);
            await Promise.all(
                names.map(async (name, index) => {
                    const store = nth(nodes, index % 2);
                    for (let tries = 0, done = false; !done; tries++) {
                        expect(tries, 'tries of one of twelve changes').toBeBelow(200);
                        const { revision = 0, subscriptions = [], ...rest } = (await store.getSession(id)) ?? recordOf(id);
                        const data = { ...rest, revision: revision + 1, subscriptions: [...subscriptions, name] };
                        done = await store.updateSession(id, data, revision);
                    }
                })
            );
            const record = await nth(nodes, 0).getSession(id);
            expect(record?.subscriptions?.sort(), 'the changes that were made').toEqual(names.sort());
            expect(record?.revision, 'the revision after twelve changes').toBe(12);
        }
    },
    {
        title: 'S11: updateSession: at the moment of a delete brings nothing back',
        async run(open) {
            const nodes = await openTwo(open);
            for (let round = 0; round < 20; round++) {
                const id = newId();
                await nth(nodes, 0).storeSession(id, recordOf(id, { revision: 1 }));
                const update = (index: number) => nth(nodes, index).updateSession(id, recordOf(id, { revision: 1 }), 1);
                await Promise.all([update(0), update(1), nth(nodes, round % 2).deleteSession(id), update(0), update(1)]);
                expect(await update(0), 'an update after the delete').toBe(false);
                await expectNone(nth(nodes, 1), id, 'a record that was deleted');
            }
        }
    }
];
