import { channel } from 'node:diagnostics_channel';
import {
    createMemoryBackend,
    encryptBackend,
    fingerprint,
    watchCluster,
    type MemoryBackend,
    type SessionHandlerOptions
} from '@mcp-sessions/core';
import { afterEach, expect, it, vi } from 'vitest';
import { ClusterNode } from '../../src/cluster/clusterNode.js';
import type { Member } from '../../src/cluster/member.js';
import { startNode } from '../handler/support/nodes.js';
import { initialize, listen, request } from '../handler/support/requests.js';
import { Watcher } from './support/watcher.js';

const watchers: Watcher[] = [];
const watch = async (...args: Parameters<typeof Watcher.start>): Promise<Watcher> => {
    const watcher = await Watcher.start(...args);
    watchers.push(watcher);
    return watcher;
};
afterEach(async () => {
    await Promise.all(watchers.splice(0).map(watcher => watcher.close()));
});

/** A session on which nothing goes on. */
const idleMember = (session: string): Member => ({
    session,
    isBusy: false,
    activity: { isListening: false, calls: 0 },
    receive: () => undefined,
    yieldStream: () => false,
    isSilent: () => false,
    isReading: () => false,
    yieldReader: () => false,
    countRunning: () => 0,
    lookAtRecord: () => undefined
});

/** The nodes A and B, which can be seen at any time, and the backend of a third process that serves nothing. */
async function startWatched(options: SessionHandlerOptions = {}) {
    const backend = createMemoryBackend();
    const shared = (): MemoryBackend => createMemoryBackend({ shareWith: backend });
    const always = { watchable: 'always', ...options } as const;
    const a = await startNode({ ...always, nodeName: 'A', backend });
    const b = await startNode({ ...always, nodeName: 'B', backend: shared() });
    return { a, b, outside: shared(), shared };
}

it('O2, O4: shows each node, the sessions that it holds and what goes on in them, by fingerprints alone', async () => {
    const { a, b, outside } = await startWatched();
    const watcher = await watch(outside);
    await watcher.seesNodes('A', 'B');
    const id = await initialize(a.url);
    const session = await fingerprint(id);
    const stream = await listen(b.url, id);
    const waiting = request(a.url, id, 'tools/call', { name: 'wait', arguments: { name: 'secret' } });
    await watcher.sees(() => {
        const [nodeA, nodeB] = ['A', 'B'].map(name => watcher.nodes.find(node => node.name === name));
        expect(nodeA).toMatchObject({ sessionCount: 1, sessions: [{ session, isListening: false, calls: 1 }], calls: 1, streams: 0 });
        expect(nodeB).toMatchObject({ sessionCount: 1, sessions: [{ session, isListening: true, calls: 0 }], calls: 0, streams: 1 });
        expect(nodeA).toMatchObject({ isDraining: false });
        expect(nodeA?.uptimeMs).toBeGreaterThan(0);
    });
    a.go('secret');
    await waiting;
    stream.abort();
    await watcher.sees(() => {
        expect(watcher.happened('call-ended')).toContainEqual({
            ...{ on: 'A', session, method: 'tools/call', outcome: 'result' },
            durationMs: expect.any(Number) as number
        });
        expect(watcher.happened('session-created')).toContainEqual({ on: 'A', session });
        expect(watcher.happened('session-restored').map(({ on }) => on)).toContain('B');
        expect(watcher.happened('stream-opened')).toContainEqual({ on: 'B', session });
        expect(watcher.happened('request')).toContainEqual({
            ...{ on: 'A', session, method: 'POST', status: 200 },
            durationMs: expect.any(Number) as number
        });
    });
    const told = JSON.stringify([watcher.states, watcher.events]);
    expect(told).not.toContain(id);
    expect(told).not.toContain('secret');
});

it('P4: a method that the protocol does not know, and a session that there is not, are told of without their names', async () => {
    const { a, outside } = await startWatched();
    const watcher = await watch(outside);
    const id = await initialize(a.url);
    await request(a.url, id, 'pass/word');
    await request(a.url, 'no-such-session', 'tools/list');
    await watcher.sees(() => {
        expect(watcher.happened('call-started').map(event => 'method' in event && event.method)).toEqual(['initialize', 'other']);
        // Of no session, and so of each node of this process.
        expect(watcher.happened('request').filter(event => !('session' in event))).toMatchObject([{ status: 404 }, { status: 404 }]);
    });
    expect(JSON.stringify(watcher.events)).not.toContain('word');
});

