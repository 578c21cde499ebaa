import { expect } from '../expect.js';
import { nth } from '../nth.js';
import { appendAll, event, message, newSession, numbers, page, readTexts, strangePositions, textOf, type LogClause } from './support.js';

/** What it means to read. */
export const readClauses: LogClause[] = [
    {
        title: 'L6: read: one stream is read, and nothing of any other stream or session',
        async run(open) {
            const backend = await open();
            const names = ['s', 's0', 's.0', 'S', 't', 'standalone', 'a:b', 'b', '__proto__'];
            const [session, other] = [newSession(), newSession()];
            // One session's name with a stream's name is another session's name.
            for (const id of [session, other, `${session}:a`]) {
                for (const round of [1, 2, 3]) {
                    await appendAll(
                        backend.log(),
                        id,
                        names.map(name => event(name, `${id}/${name}/${round}`))
                    );
                }
            }
            for (const id of [session, other, `${session}:a`]) {
                for (const name of names) {
                    expect(await readTexts(backend.log(), id, name)).toEqual([1, 2, 3].map(round => `${id}/${name}/${round}`));
                }
                expect(await readTexts(backend.log(), id, 'no-such-stream')).toEqual([]);
            }
        }
    },
    {
        title: 'read: page by page every event comes once and in order, however the streams are mixed',
        async run(open) {
            const backend = await open();
            const log = backend.log();
            const session = newSession();
            const inS: string[] = [];
            for (const number of numbers(60)) {
                // Runs of one stream that are shorter than a page, as long, and longer.
                const streamId = Number(number) % 11 < 4 || Number(number) > 40 ? 's' : 't';
                await appendAll(log, session, [event(streamId, number)]);
                if (streamId === 's') inS.push(number);
            }
            for (const limit of [1, 2, 3, inS.length - 1, inS.length, inS.length + 1, 1000]) {
                expect(await readTexts(log, session, 's', { since: '' }, limit), `pages of ${limit}`).toEqual(inS);
            }
        }
    },
    {
        title: 'read: a page says where the next begins, and there is nothing more at the end',
        async run(open) {
            const backend = await open();
            const log = backend.log();
            const session = newSession();
            await appendAll(
                log,
                session,
                numbers(5).map(number => event('s', number))
            );
            const first = await page(log, session, 's', { since: '' }, 2);
            expect(first.events.length).toBeAtMost(2);
            expect(first.more).toBe(true);
            const rest = (await readTexts(log, session, 's', { since: first.position })) ?? [];
            expect([...first.events.map(({ message }) => textOf(message)), ...rest]).toEqual(numbers(5));
            let last = await page(log, session, 's', { since: '' });
            for (let pages = 1; last.more; pages++) {
                expect(pages, 'pages of five events').toBeBelow(100);
                last = await page(log, session, 's', { since: last.position });
            }
            expect(await page(log, session, 's', { since: last.position })).toMatchObject({ events: [], more: false });
            await appendAll(backend.log(), session, [event('t', 'no'), event('s', 6)]);
            expect(await readTexts(log, session, 's', { since: last.position })).toEqual(['6']);
        }
    },
    {
        title: 'read: behind an event of the stream, with that event’s message',
        async run(open) {
            const backend = await open();
            const session = newSession();
            const positions = await appendAll(
                backend.log(),
                session,
                numbers(6).map(number => event(Number(number) % 2 ? 's' : 't', number))
            );
            const found = await page(backend.log(), session, 's', { after: nth(positions, 2) });
            expect(found.last).toEqual(message('3'));
            expect(await readTexts(backend.log(), session, 's', { after: nth(positions, 2) }, 1)).toEqual(['5']);
            expect(await page(backend.log(), session, 's', { after: nth(positions, 4) })).toMatchObject({
                events: [],
                last: message('5'),
                more: false
            });
            expect((await page(backend.log(), session, 's', { since: nth(positions, 2) })).last).toBeUndefined();
        }
    },
    {
        title: 'read: `since` is good with the position of any event of the session',
        async run(open) {
            const backend = await open();
            const session = newSession();
            const positions = await appendAll(backend.log(), session, [event('s', 1), event('t', 2), event('s', 3), event('t', 4)]);
            const behind = await Promise.all(positions.map(since => readTexts(backend.log(), session, 's', { since })));
            expect(behind).toEqual([['3'], ['3'], [], []]);
        }
    },
    {
        title: 'L6: read: `after` an event of another stream or session is of no use, nor is what is no position',
        async run(open) {
            const backend = await open();
            const [session, other] = [newSession(), newSession()];
            // The second session has had nothing in places where the first has something.
            const [ofS = '', ofT = ''] = await appendAll(backend.log(), session, [event('s', 1), event('t', 2), event('s', 3)]);
            await appendAll(backend.log(), other, [event('t', 1), event('s', 2)]);
            const log = backend.log();
            expect(await log.read(session, 's', { after: ofT }, 10)).toBeNull();
            expect(await log.read(session, 't', { after: ofS }, 10)).toBeNull();
            expect(await log.read(session, 'u', { after: ofS }, 10)).toBeNull();
            expect(await log.read(other, 's', { after: ofS }, 10)).toBeNull();
            expect(await log.read(newSession(), 's', { after: ofS }, 10)).toBeNull();
            for (const strange of [...strangePositions, `${ofS} `, `0${ofS}`, `${ofS}.0`, ofS.slice(0, -1)]) {
                expect(await log.read(session, 's', { after: strange }, 10), strange).toBeNull();
            }
            expect(await log.read(session, 's', { after: '' }, 10)).toBeNull();
            for (const strange of strangePositions) {
                expect(await log.read(session, 's', { since: strange }, 10), strange).toBeNull();
            }
            expect(await readTexts(log, session, 's')).toEqual(['1', '3']);
        }
    },
    {
        title: 'read: where nothing was appended yet, there is an empty page, and it says where to go on',
        async run(open) {
            const backend = await open();
            const log = backend.log();
            const session = newSession();
            const empty = await page(log, session, 's', { since: '' });
            expect(empty).toMatchObject({ events: [], more: false });
            expect(empty.reader).toBeUndefined();
            await appendAll(backend.log(), session, [event('t', 1), event('s', 2)]);
            expect(await readTexts(log, session, 's', { since: empty.position })).toEqual(['2']);
            const unused = await page(log, session, 'u', { since: '' });
            await appendAll(backend.log(), session, [event('u', 3)]);
            expect(await readTexts(log, session, 'u', { since: unused.position })).toEqual(['3']);
        }
    },
    {
        title: 'read: whoever reads on while others append gets each event once and in order',
        async run(open) {
            const backend = await open();
            const session = newSession();
            let writers = 3;
            const write = async (name: string) => {
                const log = backend.log();
                for (const number of numbers(25)) {
                    await appendAll(log, session, [event('s', name + number), event('t', 'no')]);
                }
            };
            const writing = Promise.all(['a', 'b', 'c'].map(name => write(name).finally(() => writers--)));
            const log = backend.log();
            const seen: string[] = [];
            let cursor = '';
            for (let isLast = false, pages = 0; !isLast; pages++) {
                expect(pages, 'pages of 75 events').toBeBelow(10_000);
                isLast = writers === 0;
                const next = await page(log, session, 's', { since: cursor }, 10);
                seen.push(...next.events.map(({ message }) => textOf(message)));
                cursor = next.position;
                isLast &&= !next.more;
            }
            await writing;
            expect(seen).toHaveLength(75);
            expect(seen).toEqual(await readTexts(log, session, 's'));
        }
    }
];
