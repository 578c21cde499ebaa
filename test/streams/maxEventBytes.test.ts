import { createMemoryBackend, isSessionError, type EventLog, type MemoryBackend, type NewEvent } from '@mcp-sessions/core';
import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { ElicitResultSchema } from '@modelcontextprotocol/sdk/types.js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { bare, call, FetchNode, initialize, notify, post } from '../session/fetchNode.js';
import { EventReader } from './support/eventReader.js';
import { data, finish, resultText, Stage } from './support/stage.js';

const maxEventBytes = 2000;
const big = 'x'.repeat(maxEventBytes);
const question = { message: big, requestedSchema: { type: 'object' as const, properties: {} } };

let stage: Stage;
let backends: MemoryBackend[];
let appended: NewEvent[];
let a: FetchNode;
let b: FetchNode;
let sessionId: string;

const tool = (name: string, args: object = {}) => call(sessionId, 'tools/call', { name, arguments: args });
const resume = (lastEventId: string) => bare('GET', sessionId, { 'last-event-id': lastEventId });
const tooLargeAt = (node: FetchNode) =>
    node.errors.splice(0).map(error => {
        expect(isSessionError(error) && error.code).toBe('EVENT_TOO_LARGE');
        expect(error.message).not.toContain('xx');
        return error.message;
    });
const lost = (id: unknown) => ({
    id,
    error: { code: -32603, message: expect.stringMatching(/too large to be kept \(\d+ bytes, at most 2000\)/) as string }
});

/** Beside the tools of the stage: one with a large result, and one that asks on the standalone stream. */
const furnish = (server: McpServer): void => {
    stage.furnish(server);
    server.registerTool(
        'make',
        { inputSchema: { text: z.string(), times: z.number().default(1), door: z.string().optional() } },
        async ({ text, times, door }, extra) => {
            await extra.sendNotification({ method: 'notifications/message', params: { level: 'info', data: 'made' } });
            if (door) await stage.wait(door);
            return { content: [{ type: 'text', text: text.repeat(times) }] };
        }
    );
    server.registerTool('askAside', {}, async () => {
        const outcome = await server.server.elicitInput(question).then(
            ({ action }) => action,
            (error: Error) => error.message
        );
        return { content: [{ type: 'text', text: outcome }] };
    });
    server.registerTool('askLarge', { inputSchema: { door: z.string() } }, async ({ door }, extra) => {
        await extra.sendNotification({ method: 'notifications/message', params: { level: 'info', data: 'before' } });
        await stage.wait(door);
        const outcome = await extra.sendRequest({ method: 'elicitation/create', params: question }, ElicitResultSchema).then(
            ({ action }) => action,
            (error: Error) => error.message
        );
        return { content: [{ type: 'text', text: outcome }] };
    });
};

/** The log, and what it was given. */
const watched = (log: EventLog): EventLog =>
    Object.create(log, {
        append: {
            value: (session: string, events: readonly NewEvent[]) => {
                appended.push(...events);
                return log.append(session, events);
            }
        }
    }) as EventLog;

beforeEach(async () => {
    stage = new Stage();
    appended = [];
    const first = createMemoryBackend();
    backends = [first, createMemoryBackend({ shareWith: first })];
    const eventLog = watched(first.eventLog);
    [a, b] = backends.map((backend, index) => new FetchNode('AB'[index]!, { ...backend, eventLog, furnish, maxEventBytes })) as [
        FetchNode,
        FetchNode
    ];
    const opened = await a.fetch(initialize());
    sessionId = opened.headers.get('mcp-session-id') ?? '';
    await opened.text();
    await a.fetch(notify(sessionId, 'notifications/initialized'));
});

afterEach(async () => {
    await Promise.all(backends.map(backend => backend.close()));
    expect([...a.errors, ...b.errors].map(error => error.message)).toEqual([]);
    expect(appended.filter(({ message }) => JSON.stringify(message).length > maxEventBytes)).toEqual([]);
});

