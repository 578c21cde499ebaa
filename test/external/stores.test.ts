import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isDeepStrictEqual } from 'node:util';
import { InMemorySessionStore, RedisSessionStore, type SessionStore } from '@mcp-sessions/sdk/server';
import { Redis } from 'ioredis';
import { Redis as RedisV5 } from 'ioredis-v5';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openRedis, type Service } from '../../scripts/services.mjs';
import { openApp, type AppOptions } from '../cluster/support/app.js';
import { Fixture } from '../cluster/support/fixture.js';
import type { State } from '../cluster/support/server.js';
import { ACCEPT, CAPABILITIES, CLIENT, HEADER_REQUIRED, NOT_FOUND, Wire } from '../cluster/support/wire.js';

/** A store as its author may write it: the five methods, and not one more. */
class FiveMethods implements SessionStore {
    readonly #inner = new InMemorySessionStore();
    storeSession: SessionStore['storeSession'] = (id, data) => this.#inner.storeSession(id, data);
    getSession: SessionStore['getSession'] = id => this.#inner.getSession(id);
    updateSessionActivity: SessionStore['updateSessionActivity'] = id => this.#inner.updateSessionActivity(id);
    deleteSession: SessionStore['deleteSession'] = id => this.#inner.deleteSession(id);
    sessionExists: SessionStore['sessionExists'] = id => this.#inner.sessionExists(id);
}

let service: Service;
const clients: { disconnect(): void }[] = [];
const running: { close(): void; closeAllConnections(): void }[] = [];
let prefixes = 0;

function onRedis(redis: Redis | RedisV5): SessionStore {
    clients.push(redis);
    return new RedisSessionStore({ redis, keyPrefix: `test:${process.pid}:${prefixes++}:`, ttlSeconds: 60 });
}

/** Two servers that share nothing but the store. */
async function two(store: SessionStore, options: Partial<AppOptions> = {}) {
    const apps = ['A', 'B'].map(nodeName => openApp({ nodeName, store, revalidateMs: 0, ...options }));
    for (const { http } of apps) {
        running.push(http);
        http.listen(0, '127.0.0.1');
        await once(http, 'listening');
    }
    const [a, b] = apps.map(({ http }) => `http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`) as [string, string];
    return { a, b, onA: apps[0]!, onB: apps[1]! };
}

/** Sends a request up to the middle of its body; what it returns sends the rest and tells the status. */
async function beginPost(url: string, headers: Record<string, string>): Promise<() => Promise<number | undefined>> {
    const body = '{"jsonrpc":"2.0","id":1,"method":"tools/list"}';
    const req = request(url, { method: 'POST', headers: { ...ACCEPT, 'content-type': 'application/json', ...headers } });
    const answered = once(req, 'response') as Promise<[IncomingMessage]>;
    await new Promise(resolve => req.write(body.slice(0, 20), resolve));
    return async () => {
        req.end(body.slice(20));
        const [res] = await answered;
        res.resume();
        return res.statusCode;
    };
}

beforeAll(async () => {
    service = await openRedis();
});
afterEach(() => {
    for (const http of running.splice(0)) {
        http.closeAllConnections();
        http.close();
    }
});
afterAll(async () => {
    for (const client of clients) client.disconnect();
    await service.stop();
});

const ownStores = [
    { name: 'InMemorySessionStore', make: () => new InMemorySessionStore() },
    { name: 'RedisSessionStore on ioredis 6', make: () => onRedis(new Redis(service.url)) },
    { name: 'RedisSessionStore on ioredis 5', make: () => onRedis(new RedisV5(service.url)) }
];

