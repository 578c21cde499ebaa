import {
    encryptEventLog,
    encryptMessageBus,
    encryptSessionStore,
    InMemoryEventLog,
    InMemoryMessageBus,
    InMemorySessionStore,
    isSessionError,
    type JSONRPCMessage,
    type NewEvent,
    type SessionData
} from '@mcp-sessions/core';
import { beforeEach, describe, expect, it } from 'vitest';
import { encryption, newKey } from './support/encryption.js';

const record = (sessionId: string, extra: Partial<SessionData> = {}): SessionData => ({
    sessionId,
    initialized: true,
    createdAt: 1,
    lastActivity: 1,
    revision: 1,
    protocolVersion: '2025-11-25',
    initializeParams: { clientInfo: { name: 'client', version: '1' } },
    ...extra
});
const event = (streamId: string, text: string): NewEvent => ({
    streamId,
    message: { jsonrpc: '2.0', method: 'notifications/message', params: { text } }
});
const final = (streamId: string, text: string): NewEvent => ({
    streamId,
    message: { jsonrpc: '2.0', id: 1, result: { text } },
    finalOf: '0',
    undelivered: true
});

/** Every text that differs from this one in one character, and every beginning of it. */
function* alterations(text: string): Generator<string> {
    for (let i = 0; i < text.length; i++) {
        yield `${text.slice(0, i)}${text[i] === 'A' ? 'B' : 'A'}${text.slice(i + 1)}`;
        // The last bit of a character of base64.
        yield `${text.slice(0, i)}${String.fromCharCode(text.charCodeAt(i) ^ 1)}${text.slice(i + 1)}`;
        yield text.slice(0, i);
    }
    yield `${text}A`;
    yield `${text}=`;
    yield `${text}.`;
}

let errors: Error[];
const options = (more = {}) => encryption({ onerror: error => errors.push(error), ...more });
const unreadable = () => {
    const codes = errors.splice(0).map(error => (isSessionError(error) ? error.code : error.message));
    expect(new Set(codes)).toEqual(new Set(['UNREADABLE']));
    return codes.length;
};
beforeEach(() => {
    errors = [];
});

