import { UpstashEventLog, UpstashMailbox, UpstashSessionLock, UpstashSessionStore } from '@mcp-sessions/upstash';
import { Redis } from '@upstash/redis';
import { createClient } from '@vercel/kv';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { UNAVAILABLE } from '../cluster/support/wire.js';
import type { RestFault } from '../support/upstashRest.js';
import { openUpstash, type OpenedUpstash } from './upstashKinds.js';
import { openNode, type NodeOptions } from './upstashNodes.js';

let upstash: OpenedUpstash;

beforeAll(async () => {
    upstash = await openUpstash();
});
afterEach(() => upstash.rest.fault('pass'));
afterAll(() => upstash.close());

const outages: readonly (readonly [string, RestFault])[] = [
    ['refuses the token', { status: 401, body: '{"error":"WRONGPASS invalid or missing auth token"}' }],
    ['limits the rate', { status: 429, body: '{"error":"ERR max requests limit exceeded. Limit: 500000, Usage: 500001"}' }],
    ['fails', { status: 500 }],
    ['is hidden by a gateway', { status: 502, body: '<html><body>Bad Gateway</body></html>' }],
    ['cannot be reached', { cut: 'before' }],
    ['loses all answers', { cut: 'after' }],
    ['does not answer', 'hang'],
    ['answers too late', { delayMs: 3000 }]
];

const session = (sessionId: string) => ({ sessionId, initialized: true, createdAt: 1, lastActivity: 1, revision: 1 });

describe('a service that fails', () => {
    it.each(outages)('F1: %s: 503 and no word of it, and the same session goes on afterwards', async (_, fault) => {
        const node: NodeOptions = { revalidateMs: 0, isWhole: false };
        const keyPrefix = upstash.prefix();
        const [a, b] = [
            await openNode({ redis: upstash.client(), keyPrefix }, node),
            await openNode({ redis: upstash.client(), keyPrefix }, node)
        ];
        try {
            const wire = a.wire();
            await wire.begin();
            const cold = wire.at(b.wire().url);
            upstash.rest.fault(fault);
            const answers = await Promise.all([wire.request('tools/list'), cold.request('tools/list'), b.wire().initialize(), wire.end()]);
            for (const { status, body, headers } of answers) {
                expect([status, body, Number(headers.get('retry-after')) > 0]).toEqual([503, UNAVAILABLE, true]);
            }
            for (const error of [...a.seen().errors, ...b.seen().errors]) {
                expect(error).not.toContain(wire.sessionId);
                expect(error).not.toContain(upstash.rest.token);
            }
            upstash.rest.fault('pass');
            // What was given up may still be on its way: a DELETE that was answered 503 may have been carried out.
            const after = await cold.request('tools/list');
            expect(after.status).toBe('cut' in Object(fault) || 'delayMs' in Object(fault) ? after.status : 200);
            expect([200, 404]).toContain(after.status);
        } finally {
            await Promise.all([a.close(), b.close()]);
        }
    });

    it('P4: an error tells what the server said, and nothing of what was sent or received', async () => {
        const { url } = upstash.rest;
        const token = 'wrong-token';
        const clients = [new Redis({ url, token }), new Redis({ url, token, enableAutoPipelining: false }), createClient({ url, token })];
        for (const redis of clients) {
            const store = new UpstashSessionStore({ redis, keyPrefix: 'secret-prefix:' });
            const storing = store.storeSession('secret-id', { ...session('secret-id'), metadata: { note: 'secret-note' } });
            const error: unknown = await storing.catch((reason: unknown) => reason);
            expect(error).toBeInstanceOf(Error);
            expect((error as Error).message).toBe('WRONGPASS invalid or missing auth token');
            expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toMatch(/secret|wrong-token/);
        }
        upstash.rest.fault({ status: 200, body: '{"result":"secret-note' });
        const store = new UpstashSessionStore({ redis: upstash.client() });
        await expect(store.getSession('secret-id')).rejects.not.toThrow(/secret/);
    });

    it('F1: what is no answer of ours is an outage, not an absent session', async () => {
        const aborted = new AbortController();
        aborted.abort('Aborted');
        const { url, token } = upstash.rest;
        for (const redis of [new Redis({ url, token, signal: aborted.signal }), createClient({ url, token, signal: aborted.signal })]) {
            await expect(new UpstashSessionStore({ redis }).getSession('some-id')).rejects.toThrow();
            await expect(new UpstashSessionStore({ redis }).getAndTouchSession('some-id')).rejects.toThrow();
        }
    });
});

