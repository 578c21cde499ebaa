import { InMemoryEventLog, readHistory, type EventLog } from '@mcp-sessions/core';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { HistoryRecorder } from '../../src/history/historyRecorder.js';
import { all, words } from './support/entries.js';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] }));
afterEach(() => void vi.useRealTimers());

const session = { sessionId: 'the-session', sessionName: 'its-digest', principal: undefined };
/** Time goes by in small steps, and what takes real time, such as hashing, happens in between. */
async function minutes(count: number): Promise<void> {
    for (let step = 0; step < count * 12; step++) {
        await vi.advanceTimersByTimeAsync(5000);
        await new Promise(resolve => setImmediate(resolve));
        await crypto.subtle.digest('SHA-256', new Uint8Array());
    }
}

it('H3: what cannot be written for long is given up, and the history says how much, as soon as it can', async () => {
    const inner = new InMemoryEventLog({ ttlSeconds: 100_000 });
    const errors: string[] = [];
    let isUp = false;
    let calls = 0;
    const log: EventLog = Object.assign(Object.create(inner) as EventLog, {
        append: async (...args: Parameters<EventLog['append']>) => {
            calls++;
            if (!isUp) throw new Error('down');
            return inner.append(...args);
        }
    });
    const recorder = new HistoryRecorder({ log, node: { id: 'a-node' }, report: error => errors.push(error.message) });
    for (let id = 0; id < 150; id++) void recorder.message(session, 'in', { jsonrpc: '2.0', id, method: 'ping' });
    await minutes(12);
    expect(errors).toHaveLength(2);
    isUp = true;
    await minutes(1);
    expect(words(await all(readHistory(inner, session.sessionId)))).toEqual(['dropped 150 overflow']);

    isUp = false;
    void recorder.message(session, 'out', { jsonrpc: '2.0', method: 'notifications/message' });
    await minutes(30);
    // Not even the gap could be written: nothing is tried any more.
    calls = 0;
    await minutes(30);
    expect(calls).toBe(0);
    isUp = true;
    void recorder.message(session, 'in', { jsonrpc: '2.0', id: 1, method: 'ping' });
    await minutes(1);
    expect(words(await all(readHistory(inner, session.sessionId)))).toEqual(['dropped 150 overflow', 'in ping']);
});
