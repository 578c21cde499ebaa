import { createMemoryBackend, createSessionHandler, encryptBackend, InMemoryMailbox, PollingBus } from '@mcp-sessions/core';
import { describe, expect, it, vi } from 'vitest';
import { newKey } from '../atRest/support/encryption.js';
import { startNode } from './support/nodes.js';
import { initialize, listen } from './support/requests.js';

const nobody = () => ({ connect: () => Promise.resolve() });

/** While modules are loaded, some platforms give neither chance nor time. */
function asWhileLoading<T>(make: () => T): T {
    const refused = (what: string) => () => {
        throw new Error(`${what} in module scope`);
    };
    const spies = [
        vi.spyOn(crypto, 'getRandomValues').mockImplementation(refused('getRandomValues')),
        vi.spyOn(crypto, 'randomUUID').mockImplementation(refused('randomUUID')),
        vi.spyOn(Math, 'random').mockImplementation(refused('random')),
        vi.spyOn(globalThis, 'setTimeout').mockImplementation(refused('setTimeout')),
        vi.spyOn(globalThis, 'setInterval').mockImplementation(refused('setInterval')),
        vi.spyOn(globalThis, 'fetch').mockImplementation(refused('fetch'))
    ];
    try {
        return make();
    } finally {
        spies.forEach(spy => spy.mockRestore());
    }
}

describe('a handler that is made while modules are loaded', () => {
    it.each([
        ['without a backend', () => ({})],
        ['with a backend', () => ({ backend: createMemoryBackend() })],
        ['with an encrypted one', () => ({ backend: encryptBackend(createMemoryBackend(), { keys: [newKey('k')] }) })],
        [
            'with one that polls',
            () => {
                const { sessionStore, eventLog } = createMemoryBackend();
                return { backend: { sessionStore, eventLog, messageBus: new PollingBus(new InMemoryMailbox()) } };
            }
        ],
        ['with a history', () => ({ history: {} })]
    ])('needs nothing random and no timer, %s', async (_how, options) => {
        const handler = asWhileLoading(() => createSessionHandler(nobody, options()));
        const answer = await handler.fetch(new Request('http://localhost/mcp', { method: 'PUT' }));
        expect(answer.status).toBe(405);
        await handler.close();
    });
});

it('B2: without a backend a session’s log is small', async () => {
    const node = await startNode();
    const id = await initialize(node.url);
    for (let n = 0; n < 1100; n++) {
        await node.handler.notify.session(id, 'notifications/message', { level: 'info', data: n });
    }
    const stream = await listen(node.url, id);
    expect(((await stream.next()).params as { data: number }).data).toBe(100);
    stream.abort();
});

it('B2: a memory log takes no event that would push out all others', () => {
    expect(createMemoryBackend({ maxBytes: 10_000 }).eventLog.maxEventBytes).toBe(5000);
});