describe('a record', () => {
    let inner: Map<string, SessionData>;
    const memory = new InMemorySessionStore();
    /** A store that whoever has this map can alter. */
    const open = (more = {}) =>
        encryptSessionStore(
            {
                storeSession: async (id, data) => void inner.set(id, structuredClone(data)),
                getSession: async id => structuredClone(inner.get(id) ?? null),
                updateSessionActivity: async () => undefined,
                deleteSession: async id => void inner.delete(id),
                sessionExists: async id => inner.has(id)
            },
            options(more)
        );
    const only = () => [...inner.values()][0]!;
    const idOf = (position: number) => [...inner.keys()][position]!;
    const sealedIn = (data: SessionData) => (data.metadata as { 'mcp-sessions.sealed': string })['mcp-sessions.sealed'];
    const withSealed = (data: SessionData, sealed: unknown): SessionData => ({ ...data, metadata: { 'mcp-sessions.sealed': sealed } });
    beforeEach(() => {
        inner = new Map();
    });

    it('P7: is absent when any character of it was altered, or a piece is missing', async () => {
        const store = open();
        await store.storeSession('one', record('one'));
        const stored = only();
        let tried = 0;
        for (const sealed of alterations(sealedIn(stored))) {
            if (sealed === sealedIn(stored)) continue;
            inner.set(idOf(0), withSealed(stored, sealed));
            expect(await store.getSession('one'), sealed).toBeNull();
            tried++;
        }
        expect(await store.sessionExists('one')).toBe(false);
        expect(unreadable()).toBe(tried + 1);
        inner.set(idOf(0), stored);
        expect(await store.getSession('one')).toEqual(record('one'));
    });

    it('P7: is absent in the place of another session, or under another revision', async () => {
        const store = open();
        await store.storeSession('one', record('one'));
        await store.storeSession('two', record('two'));
        const [one, two] = [...inner.values()] as [SessionData, SessionData];
        inner.set(idOf(1), one);
        expect(await store.getSession('two')).toBeNull();
        inner.set(idOf(1), withSealed(two, sealedIn(one)));
        expect(await store.getSession('two')).toBeNull();
        for (const revision of [0, 2, undefined, null, '1']) {
            inner.set(idOf(0), { ...one, revision } as SessionData);
            expect(await store.getSession('one')).toBeNull();
        }
        expect(unreadable()).toBe(7);
    });

    it('P7: is what was sealed, whatever stands in clear beside it; the time of the last use is that of the store', async () => {
        const store = open();
        const data = record('one', { principal: 'alice', etag: 'e', schemaVersion: 1, logLevel: 'info' });
        await store.storeSession('one', data);
        const forged = {
            initialized: false,
            createdAt: 9,
            lastActivity: 7,
            principal: 'mallory',
            etag: 'f',
            schemaVersion: 9,
            logLevel: 'x'
        };
        inner.set(idOf(0), { ...only(), ...forged });
        expect(await store.getSession('one')).toEqual({ ...data, lastActivity: 7 });
        inner.set(idOf(0), { ...only(), lastActivity: 'now' as unknown as number });
        expect(await store.getSession('one')).toEqual(data);
        expect(errors).toEqual([]);
    });

    it('P7: is absent when it is not sealed, or is anything else', async () => {
        const store = open();
        await store.storeSession('one', record('one'));
        const stored = only();
        const foreign = [
            record('one'),
            {},
            [],
            'text',
            7,
            true,
            withSealed(stored, 7),
            withSealed(stored, null),
            { ...stored, metadata: 'x' }
        ];
        for (const value of foreign) {
            inner.set(idOf(0), value as SessionData);
            expect(await store.getSession('one')).toBeNull();
        }
        expect(unreadable()).toBe(foreign.length);
    });

    it('P7: is absent for a node that has other keys, also when they have the same name', async () => {
        await open().storeSession('one', record('one'));
        expect(await open({ keys: [newKey('test-key')] }).getSession('one')).toBeNull();
        expect(await open({ keys: [newKey('other')] }).getSession('one')).toBeNull();
        expect(unreadable()).toBe(2);
    });

    it('P7: counts for its principal by a tag that says nothing, the same for all of its sessions', async () => {
        const store = open();
        for (const [id, principal] of Object.entries({ one: 'alice', two: 'alice', three: 'bob' })) {
            await store.storeSession(id, record(id, { principal }));
        }
        const [one, two, three] = [...inner.values()].map(({ principal }) => principal);
        expect(one).toBe(two);
        expect(new Set([one, three, 'alice', 'bob']).size).toBe(4);
        expect(JSON.stringify([...inner])).not.toMatch(/alice|bob|client|"one"/);
    });

    it('P7: is listed for who has the keys, and otherwise left out and reported', async () => {
        const plain = new InMemorySessionStore();
        await plain.storeSession('plain', record('plain'));
        const store = encryptSessionStore(plain, options());
        for (const id of ['one', 'two', 'three']) await store.storeSession(id, record(id, { principal: 'alice', revision: 3 }));
        const foreign = encryptSessionStore(plain, options({ keys: [newKey('test-key')] }));
        await foreign.storeSession('of others', record('of others'));
        const stored = (await plain.listSessions()).sessions.find(({ metadata }) => metadata !== undefined)!;
        expect(JSON.stringify(stored)).not.toMatch(/alice|client|"(one|two|three)"/);
        // In the place of another session, and under another revision.
        await plain.storeSession('moved', { ...stored, sessionId: 'moved' });
        await plain.storeSession('renumbered', { ...stored, revision: 4 });

        const listed = async (from: typeof store) => (await from.listSessions!()).sessions.map(({ sessionId }) => sessionId).sort();
        expect(await listed(store)).toEqual(['one', 'three', 'two']);
        expect(unreadable()).toBe(4);
        expect((await store.listSessions!({ limit: 2 })).sessions).toEqual([
            record('one', { principal: 'alice', revision: 3, lastActivity: expect.any(Number) as number })
        ]);
        expect((await store.listSessions!({ limit: 2 })).cursor).toBeTypeOf('string');
        errors.length = 0;
        expect(await listed(foreign)).toEqual(['of others']);
        expect(unreadable()).toBe(6);
        expect(await listed(encryptSessionStore(plain, options({ acceptPlain: true })))).toEqual(['one', 'plain', 'three', 'two']);
    });

    it('P7: is listed also when it was encrypted in its place, where it began plain', async () => {
        const plain = new InMemorySessionStore();
        await plain.storeSession('one', record('one'));
        const store = encryptSessionStore(plain, options({ acceptPlain: true }));
        await store.getAndTouchSession!('one');
        await expect.poll(async () => JSON.stringify(await plain.getSession('one'))).not.toContain('client');
        expect((await store.listSessions!()).sessions).toMatchObject([record('one', { lastActivity: expect.any(Number) as number })]);
        expect(errors).toEqual([]);
    });

    it('has the methods of its store, and no others', () => {
        expect(Object.keys(open()).sort()).toEqual([
            'deleteSession',
            'getSession',
            'sessionExists',
            'storeSession',
            'updateSessionActivity'
        ]);
        const full = encryptSessionStore(memory, options());
        expect(full).toMatchObject({ ttlMs: memory.ttlMs });
        for (const name of ['createSession', 'updateSession', 'getAndTouchSession', 'listSessions', 'close'] as const) {
            expect(full[name]).toBeTypeOf('function');
        }
    });
});

