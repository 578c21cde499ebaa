import {
    createMemoryBackend,
    flushHistory,
    InMemoryMailbox,
    PollingBus,
    readHistory,
    type EventLog,
    type MessageBus
} from '@mcp-sessions/core';
import { afterEach, describe, expect, it } from 'vitest';
import { bare, call, FetchNode, initialize, notify, post, type NodeOptions } from '../session/fetchNode.js';
import { EventReader } from '../streams/support/eventReader.js';
import { finish, Stage } from '../streams/support/stage.js';
import { gate } from '../support/gate.js';
import { all, messagesOf, words } from './support/entries.js';

const begun = ['in initialize', 'out result', 'in notifications/initialized'];

const nodes: FetchNode[] = [];
const closing: (() => Promise<void>)[] = [];
const start = (name: string, options: NodeOptions) => {
    const node = new FetchNode(name, options);
    nodes.push(node);
    return node;
};
const closeAll = (node: FetchNode) => Promise.all([...node.transports.values()].map(async transport => (await transport).close()));
afterEach(async () => {
    await Promise.all(nodes.splice(0).map(closeAll));
    await Promise.all(closing.splice(0).map(close => close()));
});

const begin = async (node: FetchNode): Promise<string> => {
    const response = await node.fetch(initialize());
    await response.text();
    const sessionId = response.headers.get('mcp-session-id') ?? '';
    await (await node.fetch(notify(sessionId, 'notifications/initialized'))).text();
    return sessionId;
};

const read = async (log: EventLog, sessionId: string) => {
    await flushHistory(log);
    return all(readHistory(log, sessionId));
};

