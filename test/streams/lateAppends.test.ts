import { createMemoryBackend, type EventLog, type NewEvent } from '@mcp-sessions/core';
import { afterEach, expect, it, vi } from 'vitest';
import { bare, call, FetchNode, initialize, notify } from '../session/fetchNode.js';
import { EventReader } from './support/eventReader.js';
import { data, Stage } from './support/stage.js';

const backend = createMemoryBackend();
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
