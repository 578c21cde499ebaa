import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { createMemoryBackend, type EventLog, type MemoryBackend } from '@mcp-sessions/core';
import { afterEach, expect, it } from 'vitest';
import { bare, call, FetchNode, initialize, notify } from '../session/fetchNode.js';
import { EventReader } from './support/eventReader.js';
import { data, finish, resultText, Stage } from './support/stage.js';

const backends: MemoryBackend[] = [];
afterEach(() => Promise.all(backends.splice(0).map(backend => backend.close())));

/** A log that knows of all of a session, and not of each stream, up to where it has been trimmed; as those in databases do. */
class Trimmed {
    to = '';

    wrap(log: EventLog): EventLog {
        const { read, claim } = log;
        return Object.create(log, {
            read: {
                value: async (...args: Parameters<typeof read>) =>
                    'since' in args[2] && Number(args[2].since) < Number(this.to) ? null : read.apply(log, args)
            },
            claim: { value: async (...args: Parameters<typeof claim>) => ({ ...(await claim.apply(log, args)), kept: this.to }) }
        }) as EventLog;
    }
}

async function start() {
    const first = createMemoryBackend();
    const second = createMemoryBackend({ shareWith: first });
    backends.push(first, second);
    const trimmed = new Trimmed();
    const stage = new Stage();
    const furnish = (server: McpServer): void => {
        stage.furnish(server);
        server.registerTool('late', {}, async extra => {
            stage.open('begun');
            await stage.wait('end');
            await extra.sendNotification({ method: 'notifications/message', params: { level: 'info', data: 'one' } });
            return { content: [{ type: 'text', text: 'done' }] };
        });
    };
    const [a, b] = [first, second].map(
        backend => new FetchNode('N', { ...backend, eventLog: trimmed.wrap(backend.eventLog), furnish })
    ) as [FetchNode, FetchNode];
    const opened = await a.fetch(initialize());
    const sessionId = opened.headers.get('mcp-session-id') ?? '';
    await opened.text();
    await a.fetch(notify(sessionId, 'notifications/initialized'));
    const say = (words: string[], door: string) => call(sessionId, 'tools/call', { name: 'say', arguments: { words, door } });
    /** Everything that the log holds is newer than what begins now. */
    const trim = async () => {
        await finish(b.fetch(call(sessionId, 'tools/call', { name: 'tell', arguments: { words: ['1', '2'] } })));
        trimmed.to = await first.eventLog.touch(sessionId);
    };
    return { a, b, stage, sessionId, say, trim };
}

it('L2: a call that has sent nothing is gone on with, though all that the log held when it began has been trimmed', async () => {
    const { a, b, stage, sessionId, trim } = await start();
    const late = call(sessionId, 'tools/call', { name: 'late', arguments: {} });
    const asked = new EventReader(await a.fetch(late));
    await asked.event();
    const { lastEventId } = asked;
    await asked.cut();
    await stage.wait('begun');
    await trim();
    const resumed = await b.fetch(bare('GET', sessionId, { 'last-event-id': lastEventId }));
    expect(resumed.status).toBe(200);
    stage.open('end');
    expect((await new EventReader(resumed).rest()).map(message => data(message) ?? resultText(message))).toEqual(['one', 'done']);
});

it('L6: one that has sent something which was trimmed is answered 400', async () => {
    const { a, b, stage, sessionId, say, trim } = await start();
    const asked = new EventReader(await a.fetch(say(['one', 'two'], 'end')));
    const primed = await asked.event();
    expect(data(await asked.next())).toBe('one');
    await asked.cut();
    await trim();
    const refused = await b.fetch(bare('GET', sessionId, { 'last-event-id': primed?.id ?? '' }));
    expect(refused.status).toBe(400);
    stage.open('end');
});