describe('with transports of your own', () => {
    it('a backend that is spread brings the history along', async () => {
        const backend = createMemoryBackend({ history: {} });
        const node = start('A', { ...backend });
        const id = await begin(node);
        await finish(node.fetch(call(id, 'tools/call', { name: 'whoami', arguments: {} })));
        await node.fetch(bare('DELETE', id));
        const entries = await read(backend.historyLog!, id);
        // What a server says on the standalone stream waits in the log for a client that comes.
        expect(words(entries)).toEqual([...begun, ...['in tools/call', 'out notifications/message', 'out result', 'ended by client']]);
    });

    it('an answer that was handed over stands at the time when it came, before what it caused', async () => {
        const backend = createMemoryBackend({ history: {} });
        const a = start('A', { ...backend, furnish: new Stage().furnish });
        const shared = createMemoryBackend({ shareWith: backend });
        // The node that has taken the answer is told late that the other one has it.
        let held: (() => void)[] | undefined;
        const subscribe: MessageBus['subscribe'] = (address, listener) =>
            shared.messageBus.subscribe(address, {
                ...listener,
                onMessage: text => (held ? void held.push(() => listener.onMessage(text)) : listener.onMessage(text))
            });
        const b = start('B', {
            ...shared,
            messageBus: Object.create(shared.messageBus, { subscribe: { value: subscribe } }) as MessageBus
        });
        const id = await begin(a);
        const asking = new EventReader(await a.fetch(call(id, 'tools/call', { name: 'ask', arguments: { message: 'q' } })));
        const question = (await asking.next()) as { id: string };
        held = [];
        const answered = b.fetch(post(id, { jsonrpc: '2.0', id: question.id, result: { action: 'accept', content: { word: 'w' } } }));
        expect(await asking.next()).toMatchObject({ result: {} });
        const resultAt = Date.now();
        await expect.poll(() => held!.length > 0 && Date.now() > resultAt + 1).toBe(true);
        held.splice(0).forEach(tell => tell());
        held = undefined;
        expect((await answered).status).toBe(202);
        const entries = messagesOf(await read(backend.historyLog!, id)).slice(begun.length);
        const timeOf = (wanted: string) => Date.parse(entries.find(entry => words([entry])[0] === wanted)!.time);
        expect(timeOf('out elicitation/create')).toBeLessThanOrEqual(timeOf('in result'));
        expect(timeOf('in result')).toBeLessThanOrEqual(timeOf('out result'));
    });

    it('an initialize that failed is not in the history of the session that the next one begins', async () => {
        const backend = createMemoryBackend({ history: {} });
        const store = gate(backend.sessionStore);
        const node = start('A', { ...backend, sessionStore: store.gated });
        const transport = await node.start(null);
        store.fail('createSession');
        expect((await transport.handleRequest(initialize())).status).toBe(503);
        const response = await transport.handleRequest(initialize());
        await response.text();
        const id = response.headers.get('mcp-session-id') ?? '';
        expect(words(await read(backend.historyLog!, id))).toEqual(begun.slice(0, 2));
    });

    it('L5: a call of a dead node ends with one error, what another node sent, and a late result is not there', async () => {
        const backend = createMemoryBackend({ history: {} });
        const log = gate<EventLog>(backend.eventLog);
        const stage = new Stage();
        const first = start('A', { ...backend, eventLog: log.gated, furnish: stage.furnish });
        const second = start('B', { ...createMemoryBackend({ shareWith: backend }), furnish: stage.furnish });
        const id = await begin(first);
        const say = { name: 'say', arguments: { words: ['one'], door: 'go on' } };
        const reader = new EventReader(await first.fetch(call(id, 'tools/call', say)));
        await reader.next();
        await reader.cut();
        // Nobody reaches A any more, but its handler goes on.
        await backend.messageBus.close();
        expect(await finish(second.fetch(bare('GET', id, { 'last-event-id': reader.lastEventId })))).toMatchObject([
            { error: { code: -32000 } }
        ]);
        const before = log.calls.length;
        stage.open('go on');
        await expect.poll(() => log.calls.slice(before).includes('append')).toBe(true);
        for (let turn = 0; turn < 20; turn++) await new Promise(resolve => setImmediate(resolve));
        const entries = messagesOf(await read(backend.historyLog!, id));
        expect(words(entries)).toEqual([...begun, 'in tools/call', 'out notifications/message', 'out error -32000']);
        expect(entries[5]?.node).not.toBe(entries[4]?.node);
    });

    it.each([false, true])(
        'where nodes poll, an answer ends when the history has it, since its process may be frozen then (JSON: %s)',
        async isJson => {
            const backend = createMemoryBackend({ history: {} });
            const bus = new PollingBus(new InMemoryMailbox(), { minIntervalMs: 60_000, maxIntervalMs: 60_000 });
            closing.push(() => bus.close());
            const log = gate(backend.historyLog!);
            const node = start('A', {
                ...backend,
                messageBus: bus,
                historyLog: log.gated,
                enableJsonResponse: isJson,
                revalidateMs: 60_000
            });
            const id = await begin(node);
            const append = log.hold('append');
            let isWhole = false;
            const answered = node.fetch(call(id, 'ping')).then(async response => {
                await response.text();
                isWhole = true;
            });
            await append.reached;
            for (let turn = 0; turn < 50; turn++) await new Promise(resolve => setImmediate(resolve));
            expect(isWhole).toBe(false);
            append.open();
            await answered;
            expect(words(await all(readHistory(log.gated, id)))).toEqual([...begun, 'in ping', 'out result']);
            // While its store fails, no answer waits for it.
            log.fail('append');
            await (await node.fetch(call(id, 'ping'))).text();
        }
    );

    it('D5: in memory mode nothing is kept, and a history without a store is refused', async () => {
        const { historyLog } = createMemoryBackend({ history: {} });
        const log = gate(historyLog!);
        const node = start('A', { sessionStorageMode: 'memory', historyLog: log.gated });
        const id = await begin(node);
        await (await node.fetch(call(id, 'ping'))).text();
        await flushHistory(log.gated);
        expect(log.calls).toEqual([]);
        const refused = expect.objectContaining({ code: 'CONFIGURATION' }) as Error;
        expect(() => start('B', { historyLog: historyLog! }).start(null)).toThrow(refused);
        expect(() => start('C', { ...createMemoryBackend(), history: true }).start(null)).toThrow(refused);
    });
});
