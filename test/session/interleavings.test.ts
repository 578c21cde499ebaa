import { InMemorySessionStore } from '@mcp-sessions/core';
import type { AuthInfo } from '@modelcontextprotocol/sdk/server/auth/types.js';
import { describe, expect, it, vi } from 'vitest';
import { bare, call, FetchNode, initialize, notify, post, type NodeOptions } from './fetchNode.js';
import { gatedStore } from './gatedStore.js';

const alice: AuthInfo = { token: 't', clientId: 'alice', scopes: [] };
const mallory: AuthInfo = { token: 't', clientId: 'mallory', scopes: [] };

function cluster(options: NodeOptions = {}) {
    const memory = new InMemorySessionStore();
    const gated = gatedStore(memory);
    const node = (name: string, more: NodeOptions = {}): FetchNode =>
        new FetchNode(name, { sessionStore: gated.store, revalidateMs: 0, ...options, ...more });
    return { ...gated, memory, node };
}

async function begin(node: FetchNode, authInfo?: AuthInfo): Promise<string> {
    const response = await node.fetch(initialize(), authInfo);
    await response.text();
    return response.headers.get('mcp-session-id') as string;
}

describe('while something waits for the store', () => {
    it('S3: a transport that closes during a recovery answers 503, and after a DELETE 404', async () => {
        const { node, hold } = cluster();
        const sessionId = await begin(node('a'));
        for (const [how, status] of [
            ['close', 503],
            ['DELETE', 404]
        ] as const) {
            const b = node('b');
            const gate = hold('getSession', 'after');
            const waiting = b.fetch(call(sessionId, 'ping'));
            await gate.reached;
            const transport = await b.transport(sessionId)!;
            if (how === 'close') {
                await transport.close();
            } else {
                expect((await b.fetch(bare('DELETE', sessionId))).status).toBe(200);
            }
            gate.open();
            expect((await waiting).status).toBe(status);
        }
    });

    it('P8: a transport that closes during initialize leaves no record and no call-back', async () => {
        const opened = vi.fn();
        const { node, hold, memory } = cluster({ onsessioninitialized: opened });
        const transport = await node('a').start(null);
        const gate = hold('createSession', 'after');
        const waiting = transport.handleRequest(initialize());
        await gate.reached;
        await transport.close();
        gate.open();
        expect((await waiting).status).toBe(503);
        expect(opened).not.toHaveBeenCalled();
        await vi.waitFor(() => expect(memory.size).toBe(0));
    });

    it('S3: a GET on a transport that closes meanwhile gets no stream', async () => {
        const { node, hold } = cluster();
        const a = node('a');
        const sessionId = await begin(a);
        const gate = hold('getAndTouchSession', 'after');
        const waiting = a.fetch(bare('GET', sessionId));
        await gate.reached;
        await (await a.transport(sessionId))!.close();
        gate.open();
        expect((await waiting).status).toBe(503);
    });

    it('S12: a GET whose client goes away meanwhile does not stand in the way of the next', async () => {
        const { node, hold } = cluster();
        const a = node('a');
        const sessionId = await begin(a);
        const gate = hold('getAndTouchSession', 'after');
        const abort = new AbortController();
        const waiting = a.fetch(new Request(bare('GET', sessionId), { signal: abort.signal }));
        await gate.reached;
        abort.abort();
        gate.open();
        await waiting;
        const next = await a.fetch(bare('GET', sessionId));
        expect(next.status).toBe(200);
        await next.body?.cancel();
    });

    it('P1: a stranger who asks during the recovery disturbs nothing', async () => {
        const { node, hold } = cluster();
        const sessionId = await begin(node('a'), alice);
        const b = node('b');
        const gate = hold('getSession', 'after');
        const owner = b.fetch(call(sessionId, 'ping'), alice);
        const stranger = b.fetch(call(sessionId, 'ping'), mallory);
        await gate.reached;
        gate.open();
        expect([(await owner).status, (await stranger).status]).toEqual([200, 404]);
        expect((await b.fetch(call(sessionId, 'ping'), alice)).status).toBe(200);
        expect(b.built).toBe(1);
    });

    it('S7: a DELETE that is sent three times at once ends the session once', async () => {
        const closed = vi.fn();
        const { node } = cluster({ onsessionclosed: closed });
        const a = node('a');
        const sessionId = await begin(a);
        const answers = await Promise.all([1, 2, 3].map(() => a.fetch(bare('DELETE', sessionId))));
        expect(answers.map(answer => answer.status)).toContain(200);
        expect(closed.mock.calls).toEqual([[sessionId]]);
    });
});

it('P1, S9: a stranger who claims a live session in initialize learns nothing of it, and takes nothing from its owner', async () => {
    const { node } = cluster();
    const a = node('a');
    const sessionId = await begin(a, alice);
    for (const at of [a, node('b')]) {
        const own = await at.fetch(initialize(sessionId), mallory);
        expect(own.status).toBe(200);
        expect(own.headers.get('mcp-session-id')).not.toBe(sessionId);
        await own.text();
        expect((await at.fetch(call(sessionId, 'ping'), alice)).status).toBe(200);
    }
    const held = (await a.transport(sessionId))!;
    expect((await held.handleRequest(initialize(sessionId), { authInfo: mallory })).status).toBe(404);
    expect((await held.handleRequest(initialize(sessionId), { authInfo: alice })).status).toBe(400);
});

