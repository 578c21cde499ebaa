import { createMemoryBackend, readHistory, type JSONRPCMessage } from '@mcp-sessions/core';
import { expect, it } from 'vitest';
import { startNode } from '../handler/support/nodes.js';
import { initialize } from '../handler/support/requests.js';
import { all, messagesOf, words } from './support/entries.js';
import { note, record, RuledLog, sessionOf } from './support/recorder.js';

const entriesOf = async (log: RuledLog, count: number) => {
    await expect.poll(async () => (await all(readHistory(log, 's'))).length).toBe(count);
    return all(readHistory(log, 's'));
};
const nested = (depth: number) => JSON.parse('['.repeat(depth) + ']'.repeat(depth)) as unknown;

it.each([600, 3000, 50_000])('H1: a call nested %i deep is there, without its content', async depth => {
    const node = await startNode({ backend: createMemoryBackend({ history: {} }) });
    const id = await initialize(node.url);
    const params = `{"name":"echo","arguments":{"value":"hidden","pad":${'['.repeat(depth)}${']'.repeat(depth)}}}`;
    const answer = await fetch(node.url, {
        method: 'POST',
        headers: {
            'content-type': 'application/json',
            accept: 'application/json, text/event-stream',
            'mcp-session-id': id,
            'mcp-protocol-version': '2025-06-18'
        },
        body: `{"jsonrpc":"2.0","id":7,"method":"tools/call","params":${params}}`
    });
    expect(answer.status).toBe(200);
    expect(await answer.text()).toContain('hidden');
    await expect.poll(async () => (await all(node.handler.history(id))).length).toBe(5);
    const entries = messagesOf(await all(node.handler.history(id)));
    expect(entries[3]?.message).toEqual({ jsonrpc: '2.0', id: 7, method: 'tools/call' });
    expect(entries[3]?.omittedBytes).toBeTypeOf('number');
    expect(node.errors.filter(error => error.message.includes('too deep'))).toHaveLength(1);
});

it('H3: a method and an id of megabytes are cut', async () => {
    const log = new RuledLog();
    log.maxEventBytes = 2000;
    const { recorder } = record(log);
    await recorder.message(sessionOf('s'), 'in', { jsonrpc: '2.0', id: 'i'.repeat(3_000_000), method: 'm'.repeat(3_000_000) });
    const [entry] = messagesOf(await entriesOf(log, 1));
    expect(entry).toMatchObject({ message: { id: 'i'.repeat(200), method: 'm'.repeat(200) } });
    expect(entry?.omittedBytes).toBeGreaterThan(6_000_000);
});

it('H3: where even what is left is too large for the log, there is a gap', async () => {
    const log = new RuledLog();
    log.maxEventBytes = 300;
    const { recorder } = record(log);
    await recorder.message(sessionOf('s'), 'in', note('m'.repeat(1000)));
    expect(words(await entriesOf(log, 1))).toEqual(['dropped 1 refused']);
});

it.each<[string, unknown]>([
    ['an error without a text', { jsonrpc: '2.0', id: 1, error: { code: 1, data: 'y'.repeat(5000) } }],
    ['an error that is null', { jsonrpc: '2.0', id: 1, error: null, data: 'y'.repeat(5000) }],
    ['an id that is an object', { jsonrpc: '2.0', id: { a: 'y'.repeat(5000) }, result: {} }],
    ['a method that is a list', { jsonrpc: '2.0', method: ['y'.repeat(5000)] }],
    ['something nested deep', { jsonrpc: '2.0', id: 1, result: { pad: nested(1000) } }]
])('H4: redact may return %s, and what comes after it is kept', async (_, odd) => {
    const log = new RuledLog();
    log.maxEventBytes = 2000;
    const { recorder } = record(log, { redact: message => ('method' in message ? message : (odd as JSONRPCMessage)) });
    void recorder.message(sessionOf('s'), 'out', { jsonrpc: '2.0', id: 1, result: {} });
    await recorder.message(sessionOf('s'), 'in', note('later'));
    const entries = messagesOf(await entriesOf(log, 2));
    expect(entries[0]?.omittedBytes).toBeGreaterThan(1000);
    expect(entries[1]?.message).toEqual(note('later'));
});

it('H3: a log that throws, and somebody who throws at what is reported, lose nothing that can be kept', async () => {
    const log = new RuledLog();
    let isOdd = true;
    const throwing = Object.assign(Object.create(log) as RuledLog, {
        get maxEventBytes(): number {
            return 100_000;
        },
        append: (...args: Parameters<RuledLog['append']>) => {
            if (isOdd) {
                isOdd = false;
                throw new RangeError('Maximum call stack size exceeded');
            }
            return log.append(...args);
        }
    });
    const { recorder, errors } = record(throwing);
    errors.push = () => {
        throw new Error('this, too');
    };
    await recorder.message(sessionOf('s'), 'in', note('one'));
    await recorder.message(sessionOf('s'), 'in', note('two'));
    expect(words(await entriesOf(log, 2))).toEqual(['in one', 'in two']);
});
