import { InMemoryEventLog, readHistory } from '@mcp-sessions/core';
import { expect, it } from 'vitest';
import { eventOf, historyNameOf, historyStream } from '../../src/history/entry.js';
import { all, word, words } from './support/entries.js';
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

it('H1: what was written twice is read once, however many other nodes have written in between', async () => {
    const log = new InMemoryEventLog();
    const name = await historyNameOf('s');
    const write = (node: string) => {
        const entry = { time: new Date().toISOString(), node, number: 1, direction: 'in', message: note(`of ${node}`) } as const;
        return log.append(name, [{ streamId: historyStream, message: eventOf(entry) }]);
    };
    const nodes = Array.from({ length: 12 }, (_, index) => `node-${index}`);
    for (const node of [...nodes, nodes[0]!]) await write(node);
    const entries = await all(readHistory(log, 's'));
    expect(words(entries)).toEqual(nodes.map(node => `in of ${node}`));
    // A position stays short.
    expect(entries.at(-1)!.position.split('~')).toHaveLength(5);
});
