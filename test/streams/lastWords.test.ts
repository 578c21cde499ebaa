import { createMemoryBackend, InMemoryMailbox, PollingBus, type MemoryBackend } from '@mcp-sessions/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bare, call, FetchNode, initialize, notify } from '../session/fetchNode.js';
import { gate, type Gated } from '../support/gate.js';
import { Stage } from './support/stage.js';

/** So long that no poll comes by itself. */
const seldom = { minIntervalMs: 60_000, maxIntervalMs: 60_000 };

let mailbox: Gated<InMemoryMailbox>;
let bus: PollingBus;
let node: FetchNode;
let backend: MemoryBackend;
let isJson = false;

const open = () => {
    mailbox = gate(new InMemoryMailbox());
    bus = new PollingBus(mailbox.gated, seldom);
    backend = createMemoryBackend();
    const { sessionStore, eventLog } = backend;
    const { furnish } = new Stage();
    node = new FetchNode('N', { sessionStore, eventLog, messageBus: bus, furnish, revalidateMs: 60_000, enableJsonResponse: isJson });
};
beforeEach(() => {
    isJson = false;
});
afterEach(async () => {
    await Promise.all([...node.transports.values()].map(async transport => (await transport).close()));
    await bus.close();
});

const begun = async (): Promise<string> => {
    const response = await node.fetch(initialize());
    await response.text();
    const sessionId = response.headers.get('mcp-session-id') ?? '';
    await (await node.fetch(notify(sessionId, 'notifications/initialized'))).text();
    return sessionId;
};

/** Everything that can happen by itself has happened. */
const quiet = async () => {
    for (let turn = 0; turn < 50; turn++) await new Promise(resolve => setImmediate(resolve));
};

/** Has a request answered while what it has to tell other nodes is held up, and says when its answer was whole. */
async function ended(request: Request): Promise<{ before: boolean; status: number }> {
    const post = mailbox.hold('post', 'after');
    let isWhole = false;
    const answered = node.fetch(request).then(async response => {
        await response.text();
        isWhole = true;
        return response.status;
    });
    await post.reached;
    await quiet();
    const before = isWhole;
    post.open();
    return { before, status: await answered };
}

describe('where nodes poll, an answer ends when what other nodes must know waits for them, since its process may be frozen then', () => {
    it('X7: of a change of the session', async () => {
        open();
        const sessionId = await begun();
        const change = () => call(sessionId, 'logging/setLevel', { level: 'error' });
        expect(await ended(change())).toEqual({ before: false, status: 200 });
    });

    it('S6: of `notifications/initialized`', async () => {
        open();
        const response = await node.fetch(initialize());
        await response.text();
        const initialized = notify(response.headers.get('mcp-session-id') ?? '', 'notifications/initialized');
        expect(await ended(initialized)).toEqual({ before: false, status: 202 });
    });

    it.each([false, true])('X5: of a call that has sent something on the standalone stream (JSON: %s)', async json => {
        isJson = json;
        open();
        const tell = call(await begun(), 'tools/call', { name: 'tell', arguments: { words: ['one'] } });
        expect(await ended(tell)).toEqual({ before: false, status: 200 });
    });

    it('S12: of a life that is extended by a node which has not seen the session', async () => {
        isJson = true;
        open();
        const sessionId = await begun();
        const store = gate(backend.sessionStore);
        const { eventLog } = backend;
        const cold = new FetchNode('C', { sessionStore: store.gated, eventLog, messageBus: bus, enableJsonResponse: true });
        const touch = store.hold('getAndTouchSession');
        let isWhole = false;
        const answered = cold.fetch(call(sessionId, 'ping')).then(async response => {
            await response.text();
            isWhole = true;
        });
        await touch.reached;
        await quiet();
        expect(isWhole).toBe(false);
        touch.open();
        await answered;
    });

    it('S10: of a DELETE', async () => {
        open();
        expect(await ended(bare('DELETE', await begun()))).toEqual({ before: false, status: 200 });
    });

    it('F2: but it does not wait for a bus that is out of order', async () => {
        open();
        const sessionId = await begun();
        mailbox.fail('post');
        const response = await node.fetch(call(sessionId, 'logging/setLevel', { level: 'error' }));
        expect(await response.text()).toContain('"result"');
        const held = mailbox.hold('post');
        // One that hangs has a second.
        expect(await (await node.fetch(call(sessionId, 'logging/setLevel', { level: 'info' }))).text()).toContain('"result"');
        held.open();
    });

    it('B4: and with nothing to tell it asks for nothing', async () => {
        open();
        const sessionId = await begun();
        mailbox.calls.length = 0;
        expect(await (await node.fetch(call(sessionId, 'ping'))).text()).toContain('"result"');
        expect(mailbox.calls).toEqual([]);
    });
});