it('O3: costs nothing while nobody watches: no subscription, no message, no listener; and again when the last has gone', async () => {
    const { a, outside } = await startWatched({ watchable: true });
    const published = vi.spyOn(outside.messageBus.constructor.prototype as typeof outside.messageBus, 'publish');
    const reports = () => published.mock.calls.filter(([address]) => address.startsWith('node/'));
    const wanted = () => ['request', 'call-started', 'message-sent'].some(name => channel(`mcp-sessions:${name}`).hasSubscribers);
    try {
        expect(outside.messageBus.size).toBe(0);
        const id = await initialize(a.url);
        const stream = await listen(a.url, id);
        await request(a.url, id, 'tools/list');
        expect(reports()).toEqual([]);
        expect(wanted()).toBe(false);

        const watcher = await watch(outside);
        // Node B has nothing to do, and so cannot be seen.
        await watcher.seesNodes('A');
        expect(wanted()).toBe(true);
        await watcher.close();
        await vi.waitFor(() => expect(wanted()).toBe(false), 5000);
        stream.abort();
        published.mockClear();
        await request(a.url, id, 'tools/list');
        expect(reports()).toEqual([]);
        await vi.waitFor(() => expect(outside.messageBus.size).toBe(0), 10_000);
    } finally {
        published.mockRestore();
    }
});

it('cannot be seen where its application does not want it', async () => {
    const { a, b, outside } = await startWatched();
    await a.handler.close();
    const hidden = await startNode({ backend: outside, nodeName: 'hidden', watchable: false });
    const watcher = await watch(outside);
    const stream = await listen(hidden.url, await initialize(hidden.url));
    await watcher.seesNodes('B');
    await request(b.url, await initialize(b.url), 'tools/list');
    await watcher.sees(() => expect(watcher.happened('session-created').map(({ on }) => on)).toEqual(['B']));
    expect(watcher.names).toEqual(['B']);
    stream.abort();
});

it('is hidden when one of the handlers on its backend hides, and seen at any time when one wants it; the first name counts', async () => {
    const backend = createMemoryBackend();
    const outside = createMemoryBackend({ shareWith: backend });
    await startNode({ backend });
    await startNode({ backend, nodeName: 'first', watchable: 'always' });
    await startNode({ backend, nodeName: 'second' });
    const watcher = await watch(outside);
    await watcher.seesNodes('first');
    const hiding = await startNode({ backend, nodeName: 'third', watchable: false });
    await watcher.sees(() => expect(watcher.lost).toMatchObject([{ name: 'first', how: 'left' }]));
    const { length } = watcher.states;
    const late = await watch(outside);
    // It hears nothing of either.
    expect([watcher.states.length, late.names]).toEqual([length, []]);
    await hiding.handler.close();
    await watcher.seesNodes('first');
    await late.seesNodes('first');
});

it('a name that is too long to be told is refused, and leaves nothing behind', async () => {
    const backend = createMemoryBackend();
    await expect(startNode({ backend, nodeName: 'n'.repeat(201) })).rejects.toThrow(RangeError);
    await startNode({ backend, nodeName: 'n'.repeat(200), watchable: 'always' });
    const watcher = await watch(createMemoryBackend({ shareWith: backend }));
    await watcher.seesNodes('n'.repeat(200));
});

it('O4: with thousands of sessions and several watchers, a node counts what goes on and names a thousand, once for all', async () => {
    const backend = createMemoryBackend();
    const outside = createMemoryBackend({ shareWith: backend });
    const { url } = await startNode({ backend, watchable: 'always' });
    const stream = await listen(url, await initialize(url));
    const node = ClusterNode.on(backend.messageBus);
    const looked = vi.spyOn(node, 'activities');
    const idle = Array.from({ length: 3000 }, (_, n) => node.join(idleMember(String(n).padStart(43, '0'))));
    const all = await Promise.all([watch(outside), watch(outside), watch(outside)]);
    for (const watcher of all) {
        await watcher.sees(() => expect(watcher.states.length).toBeGreaterThan(2));
        expect(watcher.states.at(-1)).toMatchObject({ sessionCount: 3001, streams: 1, calls: 0 });
        expect(watcher.states.at(-1)?.sessions).toHaveLength(1000);
    }
    const told = all.reduce((sum, { states }) => sum + states.length, 0);
    // As often as one watcher is told, and not as often as all are.
    expect(looked.mock.calls.length).toBeLessThan(told / 2);
    idle.forEach(leave => leave());
    stream.abort();
});

it('O4: tells of a node that drains, and of one that goes', async () => {
    const { b, outside } = await startWatched();
    const watcher = await watch(outside);
    await watcher.seesNodes('A', 'B');
    await b.handler.drain({ graceMs: 1 });
    await watcher.sees(() => expect(watcher.nodes.find(({ name }) => name === 'B')?.isDraining).toBe(true));
    await b.handler.close();
    await watcher.sees(() => expect(watcher.lost.map(({ name, how }) => ({ name, how }))).toEqual([{ name: 'B', how: 'left' }]));
    expect(watcher.names).toEqual(['A']);
});

