import { expect } from '../expect.js';
import { nth } from '../nth.js';
import { appendAll, event, newSession, numbers, page, type LogClause } from './support.js';

/** What it means to hold a stream. */
export const claimClauses: LogClause[] = [
    {
        title: 'claim: the newest reader holds the stream, and whoever reads learns who it is',
        async run(open) {
            const backend = await open();
            const [a, b] = [backend.log(), backend.log()];
            const session = newSession();
            expect(await a.claim(session, 's', 'a.1')).toEqual({ granted: true, previous: undefined, delivered: undefined, kept: '' });
            await appendAll(a, session, [event('s', 1)]);
            expect((await page(b, session, 's', { since: '' })).reader).toBe('a.1');
            expect(await b.claim(session, 's', 'b.1')).toMatchObject({ granted: true, previous: 'a.1' });
            expect((await page(a, session, 's', { since: '' })).reader).toBe('b.1');
            expect(await b.claim(session, 's', 'b.1')).toMatchObject({ granted: true, previous: 'b.1' });
        }
    },
    {
        title: 'claim: of each stream of each session alone, whether it has events or not',
        async run(open) {
            const backend = await open();
            const log = backend.log();
            const [session, other] = [newSession(), newSession()];
            await log.claim(session, 's', 'reader-s');
            await log.claim(session, 't', 'reader-t');
            await log.claim(other, 's', 'reader-other');
            await log.release(session, 't', 'reader-t', '');
            expect((await page(log, session, 's', { since: '' })).reader).toBe('reader-s');
            expect((await page(log, session, 't', { since: '' })).reader).toBeUndefined();
            expect((await page(log, session, 'u', { since: '' })).reader).toBeUndefined();
            expect((await page(log, other, 's', { since: '' })).reader).toBe('reader-other');
            expect((await page(log, other, 't', { since: '' })).reader).toBeUndefined();
        }
    },
    {
        title: 'claim: with `ifHeldBy` only from that reader, and else nothing changes',
        async run(open) {
            const backend = await open();
            const log = backend.log();
            const session = newSession();
            expect(await log.claim(session, 's', 'x', { ifHeldBy: 'a' })).toMatchObject({ granted: false, previous: undefined });
            expect((await page(log, session, 's', { since: '' })).reader).toBeUndefined();
            expect(await log.claim(session, 's', 'a', { ifHeldBy: undefined })).toMatchObject({ granted: true, previous: undefined });
            expect(await log.claim(session, 's', 'b', { ifHeldBy: undefined })).toMatchObject({ granted: false, previous: 'a' });
            expect(await log.claim(session, 's', 'b', { ifHeldBy: 'c' })).toMatchObject({ granted: false, previous: 'a' });
            expect(await log.claim(session, 's', 'b', { ifHeldBy: '' })).toMatchObject({ granted: false, previous: 'a' });
            expect((await page(log, session, 's', { since: '' })).reader).toBe('a');
            expect(await log.claim(session, 's', 'b', { ifHeldBy: 'a' })).toMatchObject({ granted: true, previous: 'a' });
            expect((await page(log, session, 's', { since: '' })).reader).toBe('b');
        }
    },
    {
        title: 'claim: a refused one is told how far the stream was delivered, too',
        async run(open) {
            const backend = await open();
            const log = backend.log();
            const session = newSession();
            const [first = ''] = await appendAll(log, session, [event('s', 1), event('s', 2)]);
            await log.claim(session, 's', 'a');
            await log.release(session, 's', 'a', first);
            await log.claim(session, 's', 'b');
            expect(await log.claim(session, 's', 'c', { ifHeldBy: 'a' })).toEqual({
                granted: false,
                previous: 'b',
                delivered: first,
                kept: ''
            });
        }
    },
    {
        title: 'claim: of several at once that want a free stream, one gets it',
        async run(open) {
            const backend = await open();
            const nodes = [backend.log(), backend.log()];
            for (const round of numbers(5)) {
                const session = newSession();
                const readers = numbers(8).map(number => `reader-${number}`);
                const claims = await Promise.all(
                    readers.map((reader, index) => nth(nodes, index % 2).claim(session, 's', reader, { ifHeldBy: undefined }))
                );
                const winners = readers.filter((_, index) => nth(claims, index).granted);
                expect(winners, `round ${round}`).toHaveLength(1);
                expect(claims.filter(({ granted }) => !granted).every(({ previous }) => previous === winners[0])).toBe(true);
                expect((await page(nth(nodes, 0), session, 's', { since: '' })).reader).toBe(winners[0]);
            }
        }
    },
    {
        title: 'claim: several at once take the stream from each other, one after the other',
        async run(open) {
            const backend = await open();
            const nodes = [backend.log(), backend.log()];
            const session = newSession();
            const readers = numbers(10).map(number => `reader-${number}`);
            const claims = await Promise.all(readers.map((reader, index) => nth(nodes, index % 2).claim(session, 's', reader)));
            expect(claims.every(({ granted }) => granted)).toBe(true);
            const { reader: last } = await page(nth(nodes, 0), session, 's', { since: '' });
            // Nobody was before the first of them; everybody else was before somebody.
            const held = [...claims.map(({ previous }) => previous ?? 'nobody'), last ?? 'nobody'];
            expect(held.sort()).toEqual([...readers, 'nobody'].sort());
        }
    },
    {
        title: 'release: nobody holds the stream, and the next one is told how far it was delivered',
        async run(open) {
            const backend = await open();
            const log = backend.log();
            const session = newSession();
            const [first = ''] = await appendAll(log, session, [event('s', 1), event('t', 2), event('s', 3)]);
            await log.claim(session, 's', 'a');
            await log.release(session, 's', 'a', first);
            expect((await page(log, session, 's', { since: '' })).reader).toBeUndefined();
            const claim = await backend.log().claim(session, 's', 'b');
            expect(claim).toEqual({ granted: true, previous: undefined, delivered: first, kept: '' });
            expect((await log.claim(session, 't', 'b')).delivered).toBeUndefined();
            expect((await page(log, session, 's', { since: claim.delivered ?? '' })).events).toHaveLength(1);
        }
    },
    {
        title: 'release: by a reader that no longer holds the stream takes it from nobody, but says how far it came',
        async run(open) {
            const backend = await open();
            const log = backend.log();
            const session = newSession();
            const [first = ''] = await appendAll(log, session, [event('s', 1), event('s', 2)]);
            await log.claim(session, 's', 'a');
            await log.claim(session, 's', 'b');
            await log.release(session, 's', 'a', first);
            expect((await page(log, session, 's', { since: '' })).reader).toBe('b');
            expect(await log.claim(session, 's', 'c')).toMatchObject({ previous: 'b', delivered: first });
        }
    },
    {
        title: 'release: what was delivered is raised by it and never lowered, also past 9, 99 and 999 events',
        async run(open) {
            const backend = await open();
            const log = backend.log();
            const session = newSession();
            const positions = await appendAll(
                log,
                session,
                numbers(1005).map(number => event('s', number))
            );
            const delivered = async (index: number | undefined) => {
                await log.claim(session, 's', 'a');
                await log.release(session, 's', 'a', index === undefined ? '' : nth(positions, index));
                return positions.indexOf((await log.claim(session, 's', 'b')).delivered ?? '');
            };
            await log.release(session, 's', 'a', '');
            expect((await log.claim(session, 's', 'a')).delivered).toBeUndefined();
            let highest = -1;
            for (const index of [1, 0, 8, 9, 10, 8, 99, 98, 100, 9, 998, 999, 1000, 100, 1001, 999, undefined, 2]) {
                highest = Math.max(highest, index ?? -1);
                expect(await delivered(index), `after event ${index}`).toBe(highest);
            }
        }
    },
    {
        title: 'release: what several say at once comes to the farthest',
        async run(open) {
            const backend = await open();
            const session = newSession();
            const positions = await appendAll(
                backend.log(),
                session,
                numbers(12).map(number => event('s', number))
            );
            await Promise.all(
                [3, 11, 0, 7, 10, 9].map(index => backend.log().release(session, 's', `reader-${index}`, nth(positions, index)))
            );
            expect((await backend.log().claim(session, 's', 'a')).delivered).toBe(positions[11]);
        }
    }
];
