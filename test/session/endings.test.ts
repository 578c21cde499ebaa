import { InMemorySessionStore, type SessionStore } from '@mcp-sessions/core';
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

    it('S7: takes over when it does not come to its end', async () => {
        const { node, memory, told } = cluster(impatient);
        const { reached, open, wait } = held();
        const [a, b] = [node('a', {}, wait), node('b')];
        const sessionId = await begin(a);
        const first = a.fetch(bare('DELETE', sessionId));
        await reached;
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
