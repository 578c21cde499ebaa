import { readHistory } from '@mcp-sessions/core';
import { expect, it } from 'vitest';
import { historyNameOf } from '../../src/history/entry.js';
import { all, words } from './support/entries.js';
import { down, note, record, RuledLog, sessionOf, type Rule } from './support/recorder.js';

const read = (log: RuledLog, id: string) => all(readHistory(log, id)).then(words);
const refuses: Rule = events => {
    if (JSON.stringify(events).includes('poison')) throw new Error('too large for the store');
};

it('H3: what the store refuses becomes a gap in its place, and all around it is kept', async () => {
    const log = new RuledLog();
    log.rule = refuses;
    const { recorder, errors } = record(log);
    for (let n = 0; n < 40; n++) void recorder.message(sessionOf('s'), 'in', note(n === 17 || n === 18 ? 'poison' : `m${n}`));
    await expect.poll(async () => (await read(log, 's')).length, { timeout: 10_000 }).toBe(40);
    const expected = Array.from({ length: 40 }, (_, n) => (n === 17 || n === 18 ? 'dropped 1 refused' : `in m${n}`));
    expect(await read(log, 's')).toEqual(expected);
    expect(errors).toEqual(Array.from({ length: 2 }, () => 'The store of the history refuses a message: it is missing there'));
    expect(log.appends).toBeLessThan(80);
});

it('H3: a store that refuses for a while loses nothing', async () => {
    const log = new RuledLog();
    log.rule = down;
    const { recorder } = record(log);
    for (let n = 0; n < 3; n++) void recorder.message(sessionOf('s'), 'in', note(`m${n}`));
    await expect.poll(() => log.appends).toBeGreaterThan(3);
    log.rule = () => undefined;
    await expect.poll(() => read(log, 's'), { timeout: 10_000 }).toEqual(['in m0', 'in m1', 'in m2']);
});

it('H3: a session that fails alone holds up no other, though it has all that may wait', { timeout: 60_000 }, async () => {
    const log = new RuledLog();
    const broken = new Set<string>();
    log.rule = (_, name) => (broken.has(name) ? down([], name) : undefined);
    const { recorder, errors } = record(log);
    // A part of the store is out of order.
    for (let s = 0; s < 9; s++) broken.add(await historyNameOf(`broken ${s}`));
    for (let s = 0; s < 9; s++) void recorder.message(sessionOf(`broken ${s}`), 'in', note('first'));
    await recorder.message(sessionOf('good'), 'in', note('m'));
    await expect.poll(() => read(log, 'good'), { timeout: 10_000 }).toEqual(['in m']);
    await expect.poll(() => log.appends, { timeout: 10_000 }).toBeGreaterThan(45);
    const large = { text: 'x'.repeat(1_900_000) };
    for (let s = 0; s < 9; s++) for (let n = 0; n < 4; n++) void recorder.message(sessionOf(`broken ${s}`), 'in', note('large', large));
    expect(errors).toContain('The store of the history does not keep up: messages are missing there');
    for (let n = 0; n < 4; n++) void recorder.message(sessionOf('good'), 'in', note(`m${n}`, large));
    await expect.poll(async () => (await read(log, 'good')).length, { timeout: 10_000 }).toBe(5);
    expect(await read(log, 'good')).toEqual(['in m', 'in m0', 'in m1', 'in m2', 'in m3']);
    broken.clear();
    void recorder.flush(5000);
    await expect.poll(async () => (await read(log, 'broken 0'))[0], { timeout: 10_000 }).toBe('in first');
});

it('H3: a part of the store that hangs leaves room to the others, though it had taken all before that was seen', async () => {
    const log = new RuledLog();
    const hung = new Set<string>();
    for (let s = 0; s < 9; s++) hung.add(await historyNameOf(`hung ${s}`));
    log.rule = (_, name) => (hung.has(name) ? new Promise(() => undefined) : undefined);
    const { recorder, errors } = record(log);
    const large = { text: 'x'.repeat(1_900_000) };
    const told: Promise<void>[] = [];
    for (let s = 0; s < 9; s++) for (let n = 0; n < 4; n++) told.push(recorder.message(sessionOf(`hung ${s}`), 'in', note('large', large)));
    expect(errors).toContain('The store of the history does not keep up: messages are missing there');
    await Promise.all(told);
    await expect.poll(() => errors.some(error => error.includes('waits in memory'))).toBe(true);
    for (let n = 0; n < 4; n++) void recorder.message(sessionOf('good'), 'in', note(`m${n}`, large));
    await expect.poll(() => read(log, 'good'), { timeout: 10_000 }).toEqual(['in m0', 'in m1', 'in m2', 'in m3']);
});
