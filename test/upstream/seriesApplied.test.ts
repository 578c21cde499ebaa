// What the changes a to d do to sources, and what the sources do then. The sources are small ones of our own, with the names and
// statements that the changes look for.

import { afterEach, describe, expect, it } from 'vitest';
import { change as a } from '../../upstream/series/a/change.js';
import { applyChanges } from '../../upstream/series/applyChanges.js';
import type { Applied } from '../../upstream/series/applyChanges.js';
import { change as b } from '../../upstream/series/b/change.js';
import { change as c } from '../../upstream/series/c/change.js';
import type { Branch, ChangeId } from '../../upstream/series/change.js';
import { change as d } from '../../upstream/series/d/change.js';
import { protocolFile, transportFile } from '../../upstream/series/places.js';
import { loadSource } from './support/loadSource.js';
import { filesOf, SmallClone } from './support/smallClone.js';

const changes = [a, b, c, d];
const branches: Branch[] = ['v1.x', 'main'];
const clones: SmallClone[] = [];

afterEach(() => {
    for (const clone of clones.splice(0)) clone.remove();
});

function cloneOf(branch: Branch): SmallClone {
    const clone = new SmallClone(filesOf(branch));
    clones.push(clone);
    return clone;
}

const apply = (clone: SmallClone, ids: string): Applied => applyChanges(clone.root, ids.split(',') as ChangeId[], { changes });

interface Message {
    id?: string | number;
    method?: string;
    result?: unknown;
}

interface Transport {
    sessionId?: string;
    onerror?: (error: Error) => void;
    handlePostRequest(message: Message): Promise<Response>;
    replayEvents(lastEventId: string): Promise<Response>;
    send(message: Message): Promise<void>;
    close(): Promise<void>;
}

async function transportOf(clone: SmallClone, branch: Branch): Promise<new (options: object) => Transport> {
    const { WebStandardStreamableHTTPServerTransport } = await loadSource<{
        WebStandardStreamableHTTPServerTransport: new (options: object) => Transport;
    }>(clone.read(transportFile[branch]));
    return WebStandardStreamableHTTPServerTransport;
}

/** A store that sessions share. */
function sharedStore(lookUp: boolean) {
    const events: { streamId: string; message: unknown }[] = [];
    const streamOf = (eventId: string) => events[Number(eventId)]?.streamId;
    return {
        storeEvent: async (streamId: string, message: unknown) => String(events.push({ streamId, message }) - 1),
        ...(lookUp && { getStreamIdForEventId: async (eventId: string) => streamOf(eventId) }),
        replayEventsAfter: async (last: string, { send }: { send: (eventId: string) => Promise<void> }) => {
            for (const [index, { streamId }] of events.entries()) {
                if (index > Number(last) && streamId === streamOf(last)) await send(String(index));
            }
            return streamOf(last) ?? '';
        }
    };
}

