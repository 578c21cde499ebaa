import { createMemoryBackend, type EventLog } from '@mcp-sessions/core';
import { expect, it } from 'vitest';
import { bare, call, FetchNode, initialize, notify } from '../session/fetchNode.js';
import { gate } from '../support/gate.js';
import { EventReader } from './support/eventReader.js';
import { data, finish, Stage } from './support/stage.js';

/** A node with a session whose standalone stream has been given a message. */
async function listening(log?: (inner: EventLog) => EventLog) {
    const backend = createMemoryBackend();
    const node = new FetchNode('A', {
        ...backend,
        ...(log && { eventLog: log(backend.eventLog) }),
        furnish: new Stage().furnish
    });
    const opened = await node.fetch(initialize());
    const sessionId = opened.headers.get('mcp-session-id') ?? '';
    await opened.text();
    await node.fetch(notify(sessionId, 'notifications/initialized'));
    const stream = new EventReader(await node.fetch(bare('GET', sessionId)));
    await finish(node.fetch(call(sessionId, 'tools/call', { name: 'tell', arguments: { words: ['hello'] } })));
    expect(data(await stream.next())).toBe('hello');
    return { backend, node, sessionId };
}
const turns = async () => {
    for (let turn = 0; turn < 30; turn++) await new Promise(resolve => setImmediate(resolve));
};

it('X5: a node that is closed has said how far its streams have come', async () => {
    const gated: { log?: ReturnType<typeof gate<EventLog>> } = {};
    const { backend, node, sessionId } = await listening(inner => (gated.log = gate(inner)).gated);
    const held = gated.log!.hold('release');
    let isClosed = false;
    const closed = (await node.transport(sessionId))!.close().then(() => (isClosed = true));
    await held.reached;
    await turns();
    expect(isClosed).toBe(false);
    held.open();
    await closed;
    // Whoever closes its backend now loses nothing.
    const next = new FetchNode('B', { ...createMemoryBackend({ shareWith: backend }), furnish: new Stage().furnish });
    const stream = new EventReader(await next.fetch(bare('GET', sessionId)));
    await finish(next.fetch(call(sessionId, 'tools/call', { name: 'tell', arguments: { words: ['news'] } })));
    expect(data(await stream.next())).toBe('news');
    await stream.cut();
    await backend.close();
});

it('S10: a DELETE does not wait for that, since nothing is left', async () => {
    const gated: { log?: ReturnType<typeof gate<EventLog>> } = {};
    const { backend, node, sessionId } = await listening(inner => (gated.log = gate(inner)).gated);
    const held = gated.log!.hold('release');
    expect((await node.fetch(bare('DELETE', sessionId))).status).toBe(200);
    held.open();
    await backend.close();
});

it('L7: a claim that was given up and is carried out late is given back', async () => {
    const gated: { log?: ReturnType<typeof gate<EventLog>> } = {};
    const backend = createMemoryBackend();
    const node = new FetchNode('A', { ...backend, eventLog: (gated.log = gate<EventLog>(backend.eventLog)).gated, storeTimeoutMs: 100 });
    const opened = await node.fetch(initialize());
    const sessionId = opened.headers.get('mcp-session-id') ?? '';
    await opened.text();
    const held = gated.log.hold('claim');
    expect((await node.fetch(bare('GET', sessionId))).status).toBe(503);
    held.open();
    await expect.poll(() => gated.log!.calls).toContain('release');
    expect((await backend.eventLog.claim(sessionId, 'standalone', 'somebody', { ifHeldBy: undefined })).granted).toBe(true);
    await backend.close();
});
