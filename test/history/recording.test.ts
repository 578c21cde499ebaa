import { createMemoryBackend, digest, InMemoryEventLog, InMemorySessionStore, type SessionHandlerOptions } from '@mcp-sessions/core';
import { describe, expect, it } from 'vitest';
import type { HandlerNode } from '../handler/support/handlerNode.js';
import { startNode } from '../handler/support/nodes.js';
import { initialize, listen, request } from '../handler/support/requests.js';
import { WireStream } from '../cluster/support/wireStream.js';
import { all, holding, messagesOf, words } from './support/entries.js';

const tool = (name: string, args: object = {}) => ({ name, arguments: args });
const begun = ['in initialize', 'out result', 'in notifications/initialized'];

/** Two nodes on one memory that keep histories. */
async function startTwo(options: SessionHandlerOptions = {}): Promise<readonly [HandlerNode, HandlerNode]> {
    const backend = createMemoryBackend({ history: {} });
    return [
        await startNode({ ...options, backend }),
        await startNode({ ...options, backend: createMemoryBackend({ shareWith: backend }) })
    ];
}

/** The history when it has as many entries as that. */
async function historyOf({ handler }: HandlerNode, sessionId: string, count: number) {
    await expect.poll(async () => (await all(handler.history(sessionId))).length).toBeGreaterThanOrEqual(count);
    return all(handler.history(sessionId));
}

function stream(url: string, sessionId: string, params: object, id: number): Promise<WireStream> {
    return WireStream.open(url, {
        method: 'POST',
        headers: {
            'content-type': 'application/json',
            accept: 'application/json, text/event-stream',
            'mcp-session-id': sessionId,
            'mcp-protocol-version': '2025-11-25'
        },
        body: JSON.stringify({ jsonrpc: '2.0', id, method: 'tools/call', params })
    });
}

const answer = (url: string, sessionId: string, body: object) =>
    fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', 'mcp-session-id': sessionId },
        body: JSON.stringify(body)
    });