it('O4, X1: tells which node an answer was handed over to', async () => {
    const { a, b, outside } = await startWatched();
    const watcher = await watch(outside);
    await watcher.seesNodes('A', 'B');
    const id = await initialize(a.url);
    const call = await (
        await import('../cluster/support/wireStream.js')
    ).WireStream.open(a.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', 'mcp-session-id': id },
        body: JSON.stringify({ jsonrpc: '2.0', id: 7, method: 'tools/call', params: { name: 'ask', arguments: {} } })
    });
    const question = await call.next();
    await fetch(b.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', 'mcp-session-id': id },
        body: JSON.stringify({ jsonrpc: '2.0', id: question.id, result: { action: 'accept', content: {} } })
    });
    const idOf = (name: string) => watcher.nodes.find(node => node.name === name)?.id;
    await watcher.sees(() => {
        expect(watcher.happened('answer-routed')).toContainEqual({
            ...{ on: 'B', session: expect.any(String) as string, outcome: 'delivered', to: idOf('A') }
        });
        expect(watcher.nodes.find(({ name }) => name === 'B')?.answers).toEqual({ [idOf('A') as string]: 1 });
    });
    call.abort();
});

it('a bus that hangs holds up neither requests nor the end of a node', async () => {
    const { a, outside } = await startWatched({ nodeName: 'A' });
    const watcher = await watch(outside);
    await watcher.sees(() => expect(watcher.states.length).toBeGreaterThan(1));
    const published = vi.spyOn(outside.messageBus.constructor.prototype as typeof outside.messageBus, 'publish');
    published.mockReturnValue(new Promise(() => undefined));
    try {
        expect((await request(a.url, undefined, 'tools/list')).status).toBe(400);
        await a.handler.close();
    } finally {
        published.mockRestore();
    }
});

it('has each watcher told of his session alone, and bounds what waits; what was too much is said', async () => {
    const { a, outside } = await startWatched();
    const [one, other] = [await initialize(a.url), await initialize(a.url)];
    const all = await watch(outside);
    const ofOne = await watch(outside, { session: await fingerprint(one) });
    await all.seesNodes('A', 'B');
    await ofOne.seesNodes('A', 'B');
    await Promise.all(Array.from({ length: 200 }, () => request(a.url, other, 'ping')));
    await request(a.url, one, 'ping');
    await all.sees(() => {
        // A machine that is busy has slow stores, too.
        const { length } = all.events.filter(({ event }) => event === 'request' || event.startsWith('call-'));
        // Three of each request.
        expect(length + all.dropped).toBe(603);
    });
    await ofOne.sees(() => expect(ofOne.events.map(({ event }) => event)).toEqual(['call-started', 'call-ended', 'request']));
    expect(ofOne.dropped).toBe(0);
});

it('P7: over an encrypted bus who has the keys sees the cluster, and nobody else', async () => {
    const memory = createMemoryBackend();
    const keys = [{ id: 'one', key: Buffer.alloc(32, 1).toString('base64') }];
    const heard: string[] = [];
    await memory.messageBus.subscribe('nodes', { onMessage: message => void heard.push(message), onGap: () => undefined });
    await startNode({ backend: encryptBackend(memory, { keys }), nodeName: 'A', watchable: 'always' });
    const shared = () => createMemoryBackend({ shareWith: memory });
    const blind = await watch(shared());
    const watcher = await watch(encryptBackend(shared(), { keys }));
    await watcher.seesNodes('A');
    expect(blind.names).toEqual([]);
    expect(heard).toHaveLength(2);
    expect(heard.filter(message => message.includes('watch'))).toHaveLength(1);
});

it('takes nothing that is no report, and ends by its signal; without a bus there is nothing to watch', async () => {
    const { outside, shared } = await startWatched();
    const aborter = new AbortController();
    let address = '';
    const spied = { ...shared() };
    const subscribe = spied.messageBus.subscribe.bind(spied.messageBus);
    spied.messageBus.subscribe = (name, listener) => subscribe((address = name), listener);
    const watcher = await watch({ messageBus: spied.messageBus }, { signal: aborter.signal });
    for (const text of [
        '',
        'null',
        '{}',
        '{"from":"x","name":"x"}',
        JSON.stringify({ from: 'abcdefghijkl', name: 'evil', state: { sessions: 1 } })
    ]) {
        await outside.messageBus.publish(address, text);
    }
    await watcher.seesNodes('A', 'B');
    aborter.abort();
    const { length } = watcher.states;
    await outside.messageBus.publish(address, JSON.stringify({ from: 'abcdefghijkl', name: 'late', events: [] }));
    expect(watcher.states).toHaveLength(length);
    await expect(watchCluster({})).rejects.toMatchObject({ code: 'CONFIGURATION' });
    await expect(watchCluster(shared(), { signal: aborter.signal })).rejects.toThrow('aborted');
});