describe('a result over maxEventBytes', () => {
    it('L2: reaches the client that is connected whole, under an event id behind which nothing is left', async () => {
        const answer = new EventReader(await a.fetch(tool('make', { text: big })));
        expect((await answer.rest()).map(resultText)).toEqual([undefined, big]);
        expect(answer.seen.at(-1)?.id).toBeDefined();
        expect(await finish(b.fetch(resume(answer.lastEventId)))).toEqual([]);
        expect(tooLargeAt(a)).toHaveLength(1);
    });

    it('L3, L5: is an error for the client that comes for it later, on any node, and there is no other final response', async () => {
        const answer = new EventReader(await a.fetch(tool('make', { text: big, door: 'go on' })));
        expect(data(await answer.next())).toBe('made');
        await answer.cut();
        stage.open('go on');
        for (const node of [b, a, b]) {
            expect(await finish(node.fetch(resume(answer.lastEventId)))).toMatchObject([lost(expect.anything())]);
        }
        expect(tooLargeAt(a)).toHaveLength(1);
    });

    it('L2: is an error for the client that waits on another node', async () => {
        const answer = new EventReader(await a.fetch(tool('make', { text: big, door: 'go on' })));
        await answer.next();
        await answer.cut();
        const resumed = new EventReader(await b.fetch(resume(answer.lastEventId)));
        stage.open('go on');
        expect(await resumed.rest()).toMatchObject([lost(expect.anything())]);
        expect(tooLargeAt(a)).toHaveLength(1);
    });

    it('L2: reaches the client whole that came back to the same node', async () => {
        const answer = new EventReader(await a.fetch(tool('make', { text: big, door: 'go on' })));
        await answer.next();
        await answer.cut();
        const resumed = new EventReader(await a.fetch(resume(answer.lastEventId)));
        stage.open('go on');
        expect((await resumed.rest()).map(resultText)).toEqual([big]);
        expect(resumed.seen.at(-1)?.id).toBeDefined();
        expect(tooLargeAt(a)).toHaveLength(1);
    });
});

describe('a notification over maxEventBytes', () => {
    it('X10: is sent in its place on the stream of its request, without an id, and is not replayed', async () => {
        const answer = new EventReader(await a.fetch(tool('say', { words: ['one', big, 'two'] })));
        const priming = await answer.event();
        expect((await answer.rest()).map(data)).toEqual(['one', big, 'two', undefined]);
        expect(answer.seen.filter(event => event.data?.includes(big)).map(event => event.id)).toEqual([undefined]);
        expect((await finish(b.fetch(resume(priming?.id ?? '')))).map(data)).toEqual(['one', 'two', undefined]);
        expect(tooLargeAt(a)).toHaveLength(1);
    });

    it('X6: is sent on a stream that was resumed on the same node, and lost on another, which is told', async () => {
        const heard: unknown[][] = [];
        for (const [index, node] of [a, b].entries()) {
            const answer = new EventReader(await a.fetch(tool('say', { words: ['one', big, 'two'], door: `go on ${index}` })));
            await answer.next();
            await answer.cut();
            const resumed = new EventReader(await node.fetch(resume(answer.lastEventId)));
            stage.open(`go on ${index}`);
            heard.push((await resumed.rest()).map(data));
        }
        expect(heard).toEqual([expect.arrayContaining([big, 'two', undefined]), ['two', undefined]]);
        expect(tooLargeAt(a)).toEqual([expect.stringContaining('was sent'), expect.stringContaining('was not sent')]);
    });

    it('X5: reaches the GET on the same node behind what was said before, and no GET on another', async () => {
        const here = new EventReader(await a.fetch(bare('GET', sessionId)));
        await finish(a.fetch(tool('tell', { words: ['1', '2', big] })));
        expect([await here.next(), await here.next(), await here.next()].map(data)).toEqual(['1', '2', big]);
        expect(here.seen.at(-1)?.id).toBeUndefined();
        await here.cut();
        const there = new EventReader(await b.fetch(bare('GET', sessionId)));
        await finish(a.fetch(tool('tell', { words: [big, '3'] })));
        expect(data(await there.next())).toBe('3');
        await there.cut();
        expect(tooLargeAt(a)).toEqual([expect.stringContaining('was sent'), expect.stringContaining('was not sent')]);
    });
});

