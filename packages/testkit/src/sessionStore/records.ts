import type { SessionData } from '@mcp-sessions/core';
import { expect } from '../expect.js';
import { nth } from '../nth.js';
import { expectNone, expectRecord, newId, recordOf, type CustomStoreClause } from './support.js';

/** What can be in a record: whatever JSON can hold. */
const strangeValues: Record<string, unknown> = {
    texts: ['', ' ', 'é ☃ 😀', '\u0000\n\r\u2028"\\', '\ud800', "'; --", '{"a":1}', '$1', '%s', 'null'],
    numbers: [0, -1, 0.5, 1e21, 2 ** 53 - 1, 5e-324],
    others: [null, true, false, [], {}, [[]], [{}], [null]],
    deep: { a: { b: { c: [{ d: 1 }] } } },
    long: 'x'.repeat(50_000),
    names: JSON.parse('{ "__proto__": { "a": 1 }, "constructor": 2, "": 3, "a.b": 4, "$c": 5, "toString": 6, "none": null }') as unknown
};

/** Ids that differ in anything are different, and nothing in them has a meaning. All are visible ASCII, as every id is. */
const strangeIds = [
    'a',
    'A',
    'aa',
    'a:b',
    'a::b',
    'a:',
    ':a',
    '{a}',
    'a}{b',
    '*',
    '?',
    '[a]',
    'a*',
    '%',
    '_',
    'a_',
    'a%',
    "'",
    '"',
    '`',
    '\\',
    '\\\\',
    '$1',
    '--',
    ';',
    '../a',
    'a/b',
    '%61',
    '0',
    '00',
    '1e1',
    'null',
    '__proto__',
    'constructor',
    'toString',
    '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~',
    '~'.repeat(1024),
    `${'~'.repeat(1023)}!`
];