it('S9: a session that was ended elsewhere is not taken for a live one', async () => {
    const { node, memory } = cluster({ revalidateMs: 60_000 });
    const a = node('a');
    const sessionId = await begin(a);
    const held = (await a.transport(sessionId))!;
    await memory.deleteSession(sessionId);
    expect((await held.handleRequest(initialize(sessionId))).status).toBe(404);
    expect(a.transport(sessionId)).toBeUndefined();
});

it('S12: a session in use does not expire, however long a node trusts its copy', async () => {
    const memory = new InMemorySessionStore({ ttlSeconds: 0.3 });
    const a = new FetchNode('a', { sessionStore: memory, revalidateMs: 60_000 });
    const sessionId = await begin(a);
    const end = Date.now() + 900;
    while (Date.now() < end) {
        expect((await a.fetch(call(sessionId, 'ping'))).status).toBe(200);
        await new Promise(resolve => setTimeout(resolve, 20));
    }
});

describe('an answer of the store that is lost, after which the driver asks again', () => {
    it('F1: does not turn a session that was created into one that exists', async () => {
        const { node, loseAnswer } = cluster();
        const a = node('a');
        loseAnswer('createSession');
        const sessionId = await begin(a);
        expect((await node('b').fetch(call(sessionId, 'ping'))).status).toBe(200);
    });

    it('S7: does not swallow the one initialized notification', async () => {
        const { node, loseAnswer } = cluster();
        const a = node('a');
        const sessionId = await begin(a);
        loseAnswer('updateSession');
        expect((await a.fetch(notify(sessionId, 'notifications/initialized'))).status).toBe(202);
        await vi.waitFor(() => expect(a.told).toEqual(['initialized']));
    });
});

it('S6: many changes at once are all kept, in few writes', async () => {
    const { node, memory, calls } = cluster();
    const a = node('a');
    const sessionId = await begin(a);
    const uris = Array.from({ length: 20 }, (_, index) => `test://${index}`);
    calls.length = 0;
    const answers = await Promise.all(uris.map(uri => a.fetch(call(sessionId, 'resources/subscribe', { uri }))));
    expect(answers.map(answer => answer.status)).toEqual(uris.map(() => 200));
    expect((await memory.getSession(sessionId))?.subscriptions?.sort()).toEqual(uris.sort());
    expect(calls.filter(name => name === 'updateSession').length).toBeLessThan(uris.length);
});

it('S6: a node whose change meets that of another learns of the other', async () => {
    const { node } = cluster({ revalidateMs: 60_000 });
    const [a, b] = [node('a'), node('b')];
    const sessionId = await begin(a);
    await (await b.fetch(call(sessionId, 'ping'))).text();
    await (await a.fetch(call(sessionId, 'resources/subscribe', { uri: 'test://a' }))).text();
    await (await b.fetch(call(sessionId, 'resources/subscribe', { uri: 'test://b' }))).text();
    expect(b.told).toEqual(['subscribe test://b', 'subscribe test://a']);
});

describe('what an application throws', () => {
    it('S10: in onclose, while a session that was ended elsewhere goes, reaches onerror and nobody else', async () => {
        const { node, memory } = cluster();
        const a = node('a');
        const sessionId = await begin(a);
        const transport = (await a.transport(sessionId))!;
        transport.onclose = () => {
            throw new Error('in onclose');
        };
        await memory.deleteSession(sessionId);
        expect((await transport.handleRequest(call(sessionId, 'ping'))).status).toBe(404);
        await vi.waitFor(() => expect(a.errors.map(error => error.message)).toContain('in onclose'));
    });

    it('S7: in onsessionclosed is answered 500, and DELETE can be repeated', async () => {
        let refuse = true;
        const { node, memory } = cluster({
            onsessionclosed: () => {
                if (refuse) {
                    throw new Error('not now');
                }
            }
        });
        const a = node('a');
        const sessionId = await begin(a);
        expect((await a.fetch(bare('DELETE', sessionId))).status).toBe(500);
        expect((await a.fetch(call(sessionId, 'ping'))).status).toBe(200);
        refuse = false;
        expect((await a.fetch(bare('DELETE', sessionId))).status).toBe(200);
        expect(memory.size).toBe(0);
    });

    it('P1: a bind that is async is refused, since every promise would be the same principal', async () => {
        const { node } = cluster({ bind: (async () => 'x') as unknown as NonNullable<NodeOptions['bind']> });
        const a = node('a');
        expect((await a.fetch(initialize())).status).toBe(500);
        expect(a.errors.map(error => error.message)).toContain('bind must return a string or undefined, and not a promise');
    });
});

it('S4: a batch whose initialized cannot be stored is not confirmed', async () => {
    const { node, memory } = cluster({ revalidateMs: 60_000, storeTimeoutMs: 50 });
    const a = node('a');
    const sessionId = await begin(a);
    vi.spyOn(memory, 'updateSession').mockRejectedValue(new Error('down'));
    const batch = [
        { jsonrpc: '2.0', method: 'notifications/initialized' },
        { jsonrpc: '2.0', id: 1, method: 'ping' }
    ];
    expect((await a.fetch(post(sessionId, batch))).status).toBe(503);
});

it('P4: what a driver puts into its errors does not reach onerror', async () => {
    const { node, memory } = cluster();
    const a = node('a');
    const failure = Object.assign(new Error('OOM command not allowed'), { command: { name: 'set', args: ['key', 'the whole record'] } });
    vi.spyOn(memory, 'createSession').mockRejectedValue(failure);
    expect((await a.fetch(initialize())).status).toBe(503);
    const { inspect } = await import('node:util');
    const printed = inspect(a.errors, { depth: null });
    expect(printed).toContain('OOM command not allowed');
    expect(printed).not.toContain('the whole record');
});