describe('an event', () => {
    interface Stored extends NewEvent {
        message: JSONRPCMessage & { params: { sealed: string; final?: boolean } };
    }
    let stored: Stored[];
    /** A log of which whoever has this list can alter the messages. */
    const open = (more = {}) => {
        const log = new InMemoryEventLog();
        const altered = Object.create(log, {
            append: {
                value: (id: string, events: Stored[]) => {
                    stored.push(...events);
                    return log.append(id, events);
                }
            },
            read: {
                value: async (...args: Parameters<typeof log.read>) => {
                    const page = await log.read(...args);
                    const now = page?.events.map(({ position }, i) => ({
                        position,
                        message: stored[stored.length - page.events.length + i]!.message
                    }));
                    return page && { ...page, events: now };
                }
            }
        }) as InMemoryEventLog;
        return encryptEventLog(altered, options(more));
    };
    beforeEach(() => {
        stored = [];
    });
    const textsIn = async (log: ReturnType<typeof open>, stream = 'a') => {
        const page = await log.read('session', stream, { since: '' }, 100);
        return page?.events.map(
            ({ message }) => ('result' in message ? message.result : 'method' in message && message.params)?.['text' as never]
        );
    };

    it('P7: is not replayed when any character of it was altered; those beside it are', async () => {
        const log = open();
        await log.append('session', [event('a', '1'), event('a', '2'), event('a', '3')]);
        const { message } = stored[1]!;
        for (const sealed of alterations(message.params.sealed)) {
            if (sealed === message.params.sealed) continue;
            stored[1] = { ...stored[1]!, message: { ...message, params: { sealed } } };
            expect(await textsIn(log)).toEqual(['1', '3']);
            unreadable();
        }
    });

    it('P7: is not replayed in another stream, session or kind, nor when it is not sealed', async () => {
        const log = open();
        await log.append('session', [event('a', '1'), event('b', 'of b')]);
        await log.append('other', [event('a', 'of other')]);
        const bus = new InMemoryMessageBus();
        const published: string[] = [];
        await bus.subscribe('session/x', { onMessage: text => void published.push(text), onGap: () => undefined });
        await encryptMessageBus(bus, options()).publish('session/x', JSON.stringify(event('a', 'of the bus').message));
        await expect.poll(() => published).toHaveLength(1);
        const [own, ofB, ofOther] = stored.map(({ message }) => message);
        const foreign = [
            ofB,
            ofOther,
            { ...own, params: { ...own!.params, final: true } },
            { ...own, params: { sealed: published[0] } },
            event('a', 'plain').message
        ];
        const only = open();
        await only.append('session', [event('a', '1')]);
        for (const message of foreign) {
            stored = [{ ...stored[0]!, message: message as Stored['message'] }];
            expect(await textsIn(only)).not.toEqual(expect.arrayContaining([expect.anything()]));
            expect(unreadable()).toBe(1);
        }
    });

    it('P7, L5: that is a final response and cannot be read ends what can be had of its stream, so that nobody waits for it', async () => {
        const log = open();
        await log.append('session', [event('a', '1'), final('a', 'result')]);
        const { message } = stored[1]!;
        stored[1] = { ...stored[1]!, message: { ...message, params: { ...message.params, sealed: 'x' } } };
        const page = await log.read('session', 'a', { since: '' }, 100);
        expect(page).toMatchObject({ more: true, position: page?.events[0]?.position });
        expect(page?.events).toHaveLength(1);
        stored = stored.slice(1);
        expect(await log.read('session', 'a', { since: page?.position ?? '' }, 100)).toBeNull();
        unreadable();
    });

    it('P7: stands under names that say nothing, the same on every node and with every key', async () => {
        const [here, there] = [open(), open({ keys: [newKey('other')] })];
        await here.append('session', [final('stream-Amaryllis', 'result-Begonia')]);
        await there.append('session', [final('stream-Amaryllis', 'result-Begonia'), event('b', '1')]);
        expect(JSON.stringify(stored)).not.toMatch(/Amaryllis|Begonia|"0"/);
        const [one, two, three] = stored;
        expect([two?.streamId, two?.finalOf]).toEqual([one?.streamId, one?.finalOf]);
        expect(three?.streamId).not.toBe(one?.streamId);
        expect([one?.undelivered, three?.undelivered, three?.finalOf]).toEqual([true, undefined, undefined]);
    });

    it('may be as large as leaves room for what sealing adds', async () => {
        for (const maxEventBytes of [300, 301, 302, 303, 1000, 100_000]) {
            const log = Object.create(new InMemoryEventLog(), { maxEventBytes: { value: maxEventBytes } }) as InMemoryEventLog;
            const sizes: number[] = [];
            log.append = async (_id, events) => events.map(({ message }) => String(sizes.push(JSON.stringify(message).length)));
            const encrypted = encryptEventLog(log, options());
            const largest = final('a', '');
            const room = encrypted.maxEventBytes! - JSON.stringify(largest.message).length;
            await encrypted.append('session', [final('a', 'x'.repeat(room)), final('a', 'x'.repeat(room + 4))]);
            expect(sizes[0]).toBeLessThanOrEqual(maxEventBytes);
            expect(sizes[1]).toBeGreaterThan(maxEventBytes);
        }
        const boundless = Object.create(new InMemoryEventLog(), { maxEventBytes: { value: undefined } }) as InMemoryEventLog;
        expect(encryptEventLog(boundless, options())).not.toHaveProperty('maxEventBytes');
    });
});