describe.each([...ownStores, { name: 'a store of five methods', make: () => new FiveMethods() }])('two servers on $name', ({ make }) => {
    it('S6: the second server knows what the first was told', async () => {
        const { a, b } = await two(make());
        const wire = new Wire(a);
        await wire.begin();
        await wire.request('logging/setLevel', { level: 'error' });
        await wire.request('resources/subscribe', { uri: 'note://one' });
        const expected = { client: CLIENT, capabilities: CAPABILITIES, logLevel: 'error', subscriptions: ['note://one'] };
        expect(JSON.parse(await wire.tool('state')) as State).toMatchObject({ node: 'A', ...expected });
        expect(JSON.parse(await wire.at(b).tool('state')) as State).toMatchObject({ node: 'B', ...expected });
    });

    it('S5, S7: first requests at once make one recovery and one server', async () => {
        const { a, b, onA, onB } = await two(make());
        const wire = new Wire(a);
        await wire.begin();
        await Promise.all(Array.from({ length: 50 }, (_, n) => wire.at(b).tool('echo', { text: `${n}` })));
        expect(onB.seen()).toMatchObject({ servers: 1, restored: 1, initialized: 0 });
        expect(onA.seen()).toMatchObject({ begun: 1, restored: 0, initialized: 1 });
    });

    it('S8: ended is 404 on both servers, a missing header 400', async () => {
        const { a, b } = await two(make());
        const wire = new Wire(a);
        await wire.begin();
        await wire.at(b).tool('echo', { text: 'warm' });
        expect((await wire.at(b).end()).status).toBe(200);
        for (const url of [a, b]) {
            for (const answer of [await wire.at(url).request('tools/list'), await wire.at(url).end()]) {
                expect([answer.status, answer.body]).toEqual([404, NOT_FOUND]);
            }
            const nameless = await new Wire(url).request('tools/list');
            expect([nameless.status, nameless.body]).toEqual([400, HEADER_REQUIRED]);
        }
    });

    it('S9: initialize with a live id is 400 -32600, with a dead one it begins a new session', async () => {
        const { a, b } = await two(make());
        const wire = new Wire(a);
        const id = await wire.begin();
        for (const url of [a, b]) {
            const refused = await wire.at(url).initialize();
            expect([refused.status, refused.messages[0]?.error?.code]).toEqual([400, -32600]);
        }
        await wire.end();
        const again = wire.at(b);
        expect((await again.initialize()).status).toBe(200);
        expect(again.sessionId).not.toBe(id);
    });

    it('P1, S8: a refusal does not disturb those whose requests are still arriving', async () => {
        const { a, b } = await two(make());
        const owner = { authorization: 'Bearer token1-of-alice' };
        const alice = new Wire(a, owner);
        const id = await alice.begin();
        const slowly = [
            await beginPost(b, { ...owner, 'mcp-session-id': id }),
            await beginPost(b, { ...owner, 'mcp-session-id': 'unknown' })
        ];
        const mallory = alice.at(b, { authorization: 'Bearer token1-of-mallory' });
        expect((await mallory.request('tools/list')).status).toBe(404);
        mallory.sessionId = 'unknown';
        expect((await mallory.request('tools/list')).status).toBe(404);
        expect(await Promise.all(slowly.map(finish => finish()))).toEqual([200, 404]);
    });

    it('P1: another principal gets the answer of an unknown id', async () => {
        const { a, b } = await two(make());
        const alice = new Wire(a, { authorization: 'Bearer token1-of-alice' });
        await alice.begin();
        for (const url of [a, b]) {
            const mallory = alice.at(url, { authorization: 'Bearer token1-of-mallory' });
            for (const answer of [await mallory.request('tools/list'), await mallory.end()]) {
                expect([answer.status, answer.body]).toEqual([404, NOT_FOUND]);
            }
        }
        expect(await alice.at(b, { authorization: 'Bearer token2-of-alice' }).tool('echo', { text: 'mine' })).toBe('mine');
    });
});

// What five methods alone cannot promise: see SessionStore.updateSession.
describe.each(ownStores)('two servers that change one session at the same time, on $name', ({ make }) => {
    it('S11: in 200 races of DELETE against updates on the other server the session stays ended', async () => {
        const { a, b } = await two(make());
        const lanes = Array.from({ length: 4 }, async (_, lane) => {
            for (let n = lane; n < 200; n += 4) {
                const wire = new Wire(a);
                await wire.initialize();
                const onB = wire.at(b);
                const rivals = [() => onB.request('logging/setLevel', { level: 'error' }), () => onB.notify('notifications/initialized')];
                rivals.splice(n % 3, 0, () => wire.end());
                await Promise.all(rivals.map(rival => rival()));
                expect((await onB.request('tools/list')).status).toBe(404);
            }
        });
        await Promise.all(lanes);
    }, 60_000);

    it('S6: a server whose own change meets that of another learns of both', async () => {
        const { a, b } = await two(make(), { revalidateMs: 200 });
        const wire = new Wire(a);
        await wire.begin();
        const onB = wire.at(b);
        await onB.tool('echo', { text: 'warm' });
        await Promise.all([
            wire.request('resources/subscribe', { uri: 'note://of-a' }),
            wire.request('logging/setLevel', { level: 'error' }),
            onB.request('resources/subscribe', { uri: 'note://of-b' })
        ]);
        const expected = { logLevel: 'error', subscriptions: ['note://of-a', 'note://of-b'] };
        for (const at of [wire, onB]) {
            const knows = async () => {
                const { logLevel, subscriptions } = JSON.parse(await at.tool('state')) as State;
                return isDeepStrictEqual({ logLevel, subscriptions }, expected);
            };
            await Fixture.until('the server knows of both changes', knows, 3_000);
        }
    });

    it.each([
        { where: 'one server', spread: false },
        { where: 'two servers', spread: true }
    ])('S6: twenty subscriptions at once on $where are all kept', async ({ spread }) => {
        const { a, b } = await two(make());
        const wire = new Wire(a);
        await wire.begin();
        const uris = Array.from({ length: 20 }, (_, n) => `note://${String(n).padStart(2, '0')}`);
        const subscribe = (uri: string, n: number) => wire.at(spread && n % 2 === 1 ? b : a).request('resources/subscribe', { uri });
        const answers = await Promise.all(uris.map(subscribe));
        expect(answers.map(({ status }) => status)).toEqual(uris.map(() => 200));
        for (const url of [a, b]) expect((JSON.parse(await wire.at(url).tool('state')) as State).subscriptions).toEqual(uris);
    });
});
