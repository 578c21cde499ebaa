import { createMemoryBackend, InMemorySessionStore } from '@mcp-sessions/core';
import { describe, expect, it } from 'vitest';
import type { WireMessage, WireStream } from '../cluster/support/wireStream.js';
import type { HandlerNode } from './support/handlerNode.js';
import { startNode, startPair } from './support/nodes.js';
import { initialize, listen, request } from './support/requests.js';

const open = (node: HandlerNode, id: string, lastEventId?: string) => listen(node.url, id, lastEventId);
const subscribe = (node: HandlerNode, id: string, uri: string) => request(node.url, id, 'resources/subscribe', { uri });
const said = ({ method, params }: WireMessage) => (params ? `${method} ${String(params['uri'] ?? params['data'])}` : method);
const changed = (what: string) => `notifications/${what}/list_changed`;
const updated = (uri: string) => `notifications/resources/updated ${uri}`;

/** What a session is told until the notice that all are told at the end. */
async function toldUntilEnd(node: HandlerNode, stream: WireStream): Promise<unknown[]> {
    await node.handler.notify.all('notifications/message', { level: 'info', data: 'end' });
    const told = [];
    for (;;) {
        const message = said(await stream.next());
        if (message === 'notifications/message end') return told;
        told.push(message);
    }
}

describe('notifications to the cluster', () => {
    it('X8: reach the sessions whose stream is open, on any node, each as it has subscribed', async () => {
        const [first, second] = await startPair();
        const [one, two] = [await initialize(first.url), await initialize(second.url)];
        await subscribe(second, one, 'note://a');
        const [streamOne, streamTwo] = [await open(second, one), await open(first, two)];
        await first.handler.notify.toolsChanged();
        await first.handler.notify.resourceUpdated('note://a');
        await second.handler.notify.resourceUpdated('note://b');
        await second.handler.notify.promptsChanged();
        await first.handler.notify.resourcesChanged();
        expect(await toldUntilEnd(first, streamOne)).toEqual([
            changed('tools'),
            updated('note://a'),
            changed('prompts'),
            changed('resources')
        ]);
        const toldTwo = [];
        for (let message = said(await streamTwo.next()); message !== 'notifications/message end'; message = said(await streamTwo.next())) {
            toldTwo.push(message);
        }
        expect(toldTwo).toEqual([changed('tools'), changed('prompts'), changed('resources')]);
        streamOne.abort();
        streamTwo.abort();
    });

    it('X8: reach sessions that no node holds, when their stream is next opened, repeated ones once', async () => {
        const backend = createMemoryBackend();
        const before = await startNode({ backend });
        await before.handler.notify.toolsChanged();
        const id = await initialize(before.url);
        await subscribe(before, id, 'note://a');
        await before.handler.close();

        const after = await startNode({ backend: createMemoryBackend({ shareWith: backend }) });
        for (let n = 0; n < 10; n++) await after.handler.notify.toolsChanged();
        await after.handler.notify.resourceUpdated('note://a');
        await after.handler.notify.resourceUpdated('note://other');
        expect(after.handler.localSessions).toBe(0);

        const stream = await open(after, id);
        expect([said(await stream.next()), said(await stream.next())]).toEqual([changed('tools'), updated('note://a')]);
        expect(await toldUntilEnd(after, stream)).toEqual([]);
        stream.abort();
        const again = await open(after, id);
        expect(await toldUntilEnd(after, again)).toEqual([]);
        again.abort();
    });

    it('X8: a session that may have missed notices, because there were too many, is told that all has changed', async () => {
        const node = await startNode({ backend: createMemoryBackend({ maxEvents: 10 }) });
        const id = await initialize(node.url);
        await subscribe(node, id, 'note://a');
        for (let n = 0; n < 400; n++) await node.handler.notify.resourceUpdated(`note://${n}`);
        const stream = await open(node, id);
        // Its server has no prompts.
        expect(await toldUntilEnd(node, stream)).toEqual([changed('tools'), changed('resources'), updated('note://a')]);
        stream.abort();
    });

    it('X8: a notice that could not be sent is sent again', async () => {
        const backend = createMemoryBackend();
        let failures = 0;
        const eventLog = Object.create(backend.eventLog, {
            append: {
                value: (id: string, events: { streamId: string }[]) =>
                    failures > 0 && events.some(({ streamId }) => streamId === 'standalone')
                        ? (failures--, Promise.reject(new Error('a blip')))
                        : backend.eventLog.append(id, events as never)
            }
        }) as typeof backend.eventLog;
        const node = await startNode({ backend: { ...backend, eventLog } });
        const id = await initialize(node.url);
        const stream = await open(node, id);
        await stream.event();
        failures = 1;
        await node.handler.notify.toolsChanged();
        expect(said(await stream.next())).toBe(changed('tools'));
        stream.abort();
    });

    it('X8: one that comes while notices are being read is told at once', async () => {
        const backend = createMemoryBackend();
        const gates: (() => void)[] = [];
        let isHeld = false;
        const eventLog = Object.create(backend.eventLog, {
            read: {
                value: async (...args: Parameters<typeof backend.eventLog.read>) => {
                    const page = await backend.eventLog.read(...args);
                    if (isHeld && args[1] === 'notices') await new Promise<void>(resolve => gates.push(resolve));
                    return page;
                }
            }
        }) as typeof backend.eventLog;
        const node = await startNode({ backend: { ...backend, eventLog } });
        const id = await initialize(node.url);
        const first = await open(node, id);
        isHeld = true;
        const looking = node.handler.notify.promptsChanged();
        await new Promise(resolve => setTimeout(resolve, 50));
        const notified = node.handler.notify.toolsChanged();
        await new Promise(resolve => setTimeout(resolve, 50));
        isHeld = false;
        gates.forEach(go => go());
        await Promise.all([looking, notified]);
        const told = [said(await first.next()), said(await first.next())];
        expect(told.sort()).toEqual([changed('prompts'), changed('tools')]);
        first.abort();
    });

    it('X8: to one session, wherever its stream is, and later if it is nowhere', async () => {
        const [first, second] = await startPair();
        const [one, two] = [await initialize(first.url), await initialize(first.url)];
        const stream = await open(second, one);
        expect(await first.handler.notify.session(one, 'notifications/message', { level: 'info', data: 'here' })).toBe(true);
        expect(said(await stream.next())).toBe('notifications/message here');
        expect(await first.handler.notify.session(two, 'notifications/message', { level: 'info', data: 'later' })).toBe(true);
        const late = await open(second, two);
        expect(said(await late.next())).toBe('notifications/message later');
        expect(await first.handler.notify.session('unknown', 'notifications/message', { level: 'info', data: 'x' })).toBe(false);
        stream.abort();
        late.abort();
    });

    it('without a log they reach the streams that are open on this node', async () => {
        const node = await startNode({ backend: { sessionStore: new InMemorySessionStore() } });
        const id = await initialize(node.url);
        await subscribe(node, id, 'note://a');
        const tell = () => node.handler.notify.session(id, 'notifications/message', { level: 'info', data: 'here' });
        expect(await tell()).toBe(false);
        const stream = await open(node, id);
        expect(await tell()).toBe(true);
        expect(said(await stream.next())).toBe('notifications/message here');
        await node.handler.notify.resourceUpdated('note://b');
        await node.handler.notify.resourceUpdated('note://a');
        await node.handler.notify.toolsChanged();
        expect([said(await stream.next()), said(await stream.next())]).toEqual([updated('note://a'), changed('tools')]);
        stream.abort();
    });
});