describe('a message on the bus', () => {
    it('P7: that was altered, was sent to another address or is not sealed is dropped; the others come in their order', async () => {
        const first = new InMemoryMessageBus();
        const second = new InMemoryMessageBus({ shareWith: first });
        const heard: string[] = [];
        const sealed: string[] = [];
        await second.subscribe('node/a', { onMessage: text => void sealed.push(text), onGap: () => undefined });
        const bus = encryptMessageBus(second, options());
        const other = encryptMessageBus(first, options());
        await bus.subscribe('node/a', { onMessage: text => void heard.push(text), onGap: () => undefined });
        const large = 'x'.repeat(1_000_000);
        const sent = [large, '1', large, '2', '3'];
        await Promise.all(sent.map(text => other.publish('node/a', text)));
        await expect.poll(() => heard.length).toBe(sent.length);
        expect(heard).toEqual(sent);
        expect(sealed.join().includes('x'.repeat(20))).toBe(false);

        const message = sealed[1]!;
        const foreign = [...alterations(message)].filter(text => text !== message);
        await other.publish('node/b', 'for b');
        for (const text of [...foreign, '{"plain":true}']) await first.publish('node/a', text);
        await second.subscribe('node/b', { onMessage: text => void sealed.push(text), onGap: () => undefined });
        await other.publish('node/b', 'for b');
        await expect.poll(() => sealed.at(-1)).not.toBe('{"plain":true}');
        await first.publish('node/a', sealed.at(-1)!);
        await other.publish('node/a', 'the end');
        await expect.poll(() => heard.at(-1)).toBe('the end');
        expect(heard).toHaveLength(sent.length + 1);
        expect(unreadable()).toBe(foreign.length + 2);
    });

    it('polls where its bus does', () => {
        expect(encryptMessageBus(new InMemoryMessageBus(), options())).not.toHaveProperty('polls');
        const polling = Object.create(new InMemoryMessageBus(), { polls: { value: true } }) as InMemoryMessageBus;
        expect(encryptMessageBus(polling, options())).toMatchObject({ polls: true });
    });
});

