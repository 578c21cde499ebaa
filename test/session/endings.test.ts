import { createMemoryBackend, InMemorySessionStore, type SessionStore } from '@mcp-sessions/core';
import { describe, expect, it } from 'vitest';
import { bare, call, FetchNode, initialize, type NodeOptions } from './fetchNode.js';
import { gatedStore } from './gatedStore.js';

/** Nodes that note who called the application back; each may be given something to do then. */
function cluster(options: NodeOptions = {}) {
    const memory = new InMemorySessionStore();
    const { store, calls, loseAnswer } = gatedStore(memory);
    const told: string[] = [];
    const node = (name: string, more: NodeOptions = {}, then: () => void | Promise<void> = () => undefined): FetchNode =>
        new FetchNode(name, {
            sessionStore: store,
            onsessionclosed: () => {
                told.push(name);
                return then();
            },
            ...options,
            ...more
        });
    return { memory, calls, loseAnswer, told, node };
}

async function begin(node: FetchNode): Promise<string> {
    const response = await node.fetch(initialize());
    await response.text();
    return response.headers.get('mcp-session-id') as string;
}

/** Something that takes until it is told to go on. */
function held() {
    let reach!: () => void;
    let open!: () => void;
    const reached = new Promise<void>(resolve => (reach = resolve));
    const opened = new Promise<void>(resolve => (open = resolve));
    const wait = (): Promise<void> => {
        reach();
        return opened;
    };
    return { reached, open, wait };
}

const patient = { storeTimeoutMs: 20_000 };
const impatient = { storeTimeoutMs: 200 };

describe('a DELETE that meets another on another node', () => {
    it('S7: waits for it, and does not tell the application once more', async () => {
        const { node, memory, told } = cluster(patient);
        const { reached, open, wait } = held();
        const [a, b] = [node('a', {}, wait), node('b')];
        const sessionId = await begin(a);
        const first = a.fetch(bare('DELETE', sessionId));
        await reached;
        let isAnswered = false;
        const second = b.fetch(bare('DELETE', sessionId)).finally(() => (isAnswered = true));
        // The session is there until the application has been told.
        expect((await node('c').fetch(call(sessionId, 'ping'))).status).toBe(200);
        expect(isAnswered).toBe(false);
        open();
        expect([(await first).status, (await second).status]).toEqual([200, 200]);
        expect(told).toEqual(['a']);
        expect(memory.size).toBe(0);
    });

    it('S7: waits for it also where telling the application takes longer than a call of the store may', async () => {
        const { node, memory, told, calls } = cluster(impatient);
        const { reached, open, wait } = held();
        const [a, b, c] = [node('a', {}, wait), node('b'), node('c')];
        const sessionId = await begin(a);
        const first = a.fetch(bare('DELETE', sessionId));
        await reached;
        const others = [b, c].map(other => other.fetch(bare('DELETE', sessionId)));
        calls.splice(0);
        // It says that it lives three times in the time that the others give it.
        await expect.poll(() => calls.filter(name => name === 'updateSession').length, { timeout: 10_000 }).toBeGreaterThan(9);
        expect(memory.size).toBe(1);
        open();
        expect((await Promise.all([first, ...others])).map(({ status }) => status)).toEqual([200, 200, 200]);
        expect(told).toEqual(['a']);
        expect(memory.size).toBe(0);
    });

    it('S7: takes over when its node dies', async () => {
        const { node, memory, told } = cluster(impatient);
        const { reached, open, wait } = held();
        let isDead = false;
        const dying = Object.create(memory, {
            updateSession: {
                value: (...args: Parameters<InMemorySessionStore['updateSession']>) =>
                    isDead ? Promise.reject(new Error('dead')) : memory.updateSession(...args)
            }
        }) as SessionStore;
        const [a, b] = [node('a', { sessionStore: dying }, wait), node('b')];
        const sessionId = await begin(a);
        const first = a.fetch(bare('DELETE', sessionId));
        await reached;
        isDead = true;
        expect((await b.fetch(bare('DELETE', sessionId))).status).toBe(200);
        expect(memory.size).toBe(0);
        expect(told).toEqual(['a', 'b']);
        open();
        await first;
    });

    it('S7: tells the application again when that has refused the other', async () => {
        const { node, memory, told } = cluster(impatient);
        const refuse = () => {
            throw new Error('not now');
        };
        const [a, b] = [node('a', {}, refuse), node('b')];
        const sessionId = await begin(a);
        expect((await a.fetch(bare('DELETE', sessionId))).status).toBe(500);
        expect((await b.fetch(bare('DELETE', sessionId))).status).toBe(200);
        expect(told).toEqual(['a', 'b']);
        expect(memory.size).toBe(0);
    });
});