describe('a history', () => {
    it('H1: has each message both ways, with time, node, direction and whom the session belongs to', async () => {
        const [first, second] = await startTwo({
            authenticate: ({ headers }) => ({ token: String(headers['authorization']), clientId: 'c', scopes: [] })
        });
        const since = new Date().toISOString();
        const id = await initialize(first.url, { authorization: 'Bearer one' });
        await request(first.url, id, 'tools/call', tool('echo', { value: 'a word' }), { authorization: 'Bearer one' });
        await request(second.url, id, 'tools/call', tool('echo', { value: 'another' }), { authorization: 'Bearer one' });
        await request(second.url, id, 'no/such', {}, { authorization: 'Bearer one' });
        const entries = await historyOf(second, id, 9);
        expect(words(entries)).toEqual([
            ...begun,
            ...['in tools/call', 'out result', 'in tools/call', 'out result', 'in no/such', 'out error -32601']
        ]);
        const messages = messagesOf(entries);
        expect(messages[0]?.message).toMatchObject({ method: 'initialize', params: { clientInfo: { name: 'tester' } } });
        expect(messages[4]?.message).toMatchObject({ id: 1, result: { content: [{ text: 'a word' }] } });
        const nodes = messages.map(({ node }) => node);
        expect(new Set(nodes.slice(0, 5)).size).toBe(1);
        expect(new Set(nodes.slice(5)).size).toBe(1);
        expect(nodes[0]).not.toBe(nodes[5]);
        const principal = await digest(JSON.stringify([null, null, 'c']));
        expect(messages.map(entry => entry.principal)).toEqual(messages.map(() => principal));
        for (const { time } of messages) expect(time >= since && time <= new Date().toISOString()).toBe(true);
        expect(JSON.stringify(entries)).not.toContain('Bearer');
        expect(JSON.stringify(entries)).not.toContain(id);
    });

    it('H1: has a message once: a node that restores the session, and a client that resumes, add nothing', async () => {
        const [first, second] = await startTwo({ localIdleMs: 100 });
        const id = await initialize(first.url);
        await request(first.url, id, 'logging/setLevel', { level: 'info' });
        const call = await stream(first.url, id, tool('wait', { name: 'long' }), 7);
        await expect.poll(() => first.waits('long')).toBe(true);
        const primed = (await call.event())?.id ?? '';
        call.abort();
        // The other node restores the session, with its log level, and the first one forgets nothing of it.
        await request(second.url, id, 'ping');
        const resumed = await listen(second.url, id, primed);
        first.go('long');
        expect(await resumed.next()).toMatchObject({ id: 7, result: {} });
        const again = await listen(second.url, id, primed);
        expect(await again.next()).toMatchObject({ id: 7, result: {} });
        await expect.poll(() => first.handler.localSessions, { timeout: 5000 }).toBe(0);
        await request(first.url, id, 'ping');
        const entries = await historyOf(first, id, 11);
        expect(words(entries)).toEqual([
            ...begun,
            ...['in logging/setLevel', 'out result', 'in tools/call', 'in ping', 'out result', 'out result', 'in ping', 'out result']
        ]);
        expect(holding(entries, 'long is over')).toEqual(['out result']);
    });

    it('H1: has a question and its answer once, although they were taken by different nodes', async () => {
        const [first, second] = await startTwo();
        const id = await initialize(first.url);
        const call = await stream(first.url, id, tool('ask'), 3);
        await call.event();
        const question = await call.next();
        const { status } = await answer(second.url, id, { jsonrpc: '2.0', id: question.id, result: { action: 'accept' } });
        expect(status).toBe(202);
        expect(await call.next()).toMatchObject({ id: 3 });
        const entries = await historyOf(first, id, 7);
        expect(words(entries).slice(0, 5)).toEqual([...begun, 'in tools/call', 'out elicitation/create']);
        expect(words(entries).slice(5).sort()).toEqual(['in result', 'out result']);
        const [asked, answered] = [messagesOf(entries)[4], messagesOf(entries).find(({ direction }, i) => i > 4 && direction === 'in')];
        expect(answered?.message).toMatchObject({ id: (asked?.message as { id: string }).id });
        expect(answered?.node).not.toBe(asked?.node);
    });

    it('H1: has notifications that the server sends by itself, and those of `notify`, also while no stream is open', async () => {
        const [first, second] = await startTwo();
        const id = await initialize(first.url);
        const get = await listen(second.url, id);
        await first.handler.notify.toolsChanged();
        expect(await get.next()).toMatchObject({ method: 'notifications/tools/list_changed' });
        get.abort();
        await second.handler.notify.session(id, 'notifications/message', { level: 'info', data: 'for you' });
        const entries = await historyOf(first, id, 5);
        expect(words(entries)).toEqual([...begun, 'out notifications/tools/list_changed', 'out notifications/message']);
        expect(messagesOf(entries)[4]?.message).toMatchObject({ params: { data: 'for you' } });
    });

    it('H1: is there where answers are JSON, and where there is a store alone', async () => {
        const historyLog = new InMemoryEventLog();
        const node = await startNode({
            backend: { sessionStore: new InMemorySessionStore(), historyLog },
            enableJsonResponse: true
        });
        const id = await initialize(node.url);
        await request(node.url, id, 'tools/call', tool('echo', { value: 'x' }));
        expect(words(await historyOf(node, id, 5))).toEqual([...begun, 'in tools/call', 'out result']);
    });

    it('H1: holds nothing of what was refused', async () => {
        const [first] = await startTwo({ authenticate: ({ headers }) => ({ token: 't', clientId: String(headers['x-who']), scopes: [] }) });
        const id = await initialize(first.url, { 'x-who': 'owner' });
        const thief = await request(first.url, id, 'tools/call', tool('echo', { value: 'stolen' }), { 'x-who': 'thief' });
        expect(thief.status).toBe(404);
        expect((await request(first.url, 'no-such-session', 'ping', {}, { 'x-who': 'owner' })).status).toBe(404);
        await request(first.url, id, 'ping', {}, { 'x-who': 'owner' });
        expect(words(await historyOf(first, id, 5))).toEqual([...begun, 'in ping', 'out result']);
        expect(await all(first.handler.history('no-such-session'))).toEqual([]);
    });

    it('H1: holds nothing of an initialize that came to nothing', async () => {
        const historyLog = new InMemoryEventLog();
        const sessionStore = new InMemorySessionStore({ maxSessions: 1 });
        const ids = ['first', 'second'];
        const node = await startNode({ backend: { sessionStore, historyLog }, sessionIdGenerator: () => ids.shift() ?? 'none' });
        expect(await initialize(node.url)).toBe('first');
        const refused = await request(node.url, undefined, 'initialize', {
            protocolVersion: '2025-11-25',
            capabilities: {},
            clientInfo: { name: 'too many', version: '1' }
        });
        expect(refused.status).toBe(503);
        await request(node.url, 'first', 'ping');
        expect(words(await historyOf(node, 'first', 5))).toEqual([...begun, 'in ping', 'out result']);
        expect(historyLog.size).toBe(1);
    });

    it('H2: outlives the session, and tells who has ended it', async () => {
        const [first, second] = await startTwo();
        const [one, two] = [await initialize(first.url), await initialize(second.url)];
        const deleted = await fetch(second.url, { method: 'DELETE', headers: { 'mcp-session-id': one } });
        expect(deleted.status).toBe(200);
        expect(await first.handler.end(two)).toBe(true);
        expect(words(await historyOf(first, one, 4))).toEqual([...begun, 'ended by client']);
        expect(words(await historyOf(first, two, 4))).toEqual([...begun, 'ended by operator']);
        expect(await first.handler.end(two)).toBe(false);
    });

    it('H3: is whole when a handler has closed, also what was said last', async () => {
        const backend = createMemoryBackend({ history: {} });
        const node = await startNode({ backend });
        const id = await initialize(node.url);
        const call = await stream(node.url, id, tool('wait', { name: 'late' }), 5);
        await expect.poll(() => node.waits('late')).toBe(true);
        const draining = node.handler.drain({ graceMs: 10_000 });
        node.go('late');
        await draining;
        await node.handler.close();
        call.abort();
        const reader = await startNode({ backend: createMemoryBackend({ shareWith: backend }) });
        expect(words(await all(reader.handler.history(id)))).toEqual([...begun, 'in tools/call', 'out result']);
    });

    it('H4: is off unless it is asked for, and by `history: false`', async () => {
        const without = await startNode({ backend: createMemoryBackend() });
        expect(() => without.handler.history('any')).toThrow(expect.objectContaining({ code: 'CONFIGURATION' }) as Error);
        const off = await startNode({ backend: createMemoryBackend({ history: {} }), history: false });
        const id = await initialize(off.url);
        await off.handler.close();
        expect(await all(off.handler.history(id))).toEqual([]);
        await expect(startNode({ backend: createMemoryBackend(), history: true })).rejects.toMatchObject({ code: 'CONFIGURATION' });
        const own = await startNode({ history: true });
        expect(words(await historyOf(own, await initialize(own.url), 3))).toEqual(begun);
    });
});
