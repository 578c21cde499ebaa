import type { MessageBus } from '@mcp-sessions/core';
import {
    createPostgresBackend,
    migrate,
    PostgresMessageBus,
    type ListeningClient,
    type PostgresPool,
    type PostgresQuery
} from '@mcp-sessions/postgres';
import { Client, type Pool } from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { startPrivatePostgres, type PrivatePostgres } from '../../scripts/services.mjs';
import { FaultProxy } from '../support/faultProxy.js';
import { testPool } from '../support/testPool.js';

const patience = { timeout: 20_000, interval: 20 };

let server: PrivatePostgres;
let pool: Pool;
let count = 0;
const cleanUp: (() => unknown)[] = [];
beforeAll(async () => {
    server = await startPrivatePostgres();
    pool = testPool({ connectionString: server.url });
});
afterEach(async () => {
    for (const task of cleanUp.splice(0).reverse()) await task();
});
afterAll(async () => {
    await pool.end();
    await server.stop();
});

async function tables() {
    const names = { pool, schema: 'test', tableName: `m${++count}`, sweepSeconds: Infinity };
    await migrate(pool, names);
    return names;
}

function open(options: ConstructorParameters<typeof PostgresMessageBus>[0]) {
    const warnings: string[] = [];
    const bus = new PostgresMessageBus({ logger: { warn: text => warnings.push(text) }, ...options });
    cleanUp.push(() => bus.close());
    return { bus, warnings };
}

/** A bus, and the channel on which it listens. */
async function openOnChannel() {
    const query = vi.spyOn(pool, 'query');
    const { bus } = open(await tables());
    const nodes = await listen(bus, 'nodes');
    const notify = query.mock.calls.map(([call]) => call as unknown as PostgresQuery).find(({ text }) => text?.includes('pg_notify'));
    query.mockRestore();
    return { bus, nodes, channel: notify?.values?.[0] as string };
}

async function listen(bus: MessageBus, address: string) {
    const state = { heard: [] as string[], gaps: 0 };
    const subscription = await bus.subscribe(address, { onMessage: text => void state.heard.push(text), onGap: () => void state.gaps++ });
    return Object.assign(state, { close: () => subscription.close() });
}

/** Connections that listen: the last that they did is to listen, or to show that they still live. */
const listeners = `FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND (query LIKE 'LISTEN%' OR query = 'SELECT 1') AND state = 'idle'`;
const listening = async () => Number((await pool.query<{ n: string }>(`SELECT count(*) AS n ${listeners}`)).rows[0]?.n);

