import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { createMemoryBackend, flushHistory, readHistory, type EventLog, type MemoryBackend, type NewEvent } from '@mcp-sessions/core';
import { afterEach, beforeEach, expect, it, onTestFinished, vi } from 'vitest';
import { all, words } from '../history/support/entries.js';
import { bare, call, FetchNode, initialize, notify } from '../session/fetchNode.js';
import { EventReader } from './support/eventReader.js';
import { data, finish, resultText, Stage } from './support/stage.js';

let backend: MemoryBackend;
beforeEach(() => {
    backend = createMemoryBackend({ history: {} });
});
afterEach(() => backend.close());

/** A log whose driver holds appends back while its server is away, and sends them some time after newer ones can be sent. */
class Away {
    isAway = false;
    readonly held: (() => void)[] = [];

    wrap(log: EventLog): EventLog {
        return Object.create(log, {
            append: {
                value: async (session: string, events: readonly NewEvent[]) => {
                    if (this.isAway) await new Promise<void>(resolve => this.held.push(resolve));
                    return log.append(session, events);
                }
            }
        }) as EventLog;
    }

    sendHeld(): void {
        this.held.splice(0).forEach(send => send());
    }
}

it('F1, L2: what a driver sends late is not behind what came after it', async () => {
    const stage = new Stage();
    const away = new Away();
    const options = { ...backend, eventLog: away.wrap(backend.eventLog), storeTimeoutMs: 100 };
    const node = new FetchNode('A', {
        ...options,
        furnish: server =>
            server.registerTool('speak', {}, async extra => {
                const say = (word: string) =>
                    extra.sendNotification({ method: 'notifications/message', params: { level: 'info', data: word } });
                await say('before');
                await stage.wait('away');
                await say('late 1');
                await say('late 2');
                await stage.wait('back');
                await say('after');
                await stage.wait('sent');
                await say('last');
                await stage.wait('cut');
                return { content: [] };
            })
    });
    const opened = await node.fetch(initialize());
    const sessionId = opened.headers.get('mcp-session-id') ?? '';
    await opened.text();
    await node.fetch(notify(sessionId, 'notifications/initialized'));

    const answer = new EventReader(await node.fetch(call(sessionId, 'tools/call', { name: 'speak', arguments: {} })));
    expect(data(await answer.next())).toBe('before');
    away.isAway = true;
    stage.open('away');
    expect([data(await answer.next()), data(await answer.next())]).toEqual(['late 1', 'late 2']);
    // Both went to the client without an id, since the log did not answer.
    expect(answer.seen.slice(-2).map(event => event.id)).toEqual([undefined, undefined]);
    const { lastEventId } = answer;
    away.isAway = false;
    stage.open('back');
    expect(data(await answer.next())).toBe('after');
    away.sendHeld();
    stage.open('sent');
    expect(data(await answer.next())).toBe('last');
    await answer.cut();
    stage.open('cut');
    const resumed = new EventReader(await node.fetch(bare('GET', sessionId, { 'last-event-id': lastEventId })));
    // What was given up comes once more, since the log has it now; it is not behind what is newer.
    expect((await resumed.rest()).map(data).filter(word => word !== undefined)).toEqual(['late 1', 'last']);
    await vi.waitFor(() => expect(node.errors.length).toBeGreaterThan(0));
});

/** A log that has carried appends out when they seem to have failed: their answers are lost, or late. */
class Unheard {
    isUnheard = false;
    /** Whether the answers come, later than anybody waits. */
    isLate = false;
    unheard = 0;

    wrap(log: EventLog): EventLog {
        return Object.create(log, {
            append: {
                value: async (session: string, events: readonly NewEvent[]) => {
                    const { isUnheard } = this;
                    const positions = await log.append(session, events);
                    if (!isUnheard) return positions;
                    this.unheard++;
                    if (!this.isLate) throw new Error('The connection was lost');
                    await new Promise(resolve => setTimeout(resolve, 150));
                    return positions;
                }
            }
        }) as EventLog;
    }
}

const kept = async (sessionId: string): Promise<string[]> => {
    await flushHistory(backend.historyLog!);
    return words(await all(readHistory(backend.historyLog!, sessionId)));
};

it.each([true, false])(
    'H1, L3: a result that was written after all is the one of this node, though it seemed lost (late: %s)',
    async isLate => {
        const ended: unknown[] = [];
        const listener = (event: unknown) => void ended.push(event);
        subscribe('mcp-sessions:call-ended', listener);
        const stage = new Stage();
        const log = new Unheard();
        const node = new FetchNode('A', {
            ...backend,
            eventLog: log.wrap(backend.eventLog),
            storeTimeoutMs: 100,
            furnish: server =>
                server.registerTool('work', {}, async () => {
                    await stage.wait('away');
                    return { content: [{ type: 'text', text: 'done' }] };
                })
        });
        try {
            const opened = await node.fetch(initialize());
            const sessionId = opened.headers.get('mcp-session-id') ?? '';
            await opened.text();
            ended.length = 0;
            const answer = new EventReader(await node.fetch(call(sessionId, 'tools/call', { name: 'work', arguments: {} })));
            await answer.event();
            await answer.cut();
            Object.assign(log, { isUnheard: true, isLate });
            stage.open('away');
            await vi.waitFor(() => expect(log.unheard).toBeGreaterThan(0), { timeout: 10_000, interval: 5 });
            log.isUnheard = false;
            await vi.waitFor(() => expect(ended).toMatchObject([{ method: 'tools/call', outcome: 'result' }]), 10_000);
            const resumed = await finish(node.fetch(bare('GET', sessionId, { 'last-event-id': answer.lastEventId })));
            expect(resumed.map(resultText)).toEqual(['done']);
            expect((await kept(sessionId)).slice(2)).toEqual(['in tools/call', 'out result']);
        } finally {
            unsubscribe('mcp-sessions:call-ended', listener);
        }
    }
);

it.each([true, false])(
    'H1, L5: the error that stands in for a lost result is in the history, though its append seemed lost (late: %s)',
    async isLate => {
        const lost: unknown[] = [];
        const listener = (event: unknown) => void lost.push(event);
        subscribe('mcp-sessions:producer-lost', listener);
        onTestFinished(() => void unsubscribe('mcp-sessions:producer-lost', listener));
        const stage = new Stage();
        const a = new FetchNode('A', { ...backend, furnish: stage.furnish });
        const log = new Unheard();
        const shared = createMemoryBackend({ shareWith: backend });
        const b = new FetchNode('B', { ...shared, eventLog: log.wrap(shared.eventLog), storeTimeoutMs: 100 });
        const opened = await a.fetch(initialize());
        const sessionId = opened.headers.get('mcp-session-id') ?? '';
        await opened.text();
        const answer = new EventReader(await a.fetch(call(sessionId, 'tools/call', { name: 'hang', arguments: { name: 'dead' } })));
        await answer.event();
        await stage.wait('hanging dead');
        await answer.cut();
        Object.assign(log, { isUnheard: true, isLate });
        const resumed = finish(b.fetch(bare('GET', sessionId, { 'last-event-id': answer.lastEventId })));
        // The node is gone as far as others can see.
        const transport = await a.transport(sessionId);
        await transport?.close();
        await vi.waitFor(() => expect(log.unheard).toBeGreaterThan(0), { timeout: 10_000, interval: 5 });
        log.isUnheard = false;
        expect(await resumed).toMatchObject([{ error: { code: -32000 } }]);
        await vi.waitFor(async () => expect((await kept(sessionId)).slice(2)).toEqual(['in tools/call', 'out error -32000']), 10_000);
        expect(lost).toHaveLength(1);
    }
);
