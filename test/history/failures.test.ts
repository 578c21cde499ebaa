import {
    createMemoryBackend,
    isSessionError,
    readHistory,
    type HistoryOptions,
    type JSONRPCMessage,
    type NewEvent,
    type RedactionContext
} from '@mcp-sessions/core';
import { afterEach, describe, expect, it } from 'vitest';
import type { HandlerNode } from '../handler/support/handlerNode.js';
import { startNode } from '../handler/support/nodes.js';
import { initialize, request } from '../handler/support/requests.js';
import { all, holding, messagesOf, words } from './support/entries.js';
import { RuledLog } from './support/recorder.js';

const begun = ['in initialize', 'out result', 'in notifications/initialized'];
const echo = (node: HandlerNode, id: string, value: string) => request(node.url, id, 'tools/call', { name: 'echo', arguments: { value } });

/** A log whose appends can be made to go wrong. */
class Faulty extends RuledLog {
    fault: 'none' | 'refuse' | 'hang' | 'lose' = 'none';
    readonly tries: (readonly NewEvent[])[] = [];
    private readonly hanging: (() => void)[] = [];

    override async append(sessionId: string, events: readonly NewEvent[]): Promise<readonly (string | null)[]> {
        this.tries.push(events);
        const { fault } = this;
        if (fault === 'hang') await new Promise<void>(resolve => this.hanging.push(resolve));
        if (fault === 'refuse') throw Object.assign(new Error('refused'), { command: { args: events } });
        const positions = await super.append(sessionId, events);
        if (fault === 'lose') throw new Error('the connection broke');
        return positions;
    }

    recover(): void {
        this.fault = 'none';
        this.hanging.splice(0).forEach(go => go());
    }
}

let log: Faulty;
afterEach(() => log.recover());

const start = (history: Omit<HistoryOptions, 'log'> = {}) => {
    log = new Faulty();
    return startNode({ backend: createMemoryBackend(), history: { ...history, log } });
};
const read = (id: string) => all(readHistory(log, id));
const readAll = async (id: string, count: number) => {
    await expect.poll(async () => (await read(id)).length, { timeout: 15_000 }).toBe(count);
    return read(id);
};
const failures = (node: HandlerNode) => node.errors.filter(error => isSessionError(error) && error.code === 'HISTORY_FAILED');

describe('when the store of the history fails', () => {
    it.each(['refuse', 'hang'] as const)('the session goes on, is told once, and what waited is written later (%s)', async fault => {
        const node = await start();
        const id = await initialize(node.url);
        await readAll(id, 3);
        log.fault = fault;
        for (let n = 0; n < 20; n++) expect((await echo(node, id, `call ${n}`)).status).toBe(200);
        await expect.poll(() => failures(node).length, { timeout: 10_000 }).toBe(1);
        expect(JSON.stringify(failures(node)[0]) + String(failures(node)[0]?.cause)).not.toContain('call 0');
        expect(Object.keys(failures(node)[0]?.cause as object)).not.toContain('command');
        log.recover();
        const entries = await readAll(id, 43);
        expect(words(entries).slice(3)).toEqual(Array.from({ length: 20 }, () => ['in tools/call', 'out result']).flat());
        expect(failures(node)).toHaveLength(1);
    });

    it('H3: a call does not wait for it', async () => {
        const node = await start();
        const id = await initialize(node.url);
        await readAll(id, 3);
        log.fault = 'hang';
        const before = log.tries.length;
        await echo(node, id, 'one');
        await expect.poll(() => log.tries.length).toBe(before + 1);
        // The append of the first one is under way, and stays so.
        expect((await echo(node, id, 'two')).text).toContain('two');
        expect((await fetch(node.url, { method: 'DELETE', headers: { 'mcp-session-id': id } })).status).toBe(200);
        expect(log.tries).toHaveLength(before + 1);
        log.recover();
        expect(words(await readAll(id, 8)).at(-1)).toBe('ended by client');
    });

    it('H1: what was written although the answer was lost is there once', async () => {
        const node = await start();
        const id = await initialize(node.url);
        await readAll(id, 3);
        log.fault = 'lose';
        await echo(node, id, 'one');
        await expect.poll(() => failures(node).length).toBe(1);
        log.recover();
        await expect.poll(() => log.tries.length).toBeGreaterThan(2);
        await echo(node, id, 'two');
        const entries = await readAll(id, 7);
        expect(words(entries)).toEqual([...begun, 'in tools/call', 'out result', 'in tools/call', 'out result']);
        expect(holding(entries, '"one"')).toHaveLength(2);
    });

    it('H3: what is over the bound is dropped, and an entry says how much', async () => {
        const node = await start({ maxWaiting: 4000 });
        const id = await initialize(node.url);
        await readAll(id, 3);
        log.fault = 'refuse';
        for (let n = 0; n < 10; n++) await echo(node, id, 'x'.repeat(1000));
        log.recover();
        await expect.poll(async () => words(await read(id)).some(word => word.startsWith('dropped')), { timeout: 15_000 }).toBe(true);
        await echo(node, id, 'after');
        await expect.poll(async () => holding(await read(id), 'after').length).toBe(2);
        const entries = await read(id);
        const dropped = entries.flatMap(entry => ('event' in entry && entry.event === 'dropped' ? [entry.count] : []));
        const kept = messagesOf(entries).length;
        expect(kept + dropped.reduce((sum, count) => sum + count, 0)).toBe(3 + 20 + 2);
        expect(dropped.length).toBeGreaterThan(0);
        expect(kept).toBeLessThan(12);
        expect(failures(node).length).toBeGreaterThanOrEqual(2);
    });

    it('a handler that closes waits for what is under way', async () => {
        const node = await start();
        const id = await initialize(node.url);
        await readAll(id, 3);
        log.fault = 'hang';
        await echo(node, id, 'one');
        let isClosed = false;
        const closing = node.handler.close().then(() => (isClosed = true));
        await expect.poll(() => node.handler.localSessions).toBe(0);
        for (let turn = 0; turn < 50; turn++) await new Promise(resolve => setImmediate(resolve));
        expect(isClosed).toBe(false);
        log.recover();
        await closing;
        expect(words(await read(id))).toEqual([...begun, 'in tools/call', 'out result']);
    });

    it('H3: a handler closes all the same', async () => {
        const node = await start();
        const id = await initialize(node.url);
        log.fault = 'hang';
        await echo(node, id, 'one');
        await node.handler.close();
        expect(words(await read(id))).not.toContain('in tools/call');
    });
});