/** What it means to store, to get and to delete. */
export const recordClauses: CustomStoreClause[] = [
    {
        title: 'S4: storeSession: a record that is stored is there for every node, and no other is',
        async run(open) {
            const backend = await open();
            const [a, b] = [backend.store(), backend.store()];
            const [id, other] = [newId(), newId()];
            const record = recordOf(id);
            await expectNone(b, id, 'a record that was not stored yet');
            await a.storeSession(id, record);
            await expectRecord(b, id, record);
            await expectRecord(a, id, record);
            await expectNone(b, other, 'a record that was never stored');
        }
    },
    {
        title: 'storeSession: replaces the whole record',
        async run(open) {
            const backend = await open();
            const [a, b] = [backend.store(), backend.store()];
            const id = newId();
            await a.storeSession(id, recordOf(id, { logLevel: 'info', metadata: { a: 1, b: 2 }, subscriptions: ['x:y'] }));
            const record = recordOf(id, { initialized: false, revision: 7, metadata: { c: 3 } });
            await b.storeSession(id, record);
            await expectRecord(a, id, record, 'the second record');
        }
    },
    {
        title: 'storeSession: a record comes back as it was, whatever is in it',
        async run(open) {
            const backend = await open();
            const [a, b] = [backend.store(), backend.store()];
            for (const [name, value] of Object.entries(strangeValues)) {
                const id = newId();
                const record = recordOf(id, { metadata: { value }, principal: 'é "\\', subscriptions: ['', 'a b', 'é'] });
                await a.storeSession(id, record);
                await expectRecord(b, id, record, `a record with strange ${name}`);
            }
            const id = newId();
            const smallest: SessionData = { sessionId: id, initialized: false, createdAt: 0, lastActivity: 0 };
            await a.storeSession(id, smallest);
            await expectRecord(b, id, smallest, 'a record with nothing that may be left out');
        }
    },
    {
        title: 'S13: storeSession: fields that the store does not know are kept',
        async run(open) {
            const backend = await open();
            const [a, b] = [backend.store(), backend.store()];
            const id = newId();
            const record = {
                ...recordOf(id),
                schemaVersion: 99,
                etag: 'x',
                later: { list: [1, null] },
                expires_at: 'mine',
                ttl: 0,
                data: {}
            };
            await a.storeSession(id, record);
            await expectRecord(b, id, record);
        }
    },
    {
        title: 'storeSession: what is changed in a record afterwards, or in what was read, is not changed in the store',
        async run(open) {
            const store = (await open()).store();
            const id = newId();
            const own = recordOf(id, { metadata: { list: [1] } });
            const before = structuredClone(own);
            await store.storeSession(id, own);
            own.initialized = false;
            (own.metadata as { list: number[] }).list.push(2);
            const read = await store.getSession(id);
            (read?.metadata as { list: number[] } | undefined)?.list.push(3);
            await expectRecord(store, id, before);
        }
    },
    {
        title: 'storeSession: of several at once, one whole record stays',
        async run(open) {
            const backend = await open();
            const nodes = [backend.store(), backend.store()];
            const id = newId();
            const records = Array.from({ length: 12 }, (_, index) =>
                recordOf(id, { revision: index, ...(index % 2 ? { logLevel: `${index}` } : { metadata: { index } }), createdAt: index })
            );
            await Promise.all(records.map((record, index) => nth(nodes, index % 2).storeSession(id, record)));
            const stays = await nth(nodes, 0).getSession(id);
            await expectRecord(nth(nodes, 1), id, nth(records, Number(stays?.createdAt)), 'one of the records that were stored at once');
        }
    },
    {
        title: 'ids: sessions are kept apart whose ids differ in anything',
        async run(open) {
            const backend = await open();
            const [a, b] = [backend.store(), backend.store()];
            await Promise.all(strangeIds.map(id => a.storeSession(id, recordOf(id, { metadata: { id } }))));
            for (const id of strangeIds) {
                expect((await b.getSession(id))?.metadata, `the record of ${id.slice(0, 40)}`).toEqual({ id });
            }
            for (const id of strangeIds) {
                await b.deleteSession(id);
                const left = await Promise.all(strangeIds.map(one => a.sessionExists(one)));
                const expected = strangeIds.slice(strangeIds.indexOf(id) + 1);
                expect(
                    strangeIds.filter((_, index) => left[index]),
                    `what is left without ${id.slice(0, 40)}`
                ).toEqual(expected);
            }
        }
    },
    {
        title: 'deleteSession: nothing is left for any node, and no other session is touched',
        async run(open) {
            const backend = await open();
            const [a, b] = [backend.store(), backend.store()];
            const [id, beside] = [newId(), newId()];
            const record = recordOf(beside);
            await a.storeSession(id, recordOf(id));
            await a.storeSession(beside, record);
            await b.deleteSession(id);
            await expectNone(a, id, 'a record that was deleted');
            await expectRecord(a, beside, record, 'the record beside it');
        }
    },
    {
        title: 'deleteSession: may be repeated, and of an unknown session does nothing',
        async run(open) {
            const backend = await open();
            const [a, b] = [backend.store(), backend.store()];
            const id = newId();
            await a.deleteSession(id);
            await a.storeSession(id, recordOf(id));
            await a.deleteSession(id);
            await a.deleteSession(id);
            await b.deleteSession(id);
            await expectNone(b, id);
        }
    },
    {
        title: 'S11: deleteSession: no touch brings a record back, also none at the same moment',
        async run(open) {
            const backend = await open();
            const nodes = [backend.store(), backend.store()];
            for (let round = 0; round < 20; round++) {
                const id = newId();
                await nth(nodes, 0).storeSession(id, recordOf(id));
                await Promise.all([
                    nth(nodes, 0).updateSessionActivity(id),
                    nth(nodes, 1).updateSessionActivity(id),
                    nth(nodes, round % 2).deleteSession(id),
                    nth(nodes, 0).updateSessionActivity(id),
                    nth(nodes, 1).updateSessionActivity(id)
                ]);
                await nth(nodes, 1).updateSessionActivity(id);
                await expectNone(nth(nodes, 0), id, 'a record that was deleted');
            }
        }
    },
    {
        title: 'updateSessionActivity: creates nothing',
        async run(open) {
            const backend = await open();
            const [a, b] = [backend.store(), backend.store()];
            const id = newId();
            await a.updateSessionActivity(id);
            await expectNone(b, id, 'a record that was only touched');
        }
    },
    {
        title: 'updateSessionActivity: leaves the record as it is',
        async run(open) {
            const backend = await open();
            const [a, b] = [backend.store(), backend.store()];
            const id = newId();
            const record = recordOf(id, { initialized: false, metadata: { list: [] }, logLevel: 'debug' });
            await a.storeSession(id, record);
            await b.updateSessionActivity(id);
            await expectRecord(a, id, record);
        }
    },
    {
        title: 'S3: close: may be repeated, and the sessions stay for the other nodes',
        async run(open) {
            const backend = await open();
            const [a, b] = [backend.store(), backend.store()];
            const id = newId();
            const record = recordOf(id);
            await a.storeSession(id, record);
            await a.close?.();
            await a.close?.();
            await expectRecord(b, id, record);
            await b.updateSessionActivity(id);
            await expectRecord(b, id, record);
        }
    }
];
