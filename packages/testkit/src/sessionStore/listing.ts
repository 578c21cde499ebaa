import type { ListOptions, SessionData, SessionPage, SessionStore } from '@mcp-sessions/core';
import { expect, Unmet } from '../expect.js';
import { nth } from '../nth.js';
import { pause, waitFor } from '../waitFor.js';
import { expectUseKeeps, newId, recordOf, withoutActivity, type StoreClause } from './support.js';

type Lister = SessionStore & Required<Pick<SessionStore, 'listSessions'>>;

const shortTtlSeconds = 1;

/** More than any store takes for so few sessions: one that goes on for ever is noticed. */
const mostPages = 400;

/** What it means to list sessions. */
export const listingClauses: StoreClause[] = [
    {
        title: 'listSessions: a store without sessions comes to an end, and has none',
        async run(open) {
            const [a, b] = await openListers(open);
            expect(await listed([a, b]), 'the sessions of an empty store').toEqual([]);
            const id = newId();
            await a.storeSession(id, recordOf(id));
            await b.deleteSession(id);
            expect(await listed([a, b]), 'the sessions after the only one was deleted').toEqual([]);
        }
    },
    {
        title: 'listSessions: what is there is on some page, as it was stored, and nothing else; any node goes on where another was',
        async run(open) {
            const [a, b] = await openListers(open);
            const records = ['*', '{a}', '__proto__', '%', ...Array.from({ length: 56 }, newId)].map((id, index) =>
                recordOf(id, { initialized: index % 2 > 0, metadata: { text: 'é \u0000 "\\', index }, principal: `${index % 3}` })
            );
            await Promise.all(records.map((record, index) => begin(index % 2 ? a : b, record, index)));
            const changed = { ...nth(records, 5), logLevel: 'debug', revision: 2 };
            await b.updateSession?.(changed.sessionId, changed, 1);
            const deleted = records.splice(7, 20);
            await Promise.all(deleted.map(({ sessionId }) => a.deleteSession(sessionId)));
            const expected = records.map(record => (record.sessionId === changed.sessionId ? changed : record));
            for (const limit of [undefined, 7, 1]) {
                const found = await listed([a, b], limit === undefined ? {} : { limit });
                expect(byId(found), `the sessions that there are, by pages of ${limit ?? 'the usual size'}`).toEqual(byId(expected));
            }
        }
    },
    {
        title: 'listSessions: `limit` is about how many a page has, 100 if it is left out',
        async run(open) {
            const [a, b] = await openListers(open);
            const ids = Array.from({ length: 260 }, newId);
            await Promise.all(ids.map((id, index) => (index % 2 ? a : b).storeSession(id, recordOf(id))));
            for (const limit of [10, undefined]) {
                const pages = await pagesOf([a, b], limit === undefined ? {} : { limit });
                const sizes = pages.map(({ sessions }) => sessions.length);
                expect(Math.max(...sizes), `the most that one of ${sizes.length} pages has`).toBeAtMost((limit ?? 100) * 2 + 10);
                // However small it may be, a page is not there for nothing.
                expect(sizes.length, 'pages').toBeAtMost((260 / (limit ?? 100)) * 5 + 10);
            }
        }
    },
    {
        title: 'listSessions: one that lives all the while is on some page, whatever begins, is used and ends meanwhile',
        async run(open) {
            const [a, b] = await openListers(open);
            const lasting = Array.from({ length: 60 }, newId);
            const passing = Array.from({ length: 60 }, newId);
            await Promise.all(lasting.flatMap((id, index) => [id, nth(passing, index)]).map(id => a.storeSession(id, recordOf(id))));
            const found = new Set<string>();
            let pages = 0;
            for (let page: SessionPage | undefined; !page || page.cursor !== undefined; pages++) {
                expect(pages, 'pages').toBeBelow(mostPages);
                page = await (pages % 2 ? a : b).listSessions({ limit: 5, ...(page?.cursor !== undefined && { cursor: page.cursor }) });
                page.sessions.forEach(({ sessionId }) => found.add(sessionId));
                // Not for ever: who lists faster than sessions begin comes to an end.
                const begun = pages < 30 ? Array.from({ length: 3 }, newId) : [];
                await Promise.all([
                    ...begun.map(id => b.storeSession(id, recordOf(id))),
                    ...passing.splice(0, 4).map(id => b.deleteSession(id)),
                    ...[0, 1, 2].map(offset => use(a, nth(lasting, (pages * 3 + offset) % lasting.length), pages))
                ]);
            }
            expect(
                lasting.filter(id => !found.has(id)),
                'sessions that lived all the while and were on no page'
            ).toEqual([]);
        }
    },
    {
        title: 'listSessions: what has expired is on no page',
        async run(open) {
            const [a, b] = await openListers(open, shortTtlSeconds);
            const ids = Array.from({ length: 12 }, newId);
            await Promise.all(ids.map((id, index) => begin(a, recordOf(id, { initialized: index % 2 > 0 }), index)));
            await waitFor(async () => {
                const areThere = await Promise.all(ids.map(id => b.sessionExists(id)));
                expect(areThere.includes(true), 'a session that is not used').toBe(false);
            });
            expect(await listed([a, b]), 'the sessions after they have expired').toEqual([]);
            const id = newId();
            await a.storeSession(id, recordOf(id));
            expect(
                (await listed([b, a], { limit: 1 })).map(({ sessionId }) => sessionId),
                'a session that began later'
            ).toEqual([id]);
        }
    },
    {
        title: 'listSessions: does not extend any life',
        async run(open) {
            const [a, b] = await openListers(open, shortTtlSeconds);
            await Promise.all(Array.from({ length: 5 }, newId).map(id => a.storeSession(id, recordOf(id))));
            expect((await listed([b, a])).length, 'sessions that were just begun').toBeAtMost(5);
            await waitFor(async () => expect(await listed([b, a]), 'sessions that are only listed').toEqual([]));
            // Nor does it shorten one: those that are used are there.
            await expectUseKeeps([a, b], shortTtlSeconds * 1000, {
                'updateSessionActivity, and listed': async (store, id) => {
                    await listed([a, b]);
                    await store.updateSessionActivity(id);
                }
            });
        }
    },
    {
        title: 'listSessions: tells when a session was last used, as getSession does',
        async run(open) {
            const [a, b] = await openListers(open);
            const id = newId();
            await a.storeSession(id, recordOf(id, { lastActivity: 1 }));
            await pause(60);
            await b.updateSessionActivity(id);
            const [asked, found] = [await a.getSession(id), (await listed([b]))[0]];
            const apart = Math.abs((found?.lastActivity ?? 0) - (asked?.lastActivity ?? Infinity));
            expect(apart, 'milliseconds between what the two tell').toBeAtMost(30);
        }
    },
    {
        title: 'listSessions: a cursor or a limit that is none is refused, and the error says which',
        async run(open) {
            const [a, b] = await openListers(open);
            await Promise.all(Array.from({ length: 3 }, newId).map(id => a.storeSession(id, recordOf(id))));
            for (const limit of [0, -1, 1.5, NaN, Infinity, '5']) {
                await expectRefusal(b, { limit: limit as number }, 'RangeError', 'limit');
            }
            for (const cursor of ['', 'nonsense', '-1', ' ', '\u0000', 'x'.repeat(5000)]) {
                await expectRefusal(b, { cursor }, 'RangeError', 'cursor');
            }
            for (const cursor of [7, {}, null]) {
                await expectRefusal(b, { cursor: cursor as string }, 'TypeError', 'cursor');
            }
            expect((await listed([a, b])).length, 'sessions that are listed afterwards').toBe(3);
        }
    }
];

