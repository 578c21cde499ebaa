import { createMemoryBackend, encryptBackend, type EncryptionOptions, type MemoryBackend, type SessionData } from '@mcp-sessions/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bare, call, FetchNode, initialize, notify } from '../session/fetchNode.js';
import { EventReader } from '../streams/support/eventReader.js';
import { data, finish, resultText, Stage } from '../streams/support/stage.js';
import { newKey } from './support/encryption.js';

const [older, newer] = [newKey('2026-01'), newKey('2026-07')];

let stage: Stage;
let first: MemoryBackend;
const errors: Error[] = [];
const running = new Map<FetchNode, MemoryBackend>();

/** A new node of a release that is set up in this way; undefined: without encryption. */
const start = (options: Partial<EncryptionOptions> | undefined): FetchNode => {
    const backend = createMemoryBackend({ shareWith: first });
    const encrypted = options && encryptBackend(backend, { keys: [older], onerror: error => errors.push(error), ...options });
    const node = new FetchNode('N', { ...(encrypted ?? backend), furnish: stage.furnish, revalidateMs: 0 });
    running.set(node, backend);
    return node;
};
const stop = async (node: FetchNode): Promise<void> => {
    await running.get(node)?.close();
    await Promise.all([...node.transports.values()].map(async transport => (await transport).close()));
};
/** Nodes of a release in place of those of the one before, one after the other, with something to see in between. */
const rollOut = async (nodes: FetchNode[], options: Partial<EncryptionOptions>, look: () => Promise<void>): Promise<void> => {
    for (const index of nodes.keys()) {
        const before = nodes[index]!;
        nodes[index] = start(options);
        await look();
        await stop(before);
    }
    await look();
};
const open = async (node: FetchNode): Promise<string> => {
    const opened = await node.fetch(initialize());
    const sessionId = opened.headers.get('mcp-session-id') ?? '';
    await opened.text();
    expect((await node.fetch(notify(sessionId, 'notifications/initialized'))).status).toBe(202);
    return sessionId;
};
const say = (node: FetchNode, sessionId: string, words: string[]) =>
    finish(node.fetch(call(sessionId, 'tools/call', { name: 'say', arguments: { words } })));
/** How the records stand in the store: with which key, or plain. */
const sealedWith = (): string[] => {
    const records = [...new Set([...stored(first)])];
    return records.map(({ metadata }) => (metadata?.['mcp-sessions.sealed'] as string | undefined)?.split('.')[1] ?? 'plain');
};

beforeEach(() => {
    stage = new Stage();
    first = createMemoryBackend();
    errors.length = 0;
});
afterEach(async () => {
    await Promise.all([...running.keys()].map(stop));
    running.clear();
    expect(errors).toEqual([]);
});

describe('keys rotate', () => {
    it('P7: in three steps, node by node, while sessions and streams go on', async () => {
        const nodes = [start({ keys: [older] }), start({ keys: [older] })];
        const sessionId = await open(nodes[0]!);
        const look = async () => {
            for (const node of nodes) {
                expect((await say(node, sessionId, ['hello'])).map(data)).toEqual(['hello', undefined]);
            }
        };
        await rollOut(nodes, { keys: [older, newer] }, look);
        // This one is slow to stop: it still runs a call.
        const producer = start({ keys: [older, newer] });
        const args = { words: ['one', 'two'], door: 'end' };
        const stream = new EventReader(await producer.fetch(call(sessionId, 'tools/call', { name: 'say', arguments: args })));
        expect(data(await stream.next())).toBe('one');
        await stream.cut();
        await rollOut(nodes, { keys: [newer, older] }, look);
        const resumed = new EventReader(await nodes[0]!.fetch(bare('GET', sessionId, { 'last-event-id': stream.lastEventId })));
        stage.open('end');
        const rest = await resumed.rest();
        expect([rest.map(data), resultText(rest.at(-1))]).toEqual([['two', undefined], 'said']);
        await stop(producer);
        // A session that is used is encrypted anew, though nothing of it changes.
        await expect.poll(() => sealedWith()).toEqual(['2026-07']);
        await rollOut(nodes, { keys: [newer] }, look);
    });

    it('P7: a session that was not used since is absent when its key is gone, and is there for who has it', async () => {
        const sessionId = await open(start({ keys: [older] }));
        expect((await start({ keys: [newer] }).fetch(call(sessionId, 'ping'))).status).toBe(404);
        expect(errors.splice(0).map(error => (error as { code?: string }).code)).toEqual(expect.arrayContaining(['UNREADABLE']));
        expect((await start({ keys: [older] }).fetch(call(sessionId, 'ping'))).status).toBe(200);
    });

    it('P9: with a principalKey the cap of a principal holds across them', async () => {
        const principalKey = newKey('principal').key;
        first = createMemoryBackend({ maxSessionsPerPrincipal: 2 });
        const authInfo = { token: 't', clientId: 'alice', scopes: [] };
        const statuses: number[] = [];
        for (const keys of [[older], [newer, older], [newer]]) {
            statuses.push((await start({ keys, principalKey }).fetch(initialize(), authInfo)).status);
        }
        expect(statuses).toEqual([200, 200, 503]);
    });
});

describe('encryption is switched on', () => {
    it('P7: in three roll-outs, without ending a session that began before', async () => {
        const nodes = [start(undefined), start(undefined)];
        const before = await open(nodes[0]!);
        const sessions = [before];
        const look = async () => {
            sessions.push(await open(nodes[sessions.length % 2]!));
            for (const node of nodes) {
                for (const sessionId of sessions) {
                    expect((await say(node, sessionId, ['hello'])).map(data)).toEqual(['hello', undefined]);
                }
            }
        };
        await rollOut(nodes, { writePlain: true }, look);
        await rollOut(nodes, { acceptPlain: true }, look);
        await expect.poll(() => new Set(sealedWith())).toEqual(new Set(['2026-01']));
        expect((await nodes[1]!.fetch(bare('DELETE', before))).status).toBe(200);
        expect((await nodes[0]!.fetch(call(before, 'ping'))).status).toBe(404);
        expect(sealedWith()).toHaveLength(sessions.length - 1);
        // Those that began encrypted go on when nothing plain is accepted any more.
        sessions.splice(0, sessions.length - 1);
        await rollOut(nodes, {}, look);
    });

    it('P7: a plain record is absent unless it is accepted', async () => {
        const sessionId = await open(start(undefined));
        expect((await start({}).fetch(call(sessionId, 'ping'))).status).toBe(404);
        expect((await start({ acceptPlain: true }).fetch(call(sessionId, 'ping'))).status).toBe(200);
    });
});

/** The records of a backend, as they are stored. */
function stored({ sessionStore }: MemoryBackend): SessionData[] {
    const { begun, used } = sessionStore as unknown as Record<string, { entries: Map<string, { value: { json: string } }> }>;
    return [...begun!.entries.values(), ...used!.entries.values()].map(({ value }) => JSON.parse(value.json) as SessionData);
}