describe('a message that is too large for the history', () => {
    it('is there without its content', async () => {
        const node = await start();
        log.maxEventBytes = 2000;
        const id = await initialize(node.url);
        await echo(node, id, 'y'.repeat(5000));
        await echo(node, id, 'small');
        const entries = messagesOf(await readAll(id, 7));
        expect(entries[3]).toMatchObject({ message: { id: 1, method: 'tools/call' } });
        expect(entries[3]?.omittedBytes).toBeGreaterThan(5000);
        expect(entries[4]).toMatchObject({ message: { id: 1, result: {} } });
        expect(entries[5]?.omittedBytes).toBeUndefined();
        expect(JSON.stringify(entries)).not.toContain('yyy');
    });
});

describe('redact', () => {
    it('H4: decides what is kept, and changes nothing for the session', async () => {
        const contexts: RedactionContext[] = [];
        const redact = (message: JSONRPCMessage, context: RedactionContext) => {
            contexts.push(context);
            if ('method' in message && message.method === 'ping') return undefined;
            if ('method' in message && message.params?.['arguments']) message.params['arguments'] = '(hidden)';
            if ('result' in message) (message.result['content'] as { text: string }[] | undefined)?.forEach(part => (part.text = '***'));
            return message;
        };
        const node = await start({ redact });
        const id = await initialize(node.url);
        await request(node.url, id, 'ping');
        expect((await echo(node, id, 'secret')).text).toContain('secret');
        const entries = await readAll(id, 6);
        expect(words(entries)).toEqual([...begun, 'out result', 'in tools/call', 'out result']);
        expect(JSON.stringify(entries)).not.toContain('secret');
        expect(messagesOf(entries)[4]?.message).toMatchObject({ params: { name: 'echo', arguments: '(hidden)' } });
        expect(new Set(contexts.map(({ session }) => session)).size).toBe(1);
        expect(contexts[0]).toMatchObject({ direction: 'in', principal: undefined });
        expect(id).not.toContain(contexts[0]?.session);
    });

    it.each([
        [
            'throws',
            () => {
                throw new Error('not this one');
            }
        ],
        ['returns no message', () => 'text' as never],
        ['returns a promise', () => Promise.resolve({}) as never]
    ])('that %s leaves a message out, and the history says so', async (_, fault) => {
        const redact = (message: JSONRPCMessage) => (JSON.stringify(message).includes('bad') ? fault() : message);
        const node = await start({ redact });
        const id = await initialize(node.url);
        expect((await echo(node, id, 'bad')).text).toContain('bad');
        expect((await echo(node, id, 'good')).text).toContain('good');
        const entries = await readAll(id, 7);
        expect(words(entries).slice(3)).toEqual(['dropped 1 redaction', 'dropped 1 redaction', 'in tools/call', 'out result']);
        expect(failures(node)).toHaveLength(2);
    });
});
