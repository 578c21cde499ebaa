import { randomUUID } from 'node:crypto';
import { digest } from '@mcp-sessions/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startPrivateRedis, type PrivateRedis } from '../../scripts/services.mjs';
import type { Cluster } from '../support/cluster.js';
import { buildFork } from './support/build.js';
import { closing } from './support/traffic/closing.js';
import { startNodes } from './support/traffic/nodes.js';
import { Traffic } from './support/traffic/traffic.js';
import { Visitor } from './support/traffic/visitor.js';
import { UNAVAILABLE, Wire } from './support/wire.js';

const ROOM = 1024 * 1024;
const FILLER = 'x'.repeat(8 * 1024);
const IDLE = 5;
const keyPrefix = `test:${randomUUID()}:`;

const started = closing(afterAll);
let server: PrivateRedis;
let cluster: Cluster;
beforeAll(async () => {
    await buildFork();
    server = await started(startPrivateRedis({ settings: { 'maxmemory-samples': 64 } }));
    const address = { kind: 'redis', client: 'ioredis 6', url: server.url } as const;
    cluster = await started(startNodes(address, { nodes: 2, env: { KEY_PREFIX: keyPrefix } }));
});

const keyOf = async ({ wire }: Visitor) => `${keyPrefix}{${await digest(wire.sessionId!)}}`;
const has = async (key: string) => (await server.command('EXISTS', key)) === 1;
const hasSession = async (visitor: Visitor) => has(await keyOf(visitor));
const hasLog = async (visitor: Visitor) => (await has(`${await keyOf(visitor)}:log`)) && has(`${await keyOf(visitor)}:log:state`);

/** From now on there is room for so many bytes; for less than there are, or for as many as anybody wants. */
const setRoom = (bytes: number) => server.command('CONFIG', 'SET', 'maxmemory', bytes);

/** A Redis that soon has no room left, and clients; some of them have done everything once and are idle. */
async function crowded(policy: 'allkeys-lru' | 'volatile-lru' | 'noeviction') {
    await setRoom(0);
    await server.command('FLUSHALL');
    await server.command('CONFIG', 'SET', 'maxmemory-policy', policy);
    const isEvicting = policy !== 'noeviction';
    const traffic = await Traffic.start(cluster, { visitors: 2, sessions: isEvicting, writes: isEvicting });
    const idle = Array.from({ length: IDLE }, () => new Visitor(cluster.proxy.url, traffic.verdict));
    for (const visitor of idle) {
        expect(await visitor.begin()).toBe(true);
        await visitor.round(() => true);
    }
    const [, used = ''] = /used_memory:(\d+)/.exec((await server.command('INFO', 'memory')) as string) ?? [];
    await setRoom(Number(used) + ROOM);
    return { traffic, idle };
}

/** Writes other keys, which use up the room, until something has come about. */
async function fill(isEnough: () => Promise<boolean>): Promise<void> {
    for (let n = 0; n < 2000; n++) {
        if (await isEnough()) return;
        for (let m = 0; m < 8; m++) await server.command('SET', `filler:${n}:${m}`, FILLER);
    }
    throw new Error('There is no end to the room');
}

async function expectRefused(url: string): Promise<void> {
    const { status, headers, body } = await new Wire(url).initialize();
    expect([status, headers.get('retry-after'), body]).toEqual([503, '1', UNAVAILABLE]);
}

describe('Redis has no memory left', { timeout: 90_000 }, () => {
    it('F4: allkeys-lru: a session whose record was evicted is 404 on every node, and clients begin anew', async () => {
        const { traffic, idle } = await crowded('allkeys-lru');
        const areGone = async () => (await Promise.all(idle.map(hasSession))).every(isThere => !isThere);
        await fill(areGone);
        for (const visitor of idle) {
            for (let n = 0; n < 2; n++) expect(await visitor.echo()).toBe('lost');
            expect((await visitor.wire.listen(visitor.calls[0]!.events[0]!.id)).status).toBe(404);
        }
        await traffic.add();
        await traffic.goesOn();
        await traffic.stop();
        await traffic.checkAll();
        expect(traffic.verdict.problems).toEqual([]);
    });

    it('F4, L6: allkeys-lru: a session whose log was evicted lives, and its event ids are 400', async () => {
        const { traffic, idle } = await crowded('allkeys-lru');
        const hit: Visitor[] = [];
        await fill(async () => {
            // The records are in use all the time, the logs are not.
            for (const { wire } of idle) expect((await wire.notify('notifications/roots/list_changed')).status).toBe(202);
            for (const visitor of idle)
                if ((await hasSession(visitor)) && !(await hasLog(visitor)) && !hit.includes(visitor)) hit.push(visitor);
            return hit.length >= 2;
        });
        expect(hit.length).toBeGreaterThanOrEqual(2);
        for (const visitor of hit) {
            const ids = visitor.calls.flatMap(({ events }) => events.map(({ id }) => id));
            expect(ids.length).toBeGreaterThan(2);
            for (const id of ids) expect((await visitor.wire.listen(id)).status).toBe(400);
            expect(await visitor.echo()).toBe('done');
            expect(await visitor.count()).toBe('done');
        }
        await traffic.goesOn();
        await traffic.stop();
        await traffic.checkAll();
        expect(traffic.verdict.problems).toEqual([]);
    });

    it('F4: volatile-lru, and others fill Redis with keys that stay: sessions are 404, new ones 503 until there is room', async () => {
        const { traffic, idle } = await crowded('volatile-lru');
        for (let n = 0; n < 20; n++) await server.command('SET', `filler:${n}`, FILLER);
        await setRoom(1);
        for (const visitor of idle) expect([await hasSession(visitor), await visitor.echo()]).toEqual([false, 'lost']);
        for (let n = 0; n < 2; n++) await expectRefused(cluster.proxy.url);
        expect(await server.command('EXISTS', 'filler:0')).toBe(1);
        await setRoom(0);
        await traffic.add();
        await traffic.goesOn();
        await traffic.stop();
        await traffic.checkAll();
        expect(traffic.verdict.problems).toEqual([]);
    });

    it('F4: noeviction: initialize is 503 until there is room; sessions that there are go on, end, and lose nothing', async () => {
        const { traffic, idle } = await crowded('noeviction');
        const [first, ...others] = idle;
        await setRoom(1);
        for (let n = 0; n < 2; n++) await expectRefused(cluster.proxy.url);
        for (const visitor of others) expect(await visitor.echo()).toBe('done');
        expect((await first!.wire.end()).status).toBe(200);
        expect((await first!.wire.request('tools/list')).status).toBe(404);
        await setRoom(0);
        await traffic.add();
        await traffic.goesOn();
        await traffic.stop();
        await traffic.checkAll();
        for (const visitor of others) {
            expect(await visitor.echo()).toBe('done');
            for (const { events } of visitor.calls) {
                for (const { id } of events) {
                    const stream = await visitor.wire.listen(id);
                    expect(stream.status).toBe(200);
                    await stream.cut();
                }
            }
        }
        expect(traffic.verdict.problems).toEqual([]);
        expect(traffic.lost).toEqual([]);
    });
});
