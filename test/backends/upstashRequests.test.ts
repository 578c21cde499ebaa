import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { UpstashSessionStore } from '@mcp-sessions/upstash';
import type { Wire } from '../cluster/support/wire.js';
import { openUpstash, type OpenedUpstash } from './upstashKinds.js';
import { openNode, type NodeOptions, type UpstashNode } from './upstashNodes.js';

let upstash: OpenedUpstash;
let nodes: UpstashNode[] = [];
/** So long that no poll comes in between, and none where it is the polls that count. */
const seldom = { minIntervalMs: 60_000, maxIntervalMs: 60_000 };
const often = { minIntervalMs: 10, maxIntervalMs: 20 };
const patience = { timeout: 20_000, interval: 10 };

beforeAll(async () => {
    upstash = await openUpstash();
    // Scripts that the server does not know yet cost a request more, once.
    const [a, b] = [await node('warm-up', {}, seldom), await node('warm-up', {}, seldom)];
    const wire = a.wire();
    await wire.begin();
    await wire.tool('count', { name: 'n', to: 1 });
    await wire.request('logging/setLevel', { level: 'error' });
    const stream = await wire.at(b.wire().url).listen();
    await stream.cut();
    await wire.at(b.wire().url).end();
    await closeNodes();
    await taken();
});
afterEach(closeNodes);
afterAll(() => upstash.close());

async function closeNodes(): Promise<void> {
    await Promise.all(nodes.map(opened => opened.close()));
    nodes = [];
}

async function node(name: string, options: NodeOptions = {}, intervals = seldom): Promise<UpstashNode> {
    const opened = await openNode(
        { redis: upstash.client(), keyPrefix: `test:${name}:`, ...intervals },
        { revalidateMs: 60_000, storeTimeoutMs: 20_000, ...options }
    );
    nodes.push(opened);
    return opened;
}

async function begun(opened: UpstashNode): Promise<Wire> {
    const wire = opened.wire();
    await wire.begin();
    await taken();
    return wire;
}

/** What was asked for since the last time, when nothing more comes. */
async function taken(): Promise<string[]> {
    const { rest } = upstash;
    for (let before = -1; before !== rest.counts.commands.length; ) {
        before = rest.counts.commands.length;
        await new Promise(resolve => setTimeout(resolve, 150));
    }
    return rest.take().commands.map(kindOf);
}

/** Every command is a script: this says on what, and of those that stand for one command of Redis which. */
function kindOf([name, , count, ...rest]: readonly string[]): string {
    const [key = '', ...args] = rest.slice(Number(count) - 1);
    if (name !== 'evalsha') return `not known: ${name}`;
    if (args.length === 0) return 'GET';
    if (/^[A-Z]+$/.test(args[0] ?? '')) return args[0] ?? '';
    return key.includes(':mail:') ? 'mail' : key.includes(':log') ? 'log' : 'update';
}

