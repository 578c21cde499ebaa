import type { EventLog } from '@mcp-sessions/core';
import { expect } from '../expect.js';
import { nth } from '../nth.js';
import { waitFor } from '../waitFor.js';
import { appendAll, event, final, newSession, numbers, page, readTexts, type LogClause } from './support.js';

/** What it means that a log ends: dropped, or expired. */
export const endingClauses: LogClause[] = [
    {
        title: 'drop: nothing of the session is left, and others are not touched',
        async run(open) {
            const backend = await open();
            const [log, other] = [backend.log(), backend.log()];
            const [session, beside] = [newSession(), newSession()];
            for (const id of [session, beside]) {
                const [position = ''] = await appendAll(log, id, [event('s', 1), event('t', 2)]);
                await log.claim(id, 's', 'a');
                await log.release(id, 's', 'a', position);
                await log.claim(id, 's', 'b');
            }
            await log.drop(session);
            expect(await remains(other, session)).toEqual({ texts: [], reader: undefined, delivered: undefined });
            const [position] = await appendAll(log, beside, [event('t', 3)]);
            expect(position).toBeDefined();
            expect(await readTexts(other, beside, 's')).toEqual(['1']);
            expect((await page(other, beside, 's', { since: '' })).reader).toBe('b');
        }
    },
    {
        title: 'drop: cursors into the log are of no use any more',
        async run(open) {
            const backend = await open();
            const session = newSession();
            const positions = await appendAll(backend.log(), session, [event('s', 1), event('s', 2)]);
            await backend.log().drop(session);
            for (const position of positions) {
                expect(await backend.log().read(session, 's', { after: position }, 10)).toBeNull();
            }
        }
    },
    {
        title: 'drop: what is appended later is refused, on every node',
        async run(open) {
            const backend = await open();
            const session = newSession();
            await appendAll(backend.log(), session, [event('s', 1)]);
            const before = backend.log();
            await backend.log().drop(session);
            for (const log of [before, backend.log()]) {
                expect(await log.append(session, [event('s', 2), final('s', 3), final('t', 4, '0', true)])).toEqual([null, null, null]);
                await log.touch(session);
                expect(await log.append(session, [event('s', 5)])).toEqual([null]);
            }
            expect((await remains(before, session)).texts).toEqual([]);
        }
    },
    {
        title: 'drop: of a session without a log refuses appends too, and may be repeated',
        async run(open) {
            const backend = await open();
            const session = newSession();
            await backend.log().drop(session);
            await backend.log().drop(session);
            expect(await backend.log().append(session, [event('s', 1)])).toEqual([null]);
        }
    },
    {
        title: 'drop: of what is appended at the same moment nothing stays',
        async run(open) {
            const backend = await open();
            for (const round of numbers(5)) {
                const session = newSession();
                let isDropped = false;
                const writing = [1, 2, 3].map(async () => {
                    const log = backend.log();
                    for (let late = false; !late; ) {
                        late = isDropped;
                        await new Promise(resolve => setImmediate(resolve));
                        const [position] = await log.append(session, [event('s', 'late'), final('s', 'late')]);
                        expect(late && position !== null, `appended after the drop in round ${round}`).toBe(false);
                    }
                });
                await backend
                    .log()
                    .drop(session)
                    .finally(() => (isDropped = true));
                await Promise.all(writing);
                expect((await remains(backend.log(), session)).texts).toEqual([]);
            }
        }
    },
    {
        title: 'drop: a release that comes later leaves nothing behind',
        async run(open) {
            const backend = await open();
            const log = backend.log();
            const session = newSession();
            const [position = ''] = await appendAll(log, session, [event('s', 1)]);
            await log.claim(session, 's', 'a');
            await log.drop(session);
            await log.release(session, 's', 'a', position);
            expect(await remains(log, session)).toEqual({ texts: [], reader: undefined, delivered: undefined });
        }
    },
    {
        title: 'touch: creates nothing',
        async run(open) {
            const backend = await open();
            const session = newSession();
            await backend.log().touch(session);
            expect(await remains(backend.log(), session)).toEqual({ texts: [], reader: undefined, delivered: undefined });
            await appendAll(backend.log(), session, [event('s', 1)]);
        }
    },
    {
        title: 'touch: tells where the log ends',
        async run(open) {
            const log = (await open()).log();
            const session = newSession();
            await appendAll(log, session, [event('s', 1), event('s', 2)]);
            const end = await log.touch(session);
            await appendAll(log, session, [event('t', 3)]);
            expect(await readTexts(log, session, 't', { since: end })).toEqual(['3']);
            expect(await readTexts(log, session, 's', { since: end })).toEqual([]);
        }
    },
    {
        title: 'ttl: a log that is not used expires, and reading does not extend its life',
        async run(open) {
            const backend = await open({ ttlSeconds: 1 });
            const log = backend.log();
            const session = newSession();
            const [position = ''] = await appendAll(log, session, [event('s', 1)]);
            await log.claim(session, 's', 'a');
            await waitFor(async () => expect(await log.read(session, 's', { after: position }, 10)).toBeNull());
            expect(await remains(log, session)).toEqual({ texts: [], reader: undefined, delivered: undefined });
        }
    },
    {
        title: 'ttl: every append and every touch starts it anew',
        async run(open) {
            const ttlMs = 1000;
            const backend = await open({ ttlSeconds: ttlMs / 1000 });
            const log = backend.log();
            // A pause that is too long, of this process or of its machine, makes a round void.
            for (let round = 1, isVoid = true; isVoid; round++) {
                expect(round, 'rounds in which nothing stalled').toBeBelow(10);
                isVoid = false;
                const [unused, touched, appended] = [newSession(), newSession(), newSession()];
                for (const id of [unused, touched, appended]) {
                    await appendAll(log, id, [event('s', 1)]);
                }
                let usedAt = performance.now();
                while ((await readTexts(log, unused, 's'))?.length) {
                    await log.touch(touched);
                    await appendAll(log, appended, [event('t', 'more')]);
                    await new Promise(resolve => setTimeout(resolve, 50));
                    isVoid ||= performance.now() - usedAt > ttlMs / 2;
                    usedAt = performance.now();
                }
                if (!isVoid) {
                    const left = await Promise.all([touched, appended].map(id => readTexts(log, id, 's')));
                    isVoid = performance.now() - usedAt > ttlMs / 2;
                    expect(isVoid ? [['1'], ['1']] : left).toEqual([['1'], ['1']]);
                }
            }
        }
    },
    {
        title: 'L1: ttl: the log that comes after an expired one does not begin its positions again',
        async run(open) {
            const backend = await open({ ttlSeconds: 1 });
            const log = backend.log();
            const session = newSession();
            const old = await appendAll(log, session, [event('s', 'old 1'), event('s', 'old 2')]);
            await waitFor(async () => expect(await log.read(session, 's', { after: nth(old, 0) }, 10)).toBeNull());
            const renewed = await appendAll(
                log,
                session,
                numbers(4).map(number => event('s', number))
            );
            expect(new Set([...old, ...renewed]).size).toBe(6);
            for (const position of old) {
                expect(await log.read(session, 's', { after: position }, 10)).toBeNull();
                // Either it is known to be of no use, or nothing is left out.
                expect((await readTexts(log, session, 's', { since: position })) ?? numbers(4)).toEqual(numbers(4));
            }
        }
    }
];

/** What a reader that begins anew finds. Where the cursor is of no use it finds nothing. */
async function remains(log: EventLog, session: string) {
    const found = await log.read(session, 's', { since: '' }, 100);
    const texts = (await readTexts(log, session, 's')) ?? [];
    const { delivered } = await log.claim(session, 's', 'whoever');
    return { texts, reader: found?.reader, delivered };
}
