import type { EventLog } from '@mcp-sessions/core';
import { expect } from '../expect.js';
import { nth } from '../nth.js';
import { waitFor } from '../waitFor.js';
import { appendAll, event, final, newSession, numbers, readEvents, readTexts, textOf, type LogClause } from './support.js';

/** What stays when a log is full. The caps are those that the clause asks for. */
export const trimmingClauses: LogClause[] = [
    {
        title: 'B2: maxEvents: the newest events stay, no more than the cap',
        async run(open) {
            const backend = await open({ maxEvents: 10 });
            const log = backend.log();
            const session = newSession();
            for (const number of numbers(25)) {
                await appendAll(log, session, [event('s', number)]);
            }
            await appendAll(
                log,
                session,
                numbers(10, 26).map(number => event('s', number))
            );
            const texts = await kept(log, session, 's');
            expect(texts).toEqual(numbers(35).slice(-texts.length));
            expect(texts.length).toBeAtLeast(5);
            expect(texts.length).toBeAtMost(10);
        }
    },
    {
        title: 'B2: maxEvents: counts over all streams, oldest first',
        async run(open) {
            const backend = await open({ maxEvents: 10 });
            const log = backend.log();
            const session = newSession();
            await appendAll(
                log,
                session,
                numbers(40).map(number => event(`s${Number(number) % 4}`, number))
            );
            const texts = (await Promise.all([0, 1, 2, 3].map(index => kept(log, session, `s${index}`)))).flat().map(Number);
            texts.sort((a, b) => a - b);
            expect(texts.map(String)).toEqual(numbers(40).slice(-texts.length));
            expect(texts.length).toBeAtLeast(5);
            expect(texts.length).toBeAtMost(10);
        }
    },
    {
        title: 'B2: maxBytes: the newest events stay, no more JSON than the cap',
        async run(open) {
            const maxBytes = 10_000;
            const backend = await open({ maxBytes });
            const log = backend.log();
            for (const filler of ['x'.repeat(900), 'é'.repeat(450)]) {
                const session = newSession();
                await appendAll(
                    log,
                    session,
                    numbers(40).map(number => event('s', filler + number))
                );
                const { kept: since } = await log.claim(session, 's', 'a');
                const events = (await readEvents(log, session, 's', { since })) ?? [];
                expect(events.map(({ message }) => textOf(message).slice(filler.length))).toEqual(numbers(40).slice(-events.length));
                expect(events.length).toBeAtLeast(5);
                expect(events.map(({ message }) => Buffer.byteLength(JSON.stringify(message))).reduce((a, b) => a + b)).toBeAtMost(
                    maxBytes
                );
            }
        }
    },
    {
        title: 'B2: maxAgeSeconds: old events go, new ones stay',
        async run(open) {
            const backend = await open({ maxAgeSeconds: 2, ttlSeconds: 60 });
            const log = backend.log();
            const session = newSession();
            const [old = ''] = await appendAll(log, session, [event('s', 'old')]);
            let last = '';
            await waitFor(async () => {
                [last = ''] = await appendAll(log, session, [event('s', 'new')]);
                expect(await log.read(session, 's', { after: old }, 10)).toBeNull();
            });
            expect(await log.read(session, 's', { after: last }, 10)).not.toBeNull();
            expect(await log.read(session, 's', { since: '' }, 10)).toBeNull();
        }
    },
    {
        title: 'L6: a cursor behind which something of the stream was trimmed is of no use, and any other is as before',
        async run(open) {
            const backend = await open({ maxEvents: 10 });
            const log = backend.log();
            const session = newSession();
            const positions = await appendAll(
                log,
                session,
                numbers(30).map(number => event('s', number))
            );
            const held = (await kept(log, session, 's')).length;
            expect(await log.read(session, 's', { since: '' }, 100)).toBeNull();
            for (const [index, position] of positions.entries()) {
                const behind = numbers(30).slice(index + 1);
                expect(await readTexts(log, session, 's', { after: position }), `after ${index + 1}`).toEqual(
                    index < 30 - held ? null : behind
                );
                expect(await readTexts(log, session, 's', { since: position }), `since ${index + 1}`).toEqual(
                    index < 30 - held - 1 ? null : behind
                );
            }
        }
    },
    {
        title: 'B2: `kept` is where a reader begins that wants all that is left, and empty until something was trimmed',
        async run(open) {
            const backend = await open({ maxEvents: 10 });
            const log = backend.log();
            const session = newSession();
            await appendAll(
                log,
                session,
                numbers(10).map(number => event('s', number))
            );
            expect((await log.claim(session, 's', 'a')).kept).toBe('');
            for (const number of numbers(15, 11)) {
                await appendAll(log, session, [event('s', number)]);
                const { kept: since } = await log.claim(session, 's', 'a');
                const texts = await readTexts(log, session, 's', { since });
                expect(since).not.toBe('');
                expect(texts).toEqual(numbers(Number(number)).slice(-(texts?.length ?? 0)));
                expect(texts?.length).toBeAtLeast(5);
            }
        }
    },
    {
        title: 'B2: final responses that nobody has seen go last, and a cursor from before them still leads to them',
        async run(open) {
            const backend = await open({ maxEvents: 10 });
            const log = backend.log();
            const session = newSession();
            const [start = ''] = await appendAll(log, session, [event('other', 0)]);
            await appendAll(
                log,
                session,
                numbers(3).map(number => final(`s${number}`, number, '0', true))
            );
            for (const number of numbers(50)) {
                await appendAll(log, session, [event('other', number)]);
            }
            for (const number of numbers(3)) {
                expect(await readTexts(log, session, `s${number}`, { since: start }), `final ${number}`).toEqual([number]);
                expect(await log.append(session, [final(`s${number}`, 'second')])).toEqual([null]);
            }
            expect((await kept(log, session, 'other')).length).toBeAtMost(7);
        }
    },
    {
        title: 'B2: final responses that were seen, and events that are none, go with the others',
        async run(open) {
            const backend = await open({ maxEvents: 10 });
            const log = backend.log();
            const session = newSession();
            const [seen = '', unseen = ''] = await appendAll(log, session, [
                final('s', 'seen'),
                { ...event('t', 'no final'), undelivered: true }
            ]);
            await appendAll(
                log,
                session,
                numbers(30).map(number => event('other', number))
            );
            expect(await log.read(session, 's', { after: seen }, 10)).toBeNull();
            expect(await log.read(session, 't', { after: unseen }, 10)).toBeNull();
            expect((await kept(log, session, 'other')).length).toBeAtLeast(5);
        }
    },
    {
        title: 'B2: where all are final responses that nobody has seen, the oldest of them go',
        async run(open) {
            const backend = await open({ maxEvents: 10 });
            const log = backend.log();
            const session = newSession();
            const positions = await appendAll(
                log,
                session,
                numbers(30).map(number => final('s', number, number, true))
            );
            const texts = await kept(log, session, 's');
            expect(texts).toEqual(numbers(30).slice(-texts.length));
            expect(texts.length).toBeAtLeast(1);
            expect(texts.length).toBeAtMost(10);
            expect(await log.read(session, 's', { after: nth(positions, 0) }, 10)).toBeNull();
            const [last] = await appendAll(log, session, [event('s', 'last')]);
            expect(last).toBeDefined();
        }
    },
    {
        title: 'B2: sessions are trimmed apart',
        async run(open) {
            const backend = await open({ maxEvents: 10 });
            const log = backend.log();
            const [session, other] = [newSession(), newSession()];
            await appendAll(log, other, [event('s', 'stays')]);
            await appendAll(
                log,
                session,
                numbers(30).map(number => event('s', number))
            );
            expect(await readTexts(log, other, 's')).toEqual(['stays']);
        }
    }
];

/** All that is left of a stream, as a reader finds it. */
async function kept(log: EventLog, session: string, streamId: string): Promise<string[]> {
    const { kept: since } = await log.claim(session, streamId, 'whoever');
    const texts = await readTexts(log, session, streamId, { since });
    expect(texts, 'what is behind `kept`').not.toBeNull();
    return texts ?? [];
}