describe('what requests cost', () => {
    it('B3: with the session store alone', async () => {
        const [a, b] = [await node('store', { isWhole: false }), await node('store', { isWhole: false })];
        const wire = a.wire();
        await wire.initialize();
        expect(await taken()).toEqual(['SET']);
        await wire.notify('notifications/initialized');
        expect(await taken()).toEqual(['update']);
        for (let n = 0; n < 10; n++) await wire.tool('echo', { text: `${n}` });
        expect(await taken()).toEqual([]);
        await wire.at(b.wire().url).tool('echo', { text: 'cold' });
        expect(await taken()).toEqual(['GET', 'GETEX']);
        await wire.request('logging/setLevel', { level: 'error' });
        expect(await taken()).toEqual(['update']);
        await wire.end();
        expect(await taken()).toEqual(['GET', 'update', 'DEL']);
    });

    it('B3: a warm request that looks again costs one command', async () => {
        const wire = await begun(await node('again', { isWhole: false, revalidateMs: 0 }));
        for (let n = 0; n < 5; n++) await wire.tool('echo', { text: `${n}` });
        expect(await taken()).toEqual(Array(5).fill('GETEX'));
    });

    it('B3: a cold request waits for one request to Upstash only before its handler runs', async () => {
        const [a, b] = [await node('cold', { isWhole: false }), await node('cold', { isWhole: false, storeTimeoutMs: 5000 })];
        const wire = await begun(a);
        upstash.rest.fault({ served: 1 });
        try {
            expect(await wire.at(b.wire().url).tool('echo', { text: 'one round trip' })).toBe('one round trip');
            // What it did beside has been given up.
            await expect.poll(() => b.seen().errors, patience).not.toEqual([]);
        } finally {
            upstash.rest.fault('pass');
            await taken();
        }
    });

    it('B3: with the whole backend each message on a stream is one command, and what is sent together is one', async () => {
        const [a, b] = [await node('whole'), await node('whole')];
        const wire = a.wire();
        await wire.initialize();
        // At most once a second a node asks how far the notices to all sessions go.
        expect((await taken()).sort()).toEqual(['SET', 'log', 'log']);
        await wire.notify('notifications/initialized');
        expect((await taken()).sort()).toEqual(['mail', 'update']);
        await wire.tool('echo', { text: 'warm' });
        expect(await taken()).toEqual(['log']);
        await wire.tool('count', { name: 'n', to: 5 });
        const appends = await taken();
        expect(new Set(appends)).toEqual(new Set(['log']));
        expect(appends.length).toBeLessThanOrEqual(6);
        await wire.request('logging/setLevel', { level: 'error' });
        // Before it tells others it begins to listen to them, and what was missed until then may be of this session.
        expect((await taken()).sort()).toEqual(['GETEX', 'log', 'mail', 'mail', 'update']);
        await wire.at(b.wire().url).tool('echo', { text: 'cold' });
        // Three times in its time to live a session keeps its log alive, and a node the notices to all sessions.
        expect((await taken()).sort()).toEqual(['GET', 'GETEX', 'log', 'log', 'log']);
        await wire.end();
        expect((await taken()).sort()).toEqual(['DEL', 'GET', 'log', 'mail', 'update']);
    });

    it('B3: a page of a listing is a SCAN and one command for all of its records', async () => {
        const store = new UpstashSessionStore({ redis: upstash.client(), keyPrefix: 'test:listing:' });
        const session = { initialized: true, createdAt: 1, lastActivity: 1 };
        const ids = Array.from({ length: 60 }, (_, n) => `${n}`);
        await Promise.all(ids.map(sessionId => store.storeSession(sessionId, { ...session, sessionId })));
        await store.listSessions();
        await taken();
        // Among others there may be few: then it is looked for more of them.
        const { sessions } = await store.listSessions({ limit: 1000 });
        expect(sessions).toHaveLength(60);
        const { commands } = upstash.rest.take();
        expect(commands.map(([name]) => name?.toLowerCase())).toEqual(['scan', 'evalsha']);
    });

    it('B3: in JSON response mode a warm request costs nothing', async () => {
        const wire = await begun(await node('json', { transportOptions: { enableJsonResponse: true } }));
        for (let n = 0; n < 10; n++) await wire.tool('echo', { text: `${n}` });
        expect(await taken()).toEqual([]);
    });
});

describe('what polling costs', () => {
    it('B4: with nothing pending it makes no calls', async () => {
        const opened = await node('idle', {}, often);
        const wire = await begun(opened);
        await wire.tool('wait', { ms: 100 });
        const stream = await wire.listen();
        await expect.poll(() => upstash.rest.counts.commands.map(kindOf), patience).toContain('mail');
        await stream.cut();
        await taken();
        await new Promise(resolve => setTimeout(resolve, 50 * often.maxIntervalMs));
        expect(await taken()).toEqual([]);
    });

    it('B4: a poll is one command, however many streams a node has open', async () => {
        const opened = await node('many', {}, often);
        const wires = await Promise.all(Array.from({ length: 8 }, () => begun(opened)));
        const streams = await Promise.all(wires.map(wire => wire.listen()));
        // The node's own address, the one of all nodes, and one for each session.
        const polled = () => upstash.rest.counts.commands.filter(command => kindOf(command) === 'mail' && command[2] === '10');
        await expect.poll(() => polled().length, patience).toBeGreaterThan(3);
        await Promise.all(streams.map(stream => stream.cut()));
    });
});