describe.each(branches)('on %s', branch => {
    const code = (text: string) => (branch === 'main' ? text : text.replaceAll('_', ''));

    it('a: a store or a callback that throws is an internal error, and its text stays here', async () => {
        const clone = cloneOf(branch);
        const thrown = new Error('store at redis.internal is down');
        const store = {
            storeEvent: () => {
                throw thrown;
            }
        };
        const answer = async () => {
            const transport = new (await transportOf(clone, branch))({ eventStore: store });
            const errors: Error[] = [];
            transport.onerror = error => errors.push(error);
            const response = await transport.handlePostRequest({ id: 1, method: 'ping' });
            return { status: response.status, body: await response.text(), errors };
        };
        expect(await answer()).toMatchObject({ status: 400, body: expect.stringContaining('redis.internal') as string });

        apply(clone, 'a');

        const { status, body, errors } = await answer();
        expect({ status, body: JSON.parse(body) as unknown }).toEqual({
            status: 500,
            body: { error: { code: -32603, message: 'Internal error' } }
        });
        expect(errors).toEqual([thrown]);
        expect(clone.read(transportFile[branch])).toContain(`(500, ${code('-32_603')}, 'Internal error')`);
    });

    it('a: the tests of the clone that hold the old answer expect the new one, and no other test is touched', () => {
        const clone = cloneOf(branch);
        const { applied } = apply(clone, 'a');

        const [path = ''] = Object.keys(filesOf(branch)).filter(name => name.endsWith('.test.ts'));
        const expected = [...clone.read(path).matchAll(/toBe\((\d+)\)/g)].map(match => match[1]);
        expect(expected).toEqual(branch === 'main' ? ['400', '500', '400'] : ['500', '500', '400']);
        expect(applied[0]?.tests.every(name => clone.changed().includes(name))).toBe(true);
    });

    it('b: an answered JSON response leaves no entry, and close answers those that wait', async () => {
        const clone = cloneOf(branch);
        apply(clone, 'b');
        const transport = new (await transportOf(clone, branch))({ enableJsonResponse: true });

        for (let id = 0; id < 10; id++) {
            const response = transport.handlePostRequest({ id, method: 'ping' });
            await transport.send({ id, result: {} });
            expect(await (await response).json()).toEqual({ id, result: {} });
        }
        expect((Reflect.get(transport, '_streamMapping') as Map<string, unknown>).size).toBe(0);

        const waiting = transport.handlePostRequest({ id: 11, method: 'ping' });
        await transport.close();
        expect((await waiting).status).toBe(404);
    });

    it.each([true, false])('c: events are replayed to their own session only (getStreamIdForEventId: %s)', async lookUp => {
        const clone = cloneOf(branch);
        apply(clone, 'c');
        const Transport = await transportOf(clone, branch);
        const eventStore = sharedStore(lookUp);
        const open = async (id: string) => {
            const transport = new Transport({ eventStore, sessionIdGenerator: () => id });
            await transport.handlePostRequest({ id: 0, method: 'initialize' });
            return transport;
        };
        const [one, other] = [await open('one'), await open('other')];

        const eventId = await (await one.handlePostRequest({ id: 1, method: 'ping' })).text();
        expect((await one.replayEvents(eventId)).status).toBe(200);
        expect((await other.replayEvents(eventId)).status).toBe(400);
        expect((await (await open('one')).replayEvents(eventId)).status).toBe(200);

        await one.send({ method: 'first of one' });
        await other.send({ method: 'first of other' });
        await one.send({ method: 'second of one' });
        expect((await (await one.replayEvents('4')).text()).split(' ').slice(1)).toEqual(['6']);
    });

    it('d: ids of requests carry the prefix, and answers and progress find their request', async () => {
        const clone = cloneOf(branch);
        apply(clone, 'd');
        const { Protocol } = await loadSource<{
            Protocol: new (
                send: (message: { id: unknown; progressToken: unknown }) => void,
                options?: object
            ) => {
                request(onprogress: (progress: unknown) => void): Promise<unknown>;
                _onresponse(response: object): void;
                _onprogress(progress: object): void;
            };
        }>(clone.read(protocolFile[branch]));

        for (const [options, ids] of [
            [{ requestIdPrefix: 'node-1:' }, ['node-1:0', 'node-1:1']],
            [{}, [0, 1]]
        ] as const) {
            const sent: unknown[] = [];
            const seen: unknown[] = [];
            const protocol = new Protocol(({ id, progressToken }) => sent.push(id, progressToken), options);
            const answers = ids.map(() => protocol.request(progress => seen.push(progress)));
            expect(sent).toEqual(ids.flatMap(id => [id, id]));
            protocol._onprogress({ progressToken: ids[1], progress: 1 });
            for (const id of ids) protocol._onresponse({ id: String(id), result: id });
            expect(await Promise.all(answers)).toEqual(ids.map(id => ({ id: String(id), result: id })));
            expect(seen).toEqual([{ progress: 1 }]);
        }
    });

    it('in any order, the same files come out', () => {
        const outcomes = ['a,b,c,d', 'd,c,b,a', 'c,a,d,b'].map(ids => {
            const clone = cloneOf(branch);
            apply(clone, ids);
            return clone.files();
        });
        const inTurn = cloneOf(branch);
        for (const id of ['b', 'd', 'a', 'c']) {
            apply(inTurn, id);
            inTurn.commit();
        }

        for (const outcome of [...outcomes, inTurn.files()]) expect(outcome).toEqual(outcomes[0]);
    });

    it('each is small, adds tests in files of their own, and has a changeset where those make releases', () => {
        for (const change of changes) {
            const clone = cloneOf(branch);
            const { applied } = apply(clone, change.id);

            expect(applied).toHaveLength(1);
            const [{ size, tests }] = applied as [Applied['applied'][number]];
            expect(size.source.added).toBeGreaterThan(0);
            expect(size.source.added).toBeLessThan(60);
            expect(size.test.added).toBeGreaterThan(20);
            expect(tests.length).toBeGreaterThan(0);
            expect(clone.changed()).toEqual(expect.arrayContaining([...tests]));
            expect(clone.changed().filter(path => path.startsWith('.changeset/'))).toHaveLength(branch === 'main' ? 1 : 0);
            for (const path of tests) expect(clone.read(path)).not.toMatch(/\{\{|\}\}.*\{\{/);
        }
    });
});