describe('PostgresMessageBus', () => {
    it('F2: a connection that is killed is found again, then every listener is told of the gap', async () => {
        const { bus, warnings } = open(await tables());
        const all = [await listen(bus, 'nodes'), await listen(bus, 'nodes'), await listen(bus, 'session/a')];
        expect(await listening()).toBe(1);
        for (let round = 1; round <= 3; round++) {
            await pool.query(`SELECT pg_terminate_backend(pid) ${listeners}`);
            await vi.waitFor(() => expect(all.map(({ gaps }) => gaps)).toEqual([round, round, round]), patience);
            await bus.publish('nodes', `${round}`);
            await bus.publish('session/a', `{"stream":"${round}"}`);
            await vi.waitFor(() => expect(all.map(({ heard }) => heard.length)).toEqual([round, round, round]), patience);
        }
        expect(all.map(({ heard }) => heard)).toEqual([
            ['1', '2', '3'],
            ['1', '2', '3'],
            ['{"stream":"1"}', '{"stream":"2"}', '{"stream":"3"}']
        ]);
        expect(warnings).toHaveLength(6);
    });

    it('F2: Postgres stops and comes back: subscriptions that began before and meanwhile are in force', async () => {
        const { bus } = open(await tables());
        const before = await listen(bus, 'nodes');
        await server.halt();
        const during = [listen(bus, 'node/a'), listen(bus, 'nodes')];
        await expect(bus.publish('nodes', 'x')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
        await server.start();
        const [a, nodes] = await Promise.all(during);
        await vi.waitFor(() => expect(before.gaps).toBe(1), patience);
        await bus.publish('nodes', '1');
        await bus.publish('node/a', '2');
        await vi.waitFor(() => expect([before.heard, nodes!.heard, a!.heard]).toEqual([['1'], ['1'], ['2']]), patience);
        expect([a!.gaps, nodes!.gaps]).toEqual([0, 0]);
    });

    it('F2: a connection over which nothing comes any more is replaced', async () => {
        const proxy = await FaultProxy.start(server.port);
        cleanUp.push(() => proxy.stop());
        let made = 0;
        const connect = () => {
            made++;
            return new Client({ host: '127.0.0.1', port: proxy.port, user: 'postgres', database: 'postgres' });
        };
        const { bus } = open({ ...(await tables()), connect, heartbeatMs: 500 });
        const nodes = await listen(bus, 'nodes');
        await proxy.set('blackhole');
        await bus.publish('nodes', 'lost');
        await vi.waitFor(() => expect(made).toBeGreaterThan(1), patience);
        await proxy.set('pass');
        await vi.waitFor(() => expect(nodes.gaps).toBe(1), patience);
        await bus.publish('nodes', '1');
        await vi.waitFor(() => expect(nodes.heard).toEqual(['1']), patience);
    });

    it('whoever listens on the channel hears nothing of what a client or a server has said', async () => {
        const { bus, nodes, channel } = await openOnChannel();
        const spy = new Client({ connectionString: server.url });
        await spy.connect();
        cleanUp.push(() => spy.end());
        const payloads: string[] = [];
        spy.on('notification', ({ payload = '' }) => payloads.push(payload));
        await spy.query(`LISTEN "${channel}"`);
        const secrets = [
            JSON.stringify({
                call: 1,
                from: 'b',
                question: { ask: 'deliver', session: 's', message: { jsonrpc: '2.0', id: 1, result: 'secret' } }
            }),
            JSON.stringify({
                call: 2,
                from: 'b',
                question: { ask: 'cancel', session: 's', message: { method: 'x', params: { reason: 'secret' } } }
            }),
            JSON.stringify({ stream: 'secret'.repeat(500) }),
            'secret'
        ];
        for (const message of [...secrets, '{"stream":"s"}']) await bus.publish('nodes', message);
        await vi.waitFor(() => expect(nodes.heard).toEqual([...secrets, '{"stream":"s"}']), patience);
        await vi.waitFor(() => expect(payloads).toHaveLength(5), patience);
        expect(payloads.join()).not.toContain('secret');
        expect(payloads.every(payload => payload.length < 200)).toBe(true);
    });

    it('P6: what others send on the channel is dropped', async () => {
        const { bus, nodes, channel } = await openOnChannel();
        for (const payload of ['', 'x', '= 1', '@ 1 nodes x', '@ 1 nodes 99999999999999999999', '? x', '= 1 node\n x']) {
            await pool.query('SELECT pg_notify($1, $2)', [channel, payload]);
        }
        await bus.publish('nodes', 'good');
        await vi.waitFor(() => expect(nodes.heard).toEqual(['good']), patience);
        expect(nodes.gaps).toBe(0);
    });

    it('P6: who may connect to the database, and has no right to the tables, can ring bells and say nothing more', async () => {
        const { bus, nodes, channel } = await openOnChannel();
        await pool.query(`CREATE ROLE stranger LOGIN`);
        const stranger = new Client({ host: '127.0.0.1', port: server.port, user: 'stranger', database: 'postgres' });
        await stranger.connect();
        cleanUp.push(() => stranger.end());
        const answer = { jsonrpc: '2.0', id: 'x~1', result: { action: 'accept' } };
        const forged = [
            { call: 1, from: 'x', question: { ask: 'deliver', session: 's', message: answer } },
            { call: 1, from: 'x', question: { ask: 'cancel', session: 's', message: { jsonrpc: '2.0', method: 'x' } } },
            { reply: 1, from: 'x', answer: 'yes' },
            { stream: 's', hangUp: true },
            { stream: 's', released: 'r' },
            'text'
        ].map(message => JSON.stringify(message));
        const bell = '{"stream":"s"}';
        for (const [index, message] of [...forged, bell].entries()) {
            await stranger.query('SELECT pg_notify($1, $2)', [channel, `= ${index} nodes ${message}`]);
        }
        await expect(stranger.query('SELECT * FROM test.m1_mail')).rejects.toThrow('permission denied');
        // Those who have the right to the tables say all of it.
        for (const message of forged) await bus.publish('nodes', message);
        await vi.waitFor(() => expect(nodes.heard).toEqual([bell, ...forged]), patience);
        expect(nodes.gaps).toBe(0);
    });

    it('a listener that throws takes nothing from the others, nor from what comes later', async () => {
        const { bus, warnings } = open(await tables());
        const fail = () => {
            throw new Error('broken');
        };
        await bus.subscribe('nodes', { onMessage: fail, onGap: fail });
        const nodes = await listen(bus, 'nodes');
        for (const message of ['letter', '{"stream":"s"}', 'another letter']) {
            await bus.publish('nodes', message);
            await vi.waitFor(() => expect(nodes.heard.at(-1)).toBe(message), patience);
        }
        expect(nodes.heard).toHaveLength(3);
        expect(new Set(warnings)).toEqual(new Set(['mcp-sessions: a listener of the message bus failed: broken']));
    });

    it('keeps apart what is in different tables, schemas and databases', async () => {
        const names = await tables();
        const elsewhere = { ...names, schema: 'other' };
        await migrate(pool, elsewhere);
        const [one, other] = [open(names).bus, open(elsewhere).bus];
        const [here, there] = [await listen(one, 'nodes'), await listen(other, 'nodes')];
        await one.publish('nodes', 'one');
        await other.publish('nodes', 'other');
        await vi.waitFor(() => expect([here.heard, there.heard]).toEqual([['one'], ['other']]), patience);
    });

    it('behind a pooler that swallows LISTEN a subscription is refused, and the refusal says what to do', async () => {
        const connect = (): ListeningClient => {
            const client = new Client({ connectionString: server.url });
            const query = client.query.bind(client) as ListeningClient['query'];
            return Object.assign(client, {
                query: (statement: { text: string }) => query(statement.text.startsWith('LISTEN') ? { text: 'SELECT 2' } : statement)
            });
        };
        const { bus, warnings } = open({ ...(await tables()), connect });
        await expect(listen(bus, 'nodes')).rejects.toThrow(/listen: false/);
        expect(warnings).toHaveLength(1);
    });

    it('closes its connection, also one that cannot be had, and refuses more', async () => {
        const { bus } = open(await tables());
        const before = await listening();
        await listen(bus, 'nodes');
        await bus.close();
        await vi.waitFor(async () => expect(await listening()).toBeLessThanOrEqual(before), patience);
        await expect(bus.publish('nodes', 'x')).rejects.toThrow('closed');
        await expect(listen(bus, 'nodes')).rejects.toThrow('closed');

        const connect = () => new Client({ host: '127.0.0.1', port: 1 });
        const failing = open({ ...(await tables()), connect });
        const waiting = listen(failing.bus, 'nodes');
        await vi.waitFor(() => expect(failing.warnings).toHaveLength(1), patience);
        const refused = expect(waiting).rejects.toThrow('closed');
        await failing.bus.close();
        await refused;
    });

    it('X1: with listen: false nodes hear of each other by polling, and no statement waits for a listener', async () => {
        const names = await tables();
        const [a, b] = [createPostgresBackend({ ...names, listen: false }), createPostgresBackend({ ...names, listen: false })];
        cleanUp.push(() => Promise.all([a.close(), b.close()]));
        const before = await listening();
        const heard: string[] = [];
        await a.messageBus.subscribe('node/a', { onMessage: text => void heard.push(text), onGap: () => undefined });
        await b.messageBus.publish('node/a', 'hello');
        await vi.waitFor(() => expect(heard).toEqual(['hello']), patience);
        expect(await listening()).toBe(before);
    });

    it('refuses options that make no sense', async () => {
        const names = await tables();
        expect(() => createPostgresBackend({ pool: {} as PostgresPool })).toThrow(TypeError);
        const bare = { query: pool.query.bind(pool), connect: pool.connect.bind(pool), on: pool.on.bind(pool) } as unknown as PostgresPool;
        expect(() => createPostgresBackend({ ...names, pool: bare })).toThrow(/connect/);
        for (const wrong of [
            { ttlSeconds: 0 },
            { maxEvents: 1.5 },
            { maxBytes: -1 },
            { maxAgeSeconds: NaN },
            { heartbeatMs: 0 },
            { maxSessions: 0 }
        ]) {
            expect(() => createPostgresBackend({ ...names, ...wrong })).toThrow(RangeError);
        }
        for (const wrong of [{ sweepSeconds: 0 }, { queryTimeoutMs: -1 }, { initializeTtlSeconds: 0 }, { maxSessionsPerPrincipal: 1.5 }]) {
            expect(() => createPostgresBackend({ ...names, ...wrong })).toThrow(RangeError);
        }
    });
});