describe('keys', () => {
    const bytes = new Uint8Array(32).fill(0xfb);
    const text = Buffer.from(bytes).toString('base64');

    it.each([
        { name: 'bytes', key: bytes },
        { name: 'base64', key: text },
        { name: 'base64url', key: Buffer.from(bytes).toString('base64url') },
        { name: 'base64 with a line break, as openssl prints it', key: `${text}\n` }
    ])('may be given as $name', async ({ key }) => {
        const store = new InMemorySessionStore();
        await encryptSessionStore(store, { keys: [{ id: 'k', key: bytes }] }).storeSession('one', record('one'));
        expect(await encryptSessionStore(store, { keys: [{ id: 'k', key }] }).getSession('one')).toMatchObject(
            record('one', { lastActivity: expect.any(Number) as number })
        );
    });

    it.each([
        { keys: [], message: /^keys must hold at least one key/ },
        { keys: [{ id: 'k', key: bytes.subarray(1) }], message: /^keys\[0\]\.key must be 32 bytes.*it has 31$/ },
        { keys: [{ id: 'k', key: text.slice(4) }], message: /^keys\[0\]\.key must be 32 bytes.*it has 29$/ },
        { keys: [{ id: 'k', key: 'correct horse' }], message: /^keys\[0\]\.key must be 32 bytes.*it is neither$/ },
        { keys: [{ id: 'k', key: undefined }], message: /^keys\[0\]\.key must be 32 bytes/ },
        {
            keys: [
                { id: 'k', key: bytes },
                { id: 'k', key: bytes }
            ],
            message: /^keys\[1\]\.id is that of another key/
        },
        { keys: [{ id: 'a.b', key: bytes }], message: /^keys\[0\]\.id must be 1 to 64 letters/ },
        { keys: [{ id: 'k', key: bytes }], principalKey: 'short', message: /^principalKey must be 32 bytes/ }
    ])('that cannot be used are refused at once: $message', ({ message, ...given }) => {
        const make = () => encryptSessionStore(new InMemorySessionStore(), given as Parameters<typeof encryptSessionStore>[1]);
        expect(make).toThrow(message);
        expect(make).toThrow(expect.objectContaining({ code: 'CONFIGURATION' }));
        expect(make).not.toThrow(/horse/);
    });
});
