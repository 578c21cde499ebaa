import type { NewEvent } from '@mcp-sessions/core';
import { expect } from '../expect.js';
import { nth } from '../nth.js';
import { isSame } from '../sameValue.js';
import { appendAll, event, final, message, newSession, numbers, readEvents, readTexts, textOf, type LogClause } from './support.js';

/** What it means to append. */
export const appendClauses: LogClause[] = [
    {
        title: 'append: every event has a position of its own, of visible ASCII without a tilde',
        async run(open) {
            const backend = await open();
            const session = newSession();
            const positions = [
                ...(await appendAll(backend.log(), session, [event('s', 1), event('t', 2), event('s', 3)])),
                ...(await appendAll(backend.log(), session, [event('t', 4)])),
                ...(await appendAll(backend.log(), newSession(), [final('s', 5)]))
            ];
            expect(new Set(positions.slice(0, 4)).size).toBe(4);
            for (const position of positions) {
                expect(position).toMatch(/^[\x21-\x7d]{1,64}$/);
            }
        }
    },
    {
        title: 'L1: append: positions increase over all streams of a session and all nodes that append to it',
        async run(open) {
            const backend = await open();
            const nodes = [backend.log(), backend.log(), backend.log()];
            const session = newSession();
            const positions: string[] = [];
            for (const number of numbers(24)) {
                const index = Number(number);
                positions.push(...(await appendAll(nth(nodes, index % 3), session, [event(`s${index % 2}`, index)])));
            }
            for (const [index, position] of positions.entries()) {
                const behind = numbers(24).slice(index + 1);
                for (const parity of [0, 1]) {
                    expect(await readTexts(nth(nodes, index % 2), session, `s${parity}`, { since: position })).toEqual(
                        behind.filter(number => Number(number) % 2 === parity)
                    );
                }
            }
        }
    },
    {
        title: 'L1: append: each node’s own order is kept while others append, and each event is there once',
        async run(open) {
            const backend = await open();
            const session = newSession();
            await Promise.all(
                ['a', 'b', 'c'].map(async name => {
                    const log = backend.log();
                    for (const number of numbers(20)) {
                        await appendAll(log, session, [event('s', `${name}${number}`), event('s', `${name}${number}+`)]);
                    }
                })
            );
            const texts = (await readTexts(backend.log(), session, 's', { since: '' }, 7)) ?? [];
            for (const name of ['a', 'b', 'c']) {
                expect(texts.filter(text => text.startsWith(name))).toEqual(
                    numbers(20).flatMap(number => [`${name}${number}`, `${name}${number}+`])
                );
            }
            expect(texts).toHaveLength(120);
        }
    },
    {
        title: 'append: a message comes back as it was, whatever is in it',
        async run(open) {
            const backend = await open();
            const session = newSession();
            const values = [
                '',
                'é ☃ 😀',
                '\u0000\n\r\u2028"\\',
                '{"a":1}',
                0,
                -0.5,
                1e21,
                null,
                true,
                [],
                {},
                [[1, [2]]],
                { ['__proto__ ']: 1 }
            ];
            const messages = values.map(value => ({ jsonrpc: '2.0' as const, method: 'x', params: { value, deep: { list: [value] } } }));
            await appendAll(
                backend.log(),
                session,
                messages.map(message => ({ streamId: 's', message }))
            );
            expect((await readEvents(backend.log(), session, 's'))?.map(({ message }) => message)).toEqual(messages);
        }
    },
    {
        title: 'maxEventBytes: a message of so many bytes is kept as it was, where the log declares it',
        async run(open) {
            const backend = await open();
            const [log, session] = [backend.log(), newSession()];
            if (log.maxEventBytes === undefined) {
                return;
            }
            const room = log.maxEventBytes - Buffer.byteLength(JSON.stringify(message('')));
            // Two bytes each, so that whoever counts characters is found out.
            const longest = message('é'.repeat(Math.floor(room / 2)) + 'x'.repeat(room % 2));
            await appendAll(log, session, [event('s', 'before'), { streamId: 's', message: longest }, event('s', 'behind')]);
            const events = (await readEvents(backend.log(), session, 's')) ?? [];
            expect(events.map(({ message }) => textOf(message).length)).toEqual([6, textOf(longest).length, 6]);
            expect(isSame(events[1]?.message, longest), 'the longest message came back as it was').toBe(true);
        }
    },
    {
        title: 'append: what is changed in a message afterwards, or in what was read, is not changed in the log',
        async run(open) {
            const backend = await open();
            const log = backend.log();
            const session = newSession();
            const own = { jsonrpc: '2.0' as const, method: 'x', params: { list: [1] } };
            await appendAll(log, session, [{ streamId: 's', message: own }]);
            own.params.list.push(2);
            const [first] = (await readEvents(log, session, 's')) ?? [];
            (first?.message as typeof own).params.list.push(3);
            expect((await readEvents(log, session, 's'))?.[0]?.message).toEqual({ ...own, params: { list: [1] } });
        }
    },
    {
        title: 'append: of nothing changes nothing',
        async run(open) {
            const backend = await open();
            const session = newSession();
            expect(await backend.log().append(session, [])).toEqual([]);
            await appendAll(backend.log(), session, [event('s', 1)]);
            expect(await backend.log().append(session, [])).toEqual([]);
            expect(await readTexts(backend.log(), session, 's')).toEqual(['1']);
        }
    },
    {
        title: 'append: the first final response of a request is the only one, on any node, and what stands beside it is appended',
        async run(open) {
            const backend = await open();
            const session = newSession();
            const first = await backend.log().append(session, [event('s', 1), final('s', 2), final('s', 3), event('s', 4)]);
            expect(first.map(position => position === null)).toEqual([false, false, true, false]);
            const second = await backend.log().append(session, [final('s', 5), event('s', 6), final('s', 7, '0', true)]);
            expect(second.map(position => position === null)).toEqual([true, false, true]);
            expect(await readTexts(backend.log(), session, 's')).toEqual(['1', '2', '4', '6']);
        }
    },
    {
        title: 'append: of final responses that several nodes append at once, one is appended',
        async run(open) {
            const backend = await open();
            const nodes = [backend.log(), backend.log(), backend.log()];
            for (const round of numbers(5)) {
                const session = newSession();
                const attempts = await Promise.all(
                    numbers(12).map(async number =>
                        nth(nodes, Number(number) % 3).append(session, [final('s', number), event('s', 'beside')])
                    )
                );
                const won = attempts.flatMap(([position], index) => (position === null ? [] : [String(index + 1)]));
                expect(won, `round ${round}`).toHaveLength(1);
                expect((await readTexts(nth(nodes, 0), session, 's'))?.filter(text => text !== 'beside')).toEqual(won);
            }
        }
    },
    {
        title: 'append: a request is known by its stream and its name together',
        async run(open) {
            const backend = await open();
            const log = backend.log();
            const session = newSession();
            const events: NewEvent[] = [];
            for (const [streamId, finalOf] of requestNames) {
                events.push(final(streamId, events.length, finalOf));
            }
            await appendAll(log, session, events);
            expect(await log.append(session, events)).toEqual(events.map(() => null));
            await appendAll(log, newSession(), events);
        }
    }
];

/** Each pair is another request, though some are alike when they are put together. */
const requestNames: [string, string][] = [
    ['s', '0'],
    ['s', '1'],
    ['t', '0'],
    ['s', '00'],
    ['s0', '0'],
    ['a', 'b:c'],
    ['a:b', 'c'],
    ['a.b', 'c'],
    ['a', 'b.c'],
    ['a~b', 'c'],
    ['a', 'b~c'],
    ['a|b', 'c'],
    ['a', 'b|c'],
    ['a b', 'c'],
    ['a', 'b c'],
    ['__proto__', 'constructor'],
    ['constructor', '__proto__'],
    ['', 's0']
];
