import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { createServer, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { isInstrumented, type HandlerBackend } from '@mcp-sessions/core';
import { migrate } from '@mcp-sessions/postgres';
import { createMemoryBackend, createSessionHandler } from '@mcp-sessions/sdk/server';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import * as backends from '../../examples/fences/backends.js';
import * as cluster from '../../examples/fences/cluster.js';
import * as customStore from '../../examples/fences/customStore.js';
import * as deploying from '../../examples/fences/deploying.js';
import * as diagnostics from '../../examples/fences/diagnostics.js';
import * as encryption from '../../examples/fences/encryption.js';
import * as handler from '../../examples/fences/handler.js';
import * as monitor from '../../examples/fences/monitor.js';
import * as opentelemetry from '../../examples/fences/opentelemetry.js';
import * as postgres from '../../examples/fences/postgres.js';
import * as readme from '../../examples/fences/readme.js';
import * as redisPage from '../../examples/fences/redis.js';
import * as sdk from '../../examples/fences/sdk.js';
import * as sessions from '../../examples/fences/sessions.js';
import * as upstash from '../../examples/fences/upstash.js';
import { newKey } from '../atRest/support/encryption.js';
import { initialize as initializeAt } from '../handler/support/requests.js';
import { call, clientInfo, initialize } from '../session/fetchNode.js';
import { privatePostgres, privateRedis } from '../support/privateServers.js';
import { startUpstashRest } from '../support/upstashRest.js';

const { server: redisServer, redis } = await privateRedis();
const { server: postgresServer, pool } = await privatePostgres();
const rest = await startUpstashRest({ redisUrl: redisServer.url });
afterAll(() => rest.stop());

const pages = {
    backends,
    cluster,
    customStore,
    deploying,
    diagnostics,
    encryption,
    handler,
    monitor,
    opentelemetry,
    postgres,
    readme,
    redis: redisPage,
    sdk,
    sessions,
    upstash
};

const said = vi.spyOn(console, 'log');
beforeEach(() => void said.mockReset().mockImplementation(() => undefined));
afterEach(() => vi.unstubAllEnvs());

function buildServer(): McpServer {
    const server = new McpServer({ name: 'S', version: '1' });
    server.registerTool('hello', {}, () => ({ content: [{ type: 'text', text: 'welcome' }] }));
    return server;
}

/** A session that begins at one node goes on at another. */
async function serve(backend: HandlerBackend, another = backend): Promise<void> {
    const nodes = [backend, another].map(shared => createSessionHandler(() => buildServer(), { backend: shared }));
    const begun = await nodes[0]!.fetch(initialize());
    await begun.text();
    const answer = await nodes[1]!.fetch(call(begun.headers.get('mcp-session-id') ?? '', 'tools/call', { name: 'hello' }));
    expect(await answer.text()).toContain('welcome');
    await Promise.all(nodes.map(node => node.close()));
}

it('each file of examples/fences is run here', () => {
    const files = readdirSync(new URL('../../examples/fences/', import.meta.url));
    expect(files.sort()).toEqual(Object.keys(pages).map(name => `${name}.ts`));
});

describe('S1: what documents show serves a session from any node:', () => {
    it('one process that stands for two, whose diagnostics tell of it', async () => {
        const [first, second] = cluster.openInOneProcess();
        await serve(first, second);
        expect(said).toHaveBeenCalledWith(expect.stringMatching(/^session \S+ goes on here, after \d+ ms$/));
        await Promise.all([first.close(), second.close()]);
    });

    it('the smallest change', async () => {
        const backend = readme.shareTransports(redis);
        await serve(backend);
        await backend.close();
    });

    it('a cluster', async () => {
        const backend = cluster.open(redis, buildServer);
        await serve(backend);
        await backend.close();
    });

    it('ioredis', async () => {
        vi.stubEnv('REDIS_URL', redisServer.url);
        const { redis: client, backend } = redisPage.open();
        await serve(backend);
        await backend.close();
        await client.quit();
    });

    it('node-redis', async () => {
        vi.stubEnv('REDIS_URL', redisServer.url);
        const { redis: client, backend } = await redisPage.openNodeRedis();
        await serve(backend);
        await backend.close();
        await client.close();
    });

    it('encryption', async () => {
        const backend = encryption.open(redis, newKey('one').key as string);
        await serve(backend);
        await backend.close();
    });

    it('limits', async () => {
        const sessionStore = sessions.openStore(redis);
        await serve({ sessionStore });
    });

    it('Postgres', async () => {
        vi.stubEnv('POSTGRES_URL', postgresServer.url);
        const { pool: another, backend } = await postgres.open();
        another.on('error', () => undefined);
        await serve(backend);
        await backend.close();
        await another.end();
    });

    it('Postgres, the store alone', async () => {
        await migrate(pool, { tableName: 'mcp_sessions' });
        await serve({ sessionStore: postgres.openStore(pool) });
    });

    it('Upstash', async () => {
        vi.stubEnv('UPSTASH_REDIS_REST_URL', rest.url);
        vi.stubEnv('UPSTASH_REDIS_REST_TOKEN', rest.token);
        const backend = upstash.open();
        await serve(backend);
        await backend.close();
        expect(await upstash.openClient(rest.url, rest.token).ping()).toBe('PONG');
    });

    it('a backend that is chosen', async () => {
        vi.stubEnv('REDIS_URL', redisServer.url);
        const { other } = await backends.choose(postgresServer.url);
        await serve(other);
        await other.close();
    });

    it('a backend of your own', async () => {
        const database = new customStore.Database();
        const backend = customStore.openBackend(database);
        await serve(backend);
        await backend.close();
        expect(database.isOpen).toBe(false);
        customStore.shareSessions(pool);
    });
});

describe('docs/handler.md', () => {
    it('mounts on Express, on Hono and on what takes a Request', async () => {
        const http = createServer(handler.app).listen(0, '127.0.0.1');
        await once(http, 'listening');
        expect(await initializeAt(`http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`)).not.toBe('');
        http.closeAllConnections();
        http.close();
        const mounted: ((request: Request) => Response | Promise<Response>)[] = [handler.GET, handler.default.fetch, handler.hono.fetch];
        for (const fetch of mounted) {
            const answer = await fetch(initialize());
            expect(answer.status).toBe(200);
            await answer.text();
        }
    });

    it('lists, reads and ends sessions', async () => {
        const begun = await handler.GET(initialize());
        await begun.text();
        const id = begun.headers.get('mcp-session-id') ?? '';
        expect(await handler.sessions.get(id)).not.toBeNull();
        await handler.operate(id, 'ann');
        expect(said).toHaveBeenCalledWith(expect.any(Number), expect.any(Number), clientInfo);
        expect(await handler.sessions.get(id)).toBeNull();
    });

    it.each([handler.perTenant, sessions.perTenant])('P1: binds sessions to a tenant', async perTenant => {
        const node = createSessionHandler(() => buildServer(), perTenant);
        const as = (tenant: string) => ({ authInfo: { token: tenant, clientId: 'shop', scopes: [], extra: { tenant } } });
        const begun = await node.fetch(initialize(), as('acme'));
        await begun.text();
        const ask = () => call(begun.headers.get('mcp-session-id') ?? '', 'tools/list');
        const answers = [await node.fetch(ask(), as('acme')), await node.fetch(ask(), as('other'))];
        expect(answers.map(({ status }) => status)).toEqual([200, 404]);
        await Promise.all(answers.map(answer => answer.text()));
        await node.close();
    });
});

it('docs/cluster.md: a tool asks on the stream of its call', async () => {
    const server = new McpServer({ name: 'S', version: '1' });
    cluster.addQuestion(server, { message: 'Sure?', requestedSchema: { type: 'object', properties: {} } });
    const client = new Client({ name: 'C', version: '1' }, { capabilities: { elicitation: {} } });
    client.setRequestHandler(ElicitRequestSchema, ({ params }) => ({ action: params.message === 'Sure?' ? 'accept' : 'decline' }));
    const [ours, theirs] = InMemoryTransport.createLinkedPair();
    await Promise.all([server.connect(ours), client.connect(theirs)]);
    expect((await client.callTool({ name: 'ask' })).content).toEqual([{ type: 'text', text: 'accept' }]);
    await client.close();
});

it('docs/custom-store.md: a clause that is skipped is one of the contract', async () => {
    const tests = new Map<string, () => Promise<void>>();
    const store = new customStore.MyStore(new customStore.Database());
    customStore.testWithoutOneClause({
        open: async () => ({ store: () => store, close: async () => undefined }),
        describe: (_name, state) => state(),
        it: (title, test) => tests.set(title, test)
    });
    expect([...tests.keys()].filter(title => title.includes('[skipped: expiry by the day only]'))).toHaveLength(1);
    await [...tests.values()][0]?.();
});

it('docs/deploying.md: idle connections outlast those of the balancer', () => {
    const server = new Server();
    deploying.outlastTheBalancer(server);
    expect([server.keepAliveTimeout, server.headersTimeout]).toEqual([65_000, 66_000]);
});

it('docs/monitor.md: a node is seen when it serves, and when it goes', async () => {
    const backend = createMemoryBackend();
    const watch = await monitor.watchIt(backend);
    const node = createSessionHandler(() => buildServer(), { backend });
    await (await node.fetch(initialize())).text();
    const says = (text: RegExp) => vi.waitFor(() => expect(said).toHaveBeenCalledWith(expect.stringMatching(text)), 20_000);
    await says(/: \d+ sessions, \d+ calls$/);
    await node.close();
    await says(/ is gone$/);
    await watch.close();
    await backend.close();
});

it('the READMEs of the packages import what there is', () => {
    expect(isInstrumented()).toBe(true);
    expect(Object.values(sdk.imported)).toEqual([expect.any(Function), expect.any(Function)]);
});
