import { readHistory } from '@mcp-sessions/core';
import { expect, it } from 'vitest';
import { word } from './support/entries.js';
import { note, record, RuledLog, sessionOf } from './support/recorder.js';

it('H1: one that reads on after what it has had sees once what was written twice', async () => {
    const log = new RuledLog();
    let isFirst = true;
    log.rule = async (events, name) => {
        if (!isFirst) return;
        isFirst = false;
        await log.inner.append(name, events);
        log.rule = () => {
            log.rule = () => undefined;
            throw new Error('the connection is broken');
        };
        throw new Error('the connection broke');
    };
    const { recorder } = record(log);
    for (const name of ['a', 'b', 'c']) void recorder.message(sessionOf('s'), 'in', note(name));
    const seen: string[] = [];
    let after: string | undefined;
    const follow = async () => {
        for await (const entry of readHistory(log, 's', { after })) {
            seen.push(word(entry));
            after = entry.position;
            // As a follower does that stops in the middle.
            if (seen.length === 2) break;
        }
        return seen.length;
    };
    await expect.poll(follow).toBe(3);
    await recorder.flush(5000);
    await recorder.message(sessionOf('s'), 'out', note('d'));
    await expect.poll(follow).toBe(4);
    expect(seen).toEqual(['in a', 'in b', 'in c', 'out d']);
    expect(log.appends).toBeGreaterThanOrEqual(4);
});