describe('a request of the server over maxEventBytes', () => {
    it('X1: is sent on the stream of its call, and can be answered on another node', async () => {
        stage.open('go on');
        const answer = new EventReader(await a.fetch(tool('askLarge', { door: 'go on' })));
        await answer.next();
        const asked = await answer.next();
        expect(asked['params']).toMatchObject({ message: big });
        expect(answer.seen.at(-1)?.id).toBeUndefined();
        await b.fetch(post(sessionId, { jsonrpc: '2.0', id: asked['id'], result: { action: 'decline' } }));
        expect((await answer.rest()).map(resultText)).toEqual(['decline']);
        expect(tooLargeAt(a)).toHaveLength(1);
    });

    it('X1: fails at once where its stream is not open on this node', async () => {
        const answer = new EventReader(await a.fetch(tool('askLarge', { door: 'go on' })));
        await answer.next();
        await answer.cut();
        const resumed = new EventReader(await b.fetch(resume(answer.lastEventId)));
        stage.open('go on');
        expect((await resumed.rest()).map(resultText)).toEqual([expect.stringMatching(/^A request of \d+ bytes is over maxEventBytes/)]);
    });

    it('X5: is sent on the standalone stream where that is open on this node, and fails at once where it is not', async () => {
        const failed = await finish(a.fetch(tool('askAside')));
        expect(failed.map(resultText)).toEqual([expect.stringMatching(/its stream is not open on this node/)]);
        const stream = new EventReader(await a.fetch(bare('GET', sessionId)));
        const running = finish(a.fetch(tool('askAside')));
        const asked = await stream.next();
        await b.fetch(post(sessionId, { jsonrpc: '2.0', id: asked['id'], result: { action: 'cancel' } }));
        expect((await running).map(resultText)).toEqual(['cancel']);
        await stream.cut();
        expect(tooLargeAt(a)).toHaveLength(1);
    });
});

describe('the bound', () => {
    const errorsOf = async (bytes: { log?: number; option?: number }, text: string, times = 1): Promise<string[]> => {
        const backend = createMemoryBackend();
        const eventLog = Object.create(backend.eventLog, { maxEventBytes: { value: bytes.log } }) as EventLog;
        const node = new FetchNode('C', {
            ...backend,
            eventLog,
            furnish,
            ...(bytes.option !== undefined && { maxEventBytes: bytes.option })
        });
        const opened = await node.fetch(initialize());
        await opened.text();
        const id = opened.headers.get('mcp-session-id') ?? '';
        expect(await finish(node.fetch(call(id, 'tools/call', { name: 'make', arguments: { text, times } })))).toHaveLength(2);
        await backend.close();
        return node.errors.map(error => error.message);
    };

    it('L3: is the smaller one of the option and of the log, in bytes of UTF-8, and 4 MiB by default', async () => {
        const over = (max: number): unknown[] => [expect.stringContaining(`is over maxEventBytes (${max})`)];
        expect(await errorsOf({ log: 1000, option: 2000 }, 'x', 1000)).toEqual(over(1000));
        expect(await errorsOf({ log: 3000, option: 2000 }, 'é', 1000)).toEqual(over(2000));
        expect(await errorsOf({ log: 3000, option: 2000 }, 'x', 1900)).toEqual([]);
        expect(await errorsOf({}, 'x', 4 * 1024 * 1024 - 200)).toEqual([]);
        expect(await errorsOf({}, 'x', 4 * 1024 * 1024)).toEqual(over(4 * 1024 * 1024));
    });

    it('is refused where it is no positive number', async () => {
        for (const option of [0, -1, NaN]) {
            await expect(errorsOf({ option }, 'x')).rejects.toThrow(/^maxEventBytes must be a positive number of bytes/);
        }
    });
});
