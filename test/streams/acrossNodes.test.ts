import { createMemoryBackend, type MemoryBackend } from '@mcp-sessions/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bare, call, FetchNode, initialize, notify, post } from '../session/fetchNode.js';
import { EventReader } from './support/eventReader.js';
import { data, finish, resultText, Stage } from './support/stage.js';

let stage: Stage;
let backends: MemoryBackend[];
let a: FetchNode;
let b: FetchNode;
let sessionId: string;

const tool = (name: string, args: object = {}) => call(sessionId, 'tools/call', { name, arguments: args });
const resume = (lastEventId: string) => bare('GET', sessionId, { 'last-event-id': lastEventId });

beforeEach(async () => {
    stage = new Stage();
    const first = createMemoryBackend();
    backends = [first, createMemoryBackend({ shareWith: first })];
    [a, b] = backends.map((backend, index) => new FetchNode('AB'[index] ?? '', { ...backend, furnish: stage.furnish })) as [
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
});

describe('questions', () => {
    it('X1, X4: asked on A, answered on B, with progress on the way', async () => {
        const answer = new EventReader(await a.fetch(tool('ask', { message: 'Which word?' })));
        const question = await answer.next();
        const token = (question['params'] as { _meta: { progressToken: string } })._meta.progressToken;
        expect(token).toBe(question['id']);
        const progressed = await b.fetch(notify(sessionId, 'notifications/progress', { progressToken: token, progress: 7 }));
        expect(progressed.status).toBe(202);
        const answered = await b.fetch(
            post(sessionId, { jsonrpc: '2.0', id: question['id'], result: { action: 'accept', content: { word: 'yes' } } })
        );
        expect(answered.status).toBe(202);
        expect((await answer.rest()).map(resultText)).toEqual(['yes']);
        expect(stage.progress).toEqual([7]);
    });

    it('X2: A and B ask at the same time, and each gets its own answer', async () => {
        const asked = await Promise.all([a, b].map(async node => new EventReader(await node.fetch(tool('ask', { message: node.name })))));
        const questions = await Promise.all(asked.map(answer => answer.next()));
        expect(new Set(questions.map(question => question['id'])).size).toBe(2);
        // Each answer goes to the node that did not ask.
        for (const [index, question] of questions.entries()) {
            const { message } = question['params'] as { message: string };
            const result = { action: 'accept', content: { word: `for ${message}` } };
            const response = await [b, a][index]!.fetch(post(sessionId, { jsonrpc: '2.0', id: question['id'], result }));
            expect(response.status).toBe(202);
        }
        expect((await Promise.all(asked.map(answer => answer.rest()))).map(([last]) => resultText(last))).toEqual(['for A', 'for B']);
    });

    it('X1: an answer to a node that is gone is refused with an error', async () => {
        const answer = new EventReader(await a.fetch(tool('ask', { message: 'Which word?' })));
        const question = await answer.next();
        await backends[0]!.close();
        const refused = await b.fetch(post(sessionId, { jsonrpc: '2.0', id: question['id'], result: { action: 'decline' } }));
        expect(refused.status).toBe(410);
        expect(await refused.json()).toMatchObject({ error: { code: -32000 } });
        b.errors.length = 0;
    });

    it('X2: nobody can answer a question of another session', async () => {
        const answer = new EventReader(await a.fetch(tool('ask', { message: 'Which word?' })));
        const question = await answer.next();
        const other = await b.fetch(initialize());
        const otherId = other.headers.get('mcp-session-id') ?? '';
        await other.text();
        const body = { jsonrpc: '2.0', id: question['id'], result: { action: 'accept', content: { word: 'forged' } } };
        await b.fetch(post(otherId, body));
        await a.fetch(post(otherId, body));
        await b.fetch(post(sessionId, { ...body, result: { action: 'accept', content: { word: 'right' } } }));
        expect((await answer.rest()).map(resultText)).toEqual(['right']);
        a.errors.length = 0;
        b.errors.length = 0;
    });
});

describe('streams of requests', () => {
    it('L2: cut on A, resumed on B: what was missed, what comes, the result, and the end', async () => {
        const first = new EventReader(await a.fetch(tool('say', { words: ['one', 'two', 'three'], door: 'go on' })));
        expect(data(await first.next())).toBe('one');
        await first.cut();
        const second = new EventReader(await b.fetch(resume(first.lastEventId)));
        stage.open('go on');
        const rest = await second.rest();
        expect(rest.map(data)).toEqual(['two', 'three', undefined]);
        expect(resultText(rest.at(-1))).toBe('said');
        expect(second.seen.every(event => event.id)).toBe(true);
    });

    it('L3: a result that came while nobody listened is replayed, from the priming event, on any node', async () => {
        const first = new EventReader(await a.fetch(tool('say', { words: ['one'], door: 'go on' })));
        const priming = await first.event();
        expect(priming?.data).toBe('');
        await first.cut();
        stage.open('go on');
        for (const node of [b, a, b]) {
            const rest = await finish(node.fetch(resume(priming?.id ?? '')));
            expect(rest.map(data)).toEqual(['one', undefined]);
            expect(resultText(rest.at(-1))).toBe('said');
        }
    });

    it('L2: resumed behind its last event, a stream that is complete closes at once', async () => {
        const first = new EventReader(await a.fetch(tool('say', { words: ['one'] })));
        await first.rest();
        expect(await finish(b.fetch(resume(first.lastEventId)))).toEqual([]);
    });

    it('L5: the node that ran a call is gone: one error, wherever it is asked for', async () => {
        const first = new EventReader(await a.fetch(tool('hang', { name: 'x' })));
        const priming = await first.event();
        await first.cut();
        await backends[0]!.close();
        const rest = await finish(b.fetch(resume(priming?.id ?? '')));
        expect(rest).toHaveLength(1);
        expect(rest[0]).toMatchObject({ error: { code: -32000 } });
        expect(await finish(b.fetch(resume(priming?.id ?? '')))).toEqual(rest);
        a.errors.length = 0;
    });

    it('L6: an id that is foreign, unknown or mangled is 400, and all get the same answer', async () => {
        const first = new EventReader(await a.fetch(tool('say', { words: ['one'] })));
        await first.rest();
        const [priming, one] = first.seen.map(event => event.id ?? '');
        const other = await b.fetch(initialize());
        const otherId = other.headers.get('mcp-session-id') ?? '';
        await other.text();
        const refusals = await Promise.all(
            [
                b.fetch(bare('GET', otherId, { 'last-event-id': one! })),
                b.fetch(bare('GET', otherId, { 'last-event-id': priming! })),
                b.fetch(resume(one!.replace(/~.*/, '~99999999'))),
                b.fetch(resume(priming!.replace(/^(.{12})\.\d+/, '$1.987'))),
                b.fetch(resume('no id at all')),
                b.fetch(resume('standalone~12')),
                b.fetch(resume(one!.replace(/^.*~/, 'standalone~')))
            ].map(async response => ((await response).status === 400 ? (await response).text() : `${(await response).status}`))
        );
        expect(new Set(refusals)).toEqual(
            new Set(['{"jsonrpc":"2.0","error":{"code":-32000,"message":"Invalid event ID format"},"id":null}'])
        );
        expect((await b.fetch(call(sessionId, 'ping'))).status).toBe(200);
        b.errors.length = 0;
    });
});

describe('the standalone stream', () => {
    it('X5: what A says reaches the GET on B, once and in order, beside what B says', async () => {
        const stream = new EventReader(await b.fetch(bare('GET', sessionId)));
        await finish(a.fetch(tool('tell', { words: ['1', '2'] })));
        await finish(b.fetch(tool('tell', { words: ['3'] })));
        await finish(a.fetch(tool('tell', { words: ['4'] })));
        const heard = [await stream.next(), await stream.next(), await stream.next(), await stream.next()].map(data);
        expect(heard).toEqual(['1', '2', '3', '4']);
        await stream.cut();
    });

    it('X5: what was said while none was open waits for the next GET, and is not said again', async () => {
        await finish(a.fetch(tool('tell', { words: ['1', '2'] })));
        const first = new EventReader(await b.fetch(bare('GET', sessionId)));
        expect([data(await first.next()), data(await first.next())]).toEqual(['1', '2']);
        await first.cut();
        await finish(b.fetch(tool('tell', { words: ['3'] })));
        const second = new EventReader(await a.fetch(bare('GET', sessionId)));
        expect(data(await second.next())).toBe('3');
        await second.cut();
        const replayed = new EventReader(await b.fetch(resume(first.lastEventId)));
        expect(data(await replayed.next())).toBe('3');
        await replayed.cut();
    });

    it('L7: a newer GET takes over, on any node; the older one is closed with a hint and goes on nowhere else', async () => {
        const older = new EventReader(await a.fetch(bare('GET', sessionId)));
        await finish(a.fetch(tool('tell', { words: ['1'] })));
        expect(data(await older.next())).toBe('1');
        const newer = new EventReader(await b.fetch(bare('GET', sessionId)));
        expect(await older.rest()).toEqual([]);
        expect(older.seen.at(-1)?.retry).toBe('15000');
        await finish(a.fetch(tool('tell', { words: ['2'] })));
        expect(data(await newer.next())).toBe('2');
        await newer.cut();
    });

    it('L7: with reject a newer GET gets 409 while the older one is there', async () => {
        const [first, second] = backends;
        const strict = [first, second].map(
            (backend, i) => new FetchNode(`R${i}`, { ...backend!, furnish: stage.furnish, standaloneStream: 'reject' })
        );
        const older = await strict[0]!.fetch(bare('GET', sessionId));
        expect((await strict[1]!.fetch(bare('GET', sessionId))).status).toBe(409);
        expect((await strict[0]!.fetch(bare('GET', sessionId))).status).toBe(409);
        await older.body?.cancel();
        const next = await strict[1]!.fetch(bare('GET', sessionId));
        expect(next.status).toBe(200);
        await next.body?.cancel();
    });
});

describe('what one node is told and another must know', () => {
    it('X3: a cancel on B aborts the handler on A, and only that one', async () => {
        const hang = (name: string, id: string) =>
            a.fetch(post(sessionId, { jsonrpc: '2.0', id, method: 'tools/call', params: { name: 'hang', arguments: { name } } }));
        const streams = await Promise.all([hang('x', 'call x'), hang('y', 'call y')]);
        await Promise.all([stage.wait('hanging x'), stage.wait('hanging y')]);
        expect((await b.fetch(notify(sessionId, 'notifications/cancelled', { requestId: 'call x' }))).status).toBe(202);
        await stage.wait('aborted x');
        expect((await b.fetch(notify(sessionId, 'notifications/cancelled', { requestId: 'nobody' }))).status).toBe(202);
        expect(stage.aborted).toEqual(['x']);
        for (const stream of streams) await stream.body?.cancel();
    });

    it('S10: DELETE on B ends streams and calls on A, and nothing is left', async () => {
        const stream = new EventReader(await a.fetch(bare('GET', sessionId)));
        const running = new EventReader(await a.fetch(tool('hang', { name: 'x' })));
        await stage.wait('hanging x');
        expect((await b.fetch(bare('DELETE', sessionId))).status).toBe(200);
        await stage.wait('aborted x');
        expect(await stream.rest()).toEqual([]);
        expect(await running.rest()).toEqual([]);
        for (const node of [a, b]) expect((await node.fetch(call(sessionId, 'ping'))).status).toBe(404);
        a.errors.length = 0;
        b.errors.length = 0;
    });

    it('X7: a subscription on B is known on A at once where A has a stream open', async () => {
        const stream = await a.fetch(bare('GET', sessionId));
        await finish(b.fetch(call(sessionId, 'resources/subscribe', { uri: 'test://one' })));
        await expect.poll(() => a.told).toContain('subscribe test://one');
        await stream.body?.cancel();
    });
});