describe('an answer that is lost', () => {
    const lose = () => upstash.rest.fault({ cut: 'after', times: 1 });

    /** Calls twice, so that scripts are known, and loses the answer to the second: the client asks again by itself. */
    async function losing<T>(call: (n: number) => Promise<T>): Promise<T> {
        await call(1);
        lose();
        return call(2);
    }

    it('F1: what was done is not done again', async () => {
        const [redis, keyPrefix] = [upstash.client(), upstash.prefix()];
        const log = new UpstashEventLog({ redis, keyPrefix });
        const event = (n: number) => ({ streamId: 's', message: { jsonrpc: '2.0' as const, method: `m${n}` } });
        const positions = await losing(n => log.append('id', [event(n)]));
        const page = await log.read('id', 's', { since: '' }, 10);
        expect(page?.events.map(({ message }) => 'method' in message && message.method)).toEqual(['m1', 'm2']);
        expect(page?.events[1]?.position).toBe(positions[0]);

        const mailbox = new UpstashMailbox({ redis, keyPrefix });
        await losing(n => mailbox.post('nodes', `m${n}`));
        expect((await mailbox.collect(new Map([['nodes', '']]))).get('nodes')?.messages).toEqual(['m1', 'm2']);

        const lock = new UpstashSessionLock({ redis, keyPrefix });
        const [first, token] = [await lock.acquire('other', 'h', 60_000), await losing(n => lock.acquire(`name-${n}`, 'h', 60_000))];
        expect([first, token]).toEqual([expect.any(Number), expect.any(Number)]);
        expect(await lock.acquire('name-2', 'h', 60_000)).toBe(token);
        expect(await lock.acquire('name-2', 'other', 60_000)).toBeNull();
    });

    it('F1: initialize succeeds, and so does a change of the session', async () => {
        const node = await openNode({ redis: upstash.client(), keyPrefix: upstash.prefix() }, { isWhole: false });
        try {
            await node.wire().begin();
            const wire = node.wire();
            lose();
            expect((await wire.initialize()).status).toBe(200);
            lose();
            expect((await wire.notify('notifications/initialized')).status).toBe(202);
            lose();
            expect((await wire.request('logging/setLevel', { level: 'error' })).status).toBe(200);
            expect(JSON.parse(await wire.tool('state'))).toMatchObject({ logLevel: 'error' });
        } finally {
            await node.close();
        }
    });
});

describe('a service that has forgotten its scripts, or never knew the flag', () => {
    it('F1: they are sent again', async () => {
        const store = new UpstashSessionStore({ redis: upstash.client(), keyPrefix: upstash.prefix() });
        await store.storeSession('id', session('id'));
        await upstash.rest.forgetScripts();
        expect(await store.getSession('id')).toMatchObject({ sessionId: 'id' });
        expect(await store.getAndTouchSession('id')).toMatchObject({ sessionId: 'id' });
    });

    it('works with servers that speak the protocol and lock nothing', async () => {
        const plain = await openUpstash(undefined, { keyLocking: false });
        try {
            const store = new UpstashSessionStore({ redis: plain.client(), keyPrefix: plain.prefix() });
            await store.storeSession('id', session('id'));
            plain.rest.take();
            expect(await store.getAndTouchSession('id')).toMatchObject({ sessionId: 'id' });
            expect(plain.rest.take().requests).toBe(1);
        } finally {
            await plain.close();
        }
    });
});