describe('a DELETE alone', () => {
    it('S7: tells the application once, also when the driver repeats what it asks of the store', async () => {
        const { node, told, loseAnswer } = cluster(patient);
        const a = node('a');
        const sessionId = await begin(a);
        loseAnswer('updateSession');
        expect((await a.fetch(bare('DELETE', sessionId))).status).toBe(200);
        expect(told).toEqual(['a']);
    });

    it('S7: tells the application, though the record is as large as it may be', async () => {
        const { node, told, memory } = cluster();
        const sessionId = await begin(node('a'));
        const b = node('b', { maxRecordBytes: 10 });
        expect((await b.fetch(bare('DELETE', sessionId))).status).toBe(200);
        expect(told).toEqual(['b']);
        expect(memory.size).toBe(0);
    });

    it('S10: writes nothing where nobody is told, or where the store does not compare revisions', async () => {
        const { node, calls, memory } = cluster();
        const five: SessionStore = {
            storeSession: (...args) => memory.storeSession(...args),
            getSession: id => memory.getSession(id),
            updateSessionActivity: id => memory.updateSessionActivity(id),
            deleteSession: id => memory.deleteSession(id),
            sessionExists: id => memory.sessionExists(id)
        };
        const changed: string[] = [];
        const without = { ...five, storeSession: async (...args: Parameters<SessionStore['storeSession']>) => void changed.push(args[0]) };
        const [untold, simple] = [node('a', { onsessionclosed: undefined }), node('b', { sessionStore: without })];
        for (const ending of [untold, simple]) {
            const sessionId = await begin(node('c'));
            calls.splice(0);
            expect((await ending.fetch(bare('DELETE', sessionId))).status).toBe(200);
            expect([...changed, ...calls.filter(name => /^(store|update)Session$/.test(name))]).toEqual([]);
        }
        expect(memory.size).toBe(0);
    });
});

it('F4, S7: a store that is full takes no name, and the session ends all the same', async () => {
    const memory = new InMemorySessionStore();
    const full = Object.create(memory, {
        updateSession: { value: () => Promise.reject(new Error('OOM command not allowed')) }
    }) as SessionStore;
    const told: string[] = [];
    const node = new FetchNode('a', { sessionStore: full, onsessionclosed: () => void told.push('a') });
    const sessionId = await begin(node);
    expect((await node.fetch(bare('DELETE', sessionId))).status).toBe(200);
    expect([told, memory.size]).toEqual([['a'], 0]);
});

it('S10, F1: a DELETE whose answer is lost leaves nothing of the session, and other nodes hear of it', async () => {
    const backend = createMemoryBackend();
    const other = createMemoryBackend({ shareWith: backend });
    let isLost = false;
    const sessionStore = Object.create(backend.sessionStore, {
        deleteSession: {
            value: async (id: string) => {
                await backend.sessionStore.deleteSession(id);
                if (isLost) throw new Error('ECONNRESET');
            }
        }
    }) as SessionStore;
    const [a, b] = [new FetchNode('a', { ...backend, sessionStore }), new FetchNode('b', { ...other, revalidateMs: 60_000 })];
    const sessionId = await begin(a);
    await (await a.fetch(call(sessionId, 'tools/call', { name: 'whoami', arguments: {} }))).text();
    // It holds the session, and hears of what happens to it.
    const stream = await b.fetch(bare('GET', sessionId));
    expect([stream.status, backend.eventLog.size]).toEqual([200, 1]);
    isLost = true;
    expect((await a.fetch(bare('DELETE', sessionId))).status).toBe(503);
    await expect.poll(() => backend.eventLog.size).toBe(0);
    await stream.text();
    expect((await b.fetch(call(sessionId, 'ping'))).status).toBe(404);
    expect((await a.fetch(bare('DELETE', sessionId))).status).toBe(404);
    await Promise.all([backend.close(), other.close()]);
});
