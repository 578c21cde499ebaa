import { expect } from '../expect.js';
import { nth } from '../nth.js';
import { waitFor } from '../waitFor.js';
import { expectNone, expectRecord, newId, openTwo, recordOf, type FullStore, type StoreClause } from './support.js';

const shortTtlSeconds = 1;

/** What it means to create a session. */
export const creationClauses: StoreClause[] = [
    {
        title: 'createSession: `created` where there is none, and the record is there for every node',
        async run(open) {
            const [a, b] = await openTwo(open);
            const id = newId();
            const record = recordOf(id, { initialized: false, metadata: { list: [] }, principal: 'somebody' });
            expect(await a.createSession(id, record), 'the creation').toBe('created');
            await expectRecord(b, id, record);
        }
    },
    {
        title: 'createSession: `taken` where there is one, and nothing is changed',
        async run(open) {
            const [a, b] = await openTwo(open);
            const [stored, created] = [newId(), newId()];
            const records = [recordOf(stored, { logLevel: 'info' }), recordOf(created, { initialized: false })] as const;
            await a.storeSession(stored, records[0]);
            await a.createSession(created, records[1]);
            for (const [index, id] of [stored, created].entries()) {
                expect(await b.createSession(id, recordOf(id, { logLevel: 'debug', revision: 9 })), 'the second creation').toBe('taken');
                await expectRecord(a, id, nth(records, index));
            }
        }
    },
    {
        title: 'createSession: one that is `taken` does not extend the life of the session',
        async run(open) {
            const [a, b] = await openTwo(open, { ttlSeconds: shortTtlSeconds, initializeTtlSeconds: shortTtlSeconds });
            const id = newId();
            await a.storeSession(id, recordOf(id, { logLevel: 'first' }));
            await waitFor(async () => {
                const creation = await b.createSession(id, recordOf(id, { logLevel: 'second' }));
                expect(creation, 'the creation where a session expires').toBe('created');
            });
            expect((await a.getSession(id))?.logLevel, 'the record that is there').toBe('second');
        }
    },
    {
        title: 'createSession: of fifty of one id at once, on two nodes, one is `created`',
        async run(open) {
            const nodes = await openTwo(open);
            for (let round = 0; round < 3; round++) {
                const id = newId();
                const records = Array.from({ length: 50 }, (_, index) => recordOf(id, { createdAt: index }));
                const creations = await Promise.all(records.map((record, index) => nth(nodes, index % 2).createSession(id, record)));
                const won = creations.flatMap((creation, index) => (creation === 'created' ? [index] : []));
                expect(won, 'who created it').toHaveLength(1);
                expect(
                    creations.filter(creation => creation === 'taken'),
                    'the others are `taken`'
                ).toHaveLength(49);
                await expectRecord(nth(nodes, 0), id, nth(records, won[0] ?? -1), 'the record of who created it');
            }
        }
    },
    {
        title: 'createSession: an id that was deleted, or has expired, is free',
        async run(open) {
            const [a, b] = await openTwo(open, { ttlSeconds: shortTtlSeconds });
            const [deleted, expired] = [newId(), newId()];
            await a.storeSession(expired, recordOf(expired));
            await a.createSession(deleted, recordOf(deleted));
            await b.deleteSession(deleted);
            const record = recordOf(deleted, { logLevel: 'new' });
            expect(await a.createSession(deleted, record), 'after a delete').toBe('created');
            await expectRecord(b, deleted, record);
            await waitFor(async () => expect(await b.sessionExists(expired), 'a session that is not used').toBe(false));
            const renewed = recordOf(expired, { logLevel: 'new' });
            expect(await b.createSession(expired, renewed), 'after it has expired').toBe('created');
            await expectRecord(a, expired, renewed);
        }
    },
    {
        title: 'initializeTtlSeconds: a session that began and was not used since expires after that time',
        async run(open) {
            const [a, b] = await openTwo(open, { ttlSeconds: 600, initializeTtlSeconds: shortTtlSeconds });
            const id = newId();
            await a.createSession(id, recordOf(id, { initialized: false }));
            await waitFor(async () => expect(await b.getSession(id), 'a session that only began').toBeNull());
            await expectNone(a, id, 'a session that only began');
        }
    },
    {
        title: 'initializeTtlSeconds: a session that is used, or was begun initialized, or stored, has its full time to live',
        async run(open) {
            const [a, b] = await openTwo(open, { ttlSeconds: 600, initializeTtlSeconds: shortTtlSeconds });
            // A use that comes too late, because something stalled, makes a round void.
            for (let round = 1, isVoid = true; isVoid; round++) {
                expect(round, 'rounds in which nothing stalled').toBeBelow(10);
                const began = performance.now();
                const ids = await Promise.all(Object.values(waysToStay).map(way => way(a, b)));
                const last = newId();
                isVoid = performance.now() - began > (shortTtlSeconds * 1000) / 2;
                await a.createSession(last, recordOf(last, { initialized: false }));
                await waitFor(async () => expect(await b.sessionExists(last), 'a session that only began').toBe(false));
                for (const [index, name] of Object.keys(waysToStay).entries()) {
                    const isThere = await b.sessionExists(nth(ids, index));
                    expect(isVoid || isThere, `a session that was ${name} is there`).toBe(true);
                }
            }
        }
    }
];

/** How a session comes to its full time to live: each makes one, and tells its id. */
const waysToStay: Record<string, (a: FullStore, b: FullStore) => Promise<string>> = {
    touched: async (a, b) => {
        const id = await begun(a);
        await b.updateSessionActivity(id);
        return id;
    },
    'got and touched': async (a, b) => {
        const id = await begun(a);
        await b.getAndTouchSession(id);
        return id;
    },
    updated: async (a, b) => {
        const id = await begun(a);
        await b.updateSession(id, recordOf(id, { initialized: true, revision: 2 }), 1);
        return id;
    },
    'created initialized': async a => {
        const id = newId();
        await a.createSession(id, recordOf(id, { initialized: true }));
        return id;
    },
    stored: async a => {
        const id = newId();
        await a.storeSession(id, recordOf(id, { initialized: false }));
        return id;
    },
    'stored after it began': async (a, b) => {
        const id = await begun(a);
        await b.storeSession(id, recordOf(id, { initialized: false }));
        return id;
    }
};

async function begun(store: FullStore): Promise<string> {
    const id = newId();
    await store.createSession(id, recordOf(id, { initialized: false }));
    return id;
}
