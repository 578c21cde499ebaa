import { expect } from '../expect.js';
import { nth } from '../nth.js';
import { pause, waitFor } from '../waitFor.js';
import { expectNone, expectRecord, newId, openTwo, recordOf, type FullStore, type StoreClause } from './support.js';

const shortTtlSeconds = 1;

/** How many sessions there may be. */
export const capClauses: StoreClause[] = [
    {
        title: 'P9: maxSessions: `full` when there are that many, and nothing is changed',
        async run(open) {
            const [a, b] = await openTwo(open, { maxSessions: 3 });
            expect(await createAll([a, b], 3), 'up to the cap').toEqual(['created', 'created', 'created']);
            const id = newId();
            for (const store of [a, b]) {
                expect(await store.createSession(id, recordOf(id)), 'one more').toBe('full');
            }
            await expectNone(b, id, 'a session for which there was no room');
        }
    },
    {
        title: 'P9: maxSessions: an id that is there is `taken`, also when the store is full',
        async run(open) {
            const [a, b] = await openTwo(open, { maxSessions: 2, maxSessionsPerPrincipal: 2 });
            const id = newId();
            const record = recordOf(id, { principal: 'p' });
            await a.createSession(id, record);
            expect(await create(b, 'p'), 'up to the cap').toBe('created');
            expect(await create(b, 'p'), 'over the cap').toBe('full');
            expect(await b.createSession(id, recordOf(id, { principal: 'p', logLevel: 'x' })), 'an id that is there').toBe('taken');
            expect(await b.createSession(id, recordOf(id, { principal: 'q' })), 'an id that is there, of another').toBe('taken');
            await expectRecord(a, id, record);
        }
    },
    {
        title: 'P9: maxSessions: a session that is deleted makes room at once, and once only',
        async run(open) {
            const [a, b] = await openTwo(open, { maxSessions: 2 });
            const [first, second] = [newId(), newId()];
            await a.createSession(first, recordOf(first));
            await a.createSession(second, recordOf(second, { initialized: false }));
            expect(await create(b), 'over the cap').toBe('full');
            await b.deleteSession(first);
            await a.deleteSession(first);
            await a.deleteSession(newId());
            expect(await createAll([a, b], 2), 'after one of two was deleted').toEqual(['created', 'full']);
            await b.deleteSession(second);
            expect(await createAll([a, b], 2), 'after one more was deleted').toEqual(['created', 'full']);
        }
    },
    {
        title: 'P9: maxSessions: a session that expires makes room, whether it was used or only began',
        async run(open) {
            const [a, b] = await openTwo(open, { maxSessions: 2, ttlSeconds: shortTtlSeconds });
            const [used, begun] = [newId(), newId()];
            await a.createSession(used, recordOf(used));
            await a.createSession(begun, recordOf(begun, { initialized: false }));
            await a.updateSessionActivity(used);
            expect(await create(b), 'over the cap').toBe('full');
            await waitFor(async () => expect(await create(b), 'after both have expired').toBe('created'));
            await waitFor(async () => expect(await create(a), 'after both have expired').toBe('created'));
        }
    },
    {
        title: 'P9: initializeTtlSeconds: a session that only began makes room after that time',
        async run(open) {
            const [a, b] = await openTwo(open, { maxSessions: 1, ttlSeconds: 600, initializeTtlSeconds: shortTtlSeconds });
            expect(await create(a, undefined, false), 'up to the cap').toBe('created');
            await waitFor(async () => expect(await create(b), 'after it has expired').toBe('created'));
            expect(await create(a), 'over the cap').toBe('full');
        }
    },
    {
        title: 'P9: maxSessions: a session that is used goes on to count',
        async run(open) {
            const ttlMs = shortTtlSeconds * 1000;
            // A pause that is too long, of this process or of its machine, makes a round void.
            for (let round = 1, isVoid = true; isVoid; round++) {
                expect(round, 'rounds in which nothing stalled').toBeBelow(10);
                const [a, b] = await openTwo(open, { maxSessions: 5, ttlSeconds: shortTtlSeconds });
                const uses = [
                    (id: string) => b.updateSessionActivity(id),
                    (id: string) => b.getAndTouchSession(id),
                    (id: string) => b.updateSession(id, recordOf(id), 1),
                    (id: string) => b.storeSession(id, recordOf(id))
                ];
                const used = uses.map(use => ({ id: newId(), use }));
                await Promise.all(used.map(({ id }) => a.createSession(id, recordOf(id))));
                await create(a);
                isVoid = false;
                let usedAt = performance.now();
                // The fifth is not used, and makes room for one: then all of the others are still counted.
                for (let creation = 'full'; creation === 'full' && !isVoid; ) {
                    await Promise.all(used.map(({ id, use }) => use(id)));
                    await pause(40);
                    isVoid = performance.now() - usedAt > ttlMs / 2;
                    usedAt = performance.now();
                    creation = await create(a);
                }
                const more = await create(b);
                isVoid ||= performance.now() - usedAt > ttlMs / 2;
                expect(isVoid ? 'full' : more, 'one more, with four in use and one that is new').toBe('full');
            }
        }
    },
    {
        title: 'P9: maxSessions: holds exactly for those that come at once, on two nodes',
        async run(open) {
            const nodes = await openTwo(open, { maxSessions: 10 });
            const ids = Array.from({ length: 60 }, newId);
            const creations = await createAtOnce(nodes, ids);
            expect(
                creations.filter(creation => creation === 'created'),
                'created of 60, up to the cap'
            ).toHaveLength(10);
            expect(
                creations.filter(creation => creation === 'full'),
                'full of 60'
            ).toHaveLength(50);
            const there = await Promise.all(ids.map(id => nth(nodes, 0).sessionExists(id)));
            expect(there, 'the sessions that are there').toEqual(creations.map(creation => creation === 'created'));
            const created = ids.filter((_, index) => there[index]);
            // Some end while others come.
            await Promise.all(created.slice(0, 4).map((id, index) => nth(nodes, index % 2).deleteSession(id)));
            const later = await createAtOnce(nodes, Array.from({ length: 30 }, newId));
            expect(
                later.filter(creation => creation === 'created'),
                'created of 30, after four were deleted'
            ).toHaveLength(4);
        }
    },
    {
        title: 'P9: maxSessions: ids that are created by several at once are counted once',
        async run(open) {
            const nodes = await openTwo(open, { maxSessions: 3 });
            const [id, other] = [newId(), newId()];
            const creations = await createAtOnce(
                nodes,
                Array.from({ length: 20 }, (_, index) => (index % 4 ? id : other))
            );
            expect(
                creations.filter(creation => creation === 'created'),
                'created of two ids'
            ).toHaveLength(2);
            expect(
                creations.filter(creation => creation === 'taken'),
                'taken of two ids'
            ).toHaveLength(18);
            expect(await createAll(nodes, 2), 'with room for one more').toEqual(['created', 'full']);
        }
    },
    {
        title: 'P9: maxSessionsPerPrincipal: `full` for whom that has as many, and for nobody else',
        async run(open) {
            const nodes = await openTwo(open, { maxSessionsPerPrincipal: 2 });
            for (const principal of ['p', 'P', 'p ', 'p:1', ':p', '{p}', '*', '__proto__', 'constructor', '0']) {
                expect(await createAll(nodes, 3, principal), `sessions of ${JSON.stringify(principal)}`).toEqual([
                    'created',
                    'created',
                    'full'
                ]);
            }
        }
    },
    {
        title: 'P9: maxSessionsPerPrincipal: sessions without a principal are not counted',
        async run(open) {
            const nodes = await openTwo(open, { maxSessionsPerPrincipal: 1 });
            expect(await createAll(nodes, 5), 'sessions without a principal').toEqual(Array.from({ length: 5 }, () => 'created'));
            expect(await createAll(nodes, 2, 'undefined'), 'sessions of "undefined"').toEqual(['created', 'full']);
        }
    },
    {
        title: 'P9: maxSessionsPerPrincipal: what is deleted or expires makes room for its principal',
        async run(open) {
            const [a, b] = await openTwo(open, { maxSessionsPerPrincipal: 1, ttlSeconds: shortTtlSeconds });
            const [p, q] = [newId(), newId()];
            await a.createSession(p, recordOf(p, { principal: 'p' }));
            await a.createSession(q, recordOf(q, { principal: 'q' }));
            await b.deleteSession(p);
            expect(await create(a, 'q'), 'a second session of q').toBe('full');
            expect(await createAll([a, b], 2, 'p'), 'after the session of p was deleted').toEqual(['created', 'full']);
            await waitFor(async () => expect(await create(b, 'q'), 'after the session of q has expired').toBe('created'));
        }
    },
    {
        title: 'P9: maxSessionsPerPrincipal: holds exactly for those that come at once, on two nodes',
        async run(open) {
            const nodes = await openTwo(open, { maxSessionsPerPrincipal: 4, maxSessions: 30 });
            const ids = Array.from({ length: 60 }, newId);
            const creations = await createAtOnce(nodes, ids, index => `principal ${index % 3}`);
            for (const principal of [0, 1, 2]) {
                const own = creations.filter((_, index) => index % 3 === principal);
                expect(
                    own.filter(creation => creation === 'created'),
                    `created of principal ${principal}`
                ).toHaveLength(4);
                expect(
                    own.filter(creation => creation === 'full'),
                    `full of principal ${principal}`
                ).toHaveLength(16);
            }
        }
    },
    {
        title: 'P9: what is `full` by one cap takes no room under the other',
        async run(open) {
            const nodes = await openTwo(open, { maxSessions: 3, maxSessionsPerPrincipal: 1 });
            expect(await createAll(nodes, 4, 'p'), 'sessions of p').toEqual(['created', 'full', 'full', 'full']);
            expect(await createAll(nodes, 3, 'q'), 'sessions of q').toEqual(['created', 'full', 'full']);
            expect(await createAll(nodes, 2), 'sessions of nobody').toEqual(['created', 'full']);
            const [id] = [newId()];
            expect(await nth(nodes, 0).createSession(id, recordOf(id, { principal: 'r' })), 'a session of r').toBe('full');
            expect(await createAll(nodes, 1, 'r'), 'a session of r').toEqual(['full']);
        }
    },
    {
        title: 'P9: a session that is stored or updated again is counted once',
        async run(open) {
            const nodes = await openTwo(open, { maxSessions: 3, maxSessionsPerPrincipal: 2 });
            const id = newId();
            const record = (revision: number) => recordOf(id, { principal: 'p', revision });
            await nth(nodes, 0).createSession(id, record(1));
            for (const revision of [1, 2, 3]) {
                await nth(nodes, 1).updateSession(id, record(revision + 1), revision);
                await nth(nodes, 0).storeSession(id, record(revision + 1));
                await nth(nodes, 1).getAndTouchSession(id);
                await nth(nodes, 0).updateSessionActivity(id);
            }
            expect(await createAll(nodes, 2, 'p'), 'with one session of p').toEqual(['created', 'full']);
            expect(await createAll(nodes, 2, 'q'), 'with two sessions of p').toEqual(['created', 'full']);
            await nth(nodes, 0).deleteSession(id);
            expect(await createAll(nodes, 2, 'p'), 'after one session of p was deleted').toEqual(['created', 'full']);
        }
    },
    {
        title: 'createSession: without caps there is always room',
        async run(open) {
            const nodes = await openTwo(open);
            const ids = Array.from({ length: 100 }, newId);
            const creations = await createAtOnce(nodes, ids, () => 'p');
            expect(
                creations.filter(creation => creation !== 'created'),
                'what was not created'
            ).toEqual([]);
        }
    }
];

async function create(store: FullStore, principal?: string, initialized = true): Promise<string> {
    const id = newId();
    return store.createSession(id, recordOf(id, { initialized, ...(principal !== undefined && { principal }) }));
}

/** Creates sessions one after the other, on one node and the other. */
async function createAll(nodes: readonly FullStore[], count: number, principal?: string): Promise<string[]> {
    const creations: string[] = [];
    for (let index = 0; index < count; index++) {
        creations.push(await create(nth(nodes, index % 2), principal, index % 2 === 0));
    }
    return creations;
}

function createAtOnce(nodes: readonly FullStore[], ids: readonly string[], principalOf?: (index: number) => string): Promise<string[]> {
    return Promise.all(
        ids.map((id, index) => nth(nodes, index % 2).createSession(id, recordOf(id, principalOf && { principal: principalOf(index) })))
    );
}
