import { readHistory } from '@mcp-sessions/core';
import { expect, it } from 'vitest';
import { all, words } from './support/entries.js';
import { down, note, record, RuledLog, sessionOf } from './support/recorder.js';

const read = (log: RuledLog, id: string) => all(readHistory(log, id)).then(words);

it('H3: small messages that wait are bounded by what they take of memory', async () => {
    const log = new RuledLog();
    log.rule = down;
    const { recorder } = record(log, { maxWaiting: 100_000 });
    for (let n = 0; n < 300; n++) void recorder.message(sessionOf('s'), 'in', note('ping'));
    log.rule = () => undefined;
    await recorder.flush(5000);
    const entries = await read(log, 's');
    const kept = entries.filter(entry => entry === 'in ping').length;
    expect(kept).toBeGreaterThan(80);
    expect(kept).toBeLessThan(100);
    expect(entries.at(-1)).toBe(`dropped ${300 - kept} overflow`);
});

it('H3: so are sessions that have anything waiting, and one at a time tries a store that fails', async () => {
    const log = new RuledLog();
    log.rule = down;
    const { recorder, errors } = record(log);
    const large = { text: 'x'.repeat(2_000_000) };
    void recorder.message(sessionOf('s0'), 'in', note('ping'));
    await expect.poll(() => errors.length).toBe(1);
    for (let n = 0; n < 34; n++) void recorder.message(sessionOf(`large ${n % 17}`), 'in', note('large', large));
    for (let n = 1; n < 2000; n++) void recorder.message(sessionOf(`s${n}`), 'in', note('ping'));
    await expect.poll(() => log.appends, { timeout: 10_000 }).toBeGreaterThanOrEqual(4);
    expect(log.appends).toBeLessThan(20);
    log.rule = () => undefined;
    await recorder.flush(30_000);
    const lost = errors.flatMap(error => /^(\d+) messages are missing/.exec(error)?.[1] ?? []).map(Number);
    expect(lost).toHaveLength(1);
    expect(lost[0]).toBeGreaterThan(100);
    expect(log.inner.size).toBe(17 + 2000 - lost[0]!);
}, 60_000);

it('what is told of a message does not wait for those that came after it', async () => {
    const log = new RuledLog();
    const going: (() => void)[] = [];
    log.rule = () => new Promise<void>(resolve => going.push(resolve));
    const { recorder } = record(log);
    const told: string[] = [];
    const add = (name: string) => recorder.message(sessionOf('s'), 'in', note(name)).then(() => told.push(name));
    const first = add('first');
    await expect.poll(() => going.length).toBe(1);
    const second = add('second');
    going[0]!();
    await first;
    expect(told).toEqual(['first']);
    await expect.poll(() => going.length).toBe(2);
    going[1]!();
    await second;
    expect(await read(log, 's')).toEqual(['in first', 'in second']);
});

it('H3: nothing is waited for while the store is known to fail', async () => {
    const log = new RuledLog();
    log.rule = down;
    const { recorder, errors } = record(log);
    await recorder.message(sessionOf('s'), 'in', note('one'));
    await expect.poll(() => errors.length).toBe(1);
    const before = log.appends;
    log.rule = () => new Promise(() => undefined);
    await recorder.message(sessionOf('s'), 'in', note('two'));
    await recorder.message(sessionOf('another'), 'in', note('three'));
    expect(log.appends).toBe(before);
});

it('a flush tries at once what waits for a store that failed', async () => {
    const log = new RuledLog();
    log.rule = down;
    const { recorder } = record(log);
    for (const id of ['a', 'b', 'c']) void recorder.message(sessionOf(id), 'in', note('m'));
    // From here on the pause is at least a second.
    await expect.poll(() => log.appends, { timeout: 15_000 }).toBeGreaterThanOrEqual(12);
    log.rule = () => undefined;
    const before = log.appends;
    const flushed = recorder.flush(60_000);
    await expect.poll(() => log.appends, { interval: 5 }).toBe(before + 3);
    await flushed;
    for (const id of ['a', 'b', 'c']) expect(await read(log, id)).toEqual(['in m']);
});

it('a flush keeps the process alive, and what waits does not', async () => {
    const timers = () => process.getActiveResourcesInfo().filter(name => name === 'Timeout').length;
    const log = new RuledLog();
    log.rule = down;
    const { recorder } = record(log);
    void recorder.message(sessionOf('s'), 'in', note('m'));
    await expect.poll(() => log.appends, { timeout: 10_000 }).toBeGreaterThanOrEqual(4);
    const before = timers();
    const flushed = recorder.flush(60_000);
    expect(timers()).toBe(before + 1);
    log.rule = () => undefined;
    await flushed;
    expect(timers()).toBe(before);
});