async function openListers(open: Parameters<StoreClause['run']>[0], ttlSeconds?: number): Promise<[Lister, Lister]> {
    const backend = await open(ttlSeconds === undefined ? {} : { ttlSeconds, initializeTtlSeconds: ttlSeconds });
    return [lister(backend.store()), lister(backend.store())];
}

function lister(store: SessionStore): Lister {
    if (typeof store.listSessions !== 'function') {
        throw new Unmet('the store has no listSessions; if that is so, `skip` the clauses about it', 'listSessions', undefined);
    }
    return store as Lister;
}

/** In one of the ways that there are. */
async function begin(store: SessionStore, record: SessionData, way: number): Promise<void> {
    if (way % 3 > 0 && store.createSession) {
        await store.createSession(record.sessionId, record);
        return;
    }
    await store.storeSession(record.sessionId, record);
}

async function use(store: SessionStore, id: string, way: number): Promise<unknown> {
    const uses = [
        () => store.updateSessionActivity(id),
        () => store.getSession(id),
        () => store.storeSession(id, recordOf(id, { createdAt: 1 }))
    ];
    return nth(uses, way % uses.length)();
}

/** All pages, asked of one node after the other. */
async function pagesOf(nodes: readonly Lister[], options: ListOptions = {}): Promise<SessionPage[]> {
    const pages: SessionPage[] = [];
    for (let cursor: string | undefined, isFirst = true; isFirst || cursor !== undefined; isFirst = false) {
        expect(pages.length, 'pages').toBeBelow(mostPages);
        const page: SessionPage = await nth(nodes, pages.length % nodes.length).listSessions({
            ...options,
            ...(cursor !== undefined && { cursor })
        });
        pages.push(page);
        cursor = page.cursor;
    }
    return pages;
}

/** The sessions of all pages, each of them once. */
async function listed(nodes: readonly Lister[], options?: ListOptions): Promise<SessionData[]> {
    const sessions = (await pagesOf(nodes, options)).flatMap(page => page.sessions);
    return [...new Map(sessions.map(data => [data.sessionId, data])).values()];
}

function byId(sessions: readonly SessionData[]): unknown[] {
    return [...sessions].sort((one, other) => (one.sessionId < other.sessionId ? -1 : 1)).map(withoutActivity);
}

/** By the name of its class: that of another realm is another one. */
async function expectRefusal(store: Lister, options: ListOptions, name: string, word: string): Promise<void> {
    const what = `what came of ${JSON.stringify(options).slice(0, 80)}`;
    const outcome = await store.listSessions(options).then(
        () => 'a page',
        (error: unknown) => error as Error
    );
    expect(typeof outcome === 'string' ? outcome : outcome.name, what).toBe(name);
    expect(typeof outcome === 'string' ? outcome : outcome.message, `the message of ${what}`).toMatch(new RegExp(`\\b${word}\\b`));
}
