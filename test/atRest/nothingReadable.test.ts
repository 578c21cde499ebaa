import { randomUUID } from 'node:crypto';
import { createMemoryBackend, encryptBackend, SessionError, type MessageBus, type SessionBackend } from '@mcp-sessions/core';
import { createPostgresBackend } from '@mcp-sessions/postgres';
import { createRedisBackend } from '@mcp-sessions/redis';
import { createUpstashBackend } from '@mcp-sessions/upstash';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openRedis, type Service } from '../../scripts/services.mjs';
import { postgresKinds } from '../backends/postgresKinds.js';
import { openUpstash } from '../backends/upstashKinds.js';
import { Monitor } from '../cluster/support/monitor.js';
import { FetchNode } from '../session/fetchNode.js';
import { encryption } from './support/encryption.js';
import { openSession, Scenario, words } from './support/scenario.js';
import { dumpOf, rowsOf, stringsIn } from './support/strings.js';

/** The storage of two nodes, and all that a thief of it gets. */
interface Storage {
    readonly backends: readonly SessionBackend[];
    /** What is stored now, and what went to and fro since the beginning. */
    look(): Promise<string>;
    close(): Promise<void>;
}

let service: Service;
beforeAll(async () => {
    service = await openRedis({ say: () => undefined });
});
afterAll(() => service.stop());

/** The bus, and what was published on it. */
function watched(bus: MessageBus, published: string[]): MessageBus {
    return {
        publish: (address, message) => {
            published.push(address, message);
            return bus.publish(address, message);
        },
        subscribe: (address, listener) => bus.subscribe(address, listener)
    };
}

async function openMemory(): Promise<Storage> {
    const first = createMemoryBackend();
    const backends = [first, createMemoryBackend({ shareWith: first })];
    const published: string[] = [];
    return {
        backends: backends.map(backend => ({ ...backend, messageBus: watched(backend.messageBus, published) })),
        look: async () => [stringsIn(first), ...published].join('\n'),
        close: async () => void (await Promise.all(backends.map(backend => backend.close())))
    };
}

async function openOnRedis(): Promise<Storage> {
    const clients = [new Redis(service.url), new Redis(service.url), new Redis(service.url)] as const;
    const keyPrefix = `test:${randomUUID()}:`;
    const backends = clients.slice(1).map(redis => createRedisBackend({ redis, keyPrefix }));
    const { hostname, port, username, password } = new URL(service.url);
    const seen: string[] = [];
    const monitor = await Monitor.open({ host: hostname, port: Number(port), username, password }, ({ args }) => seen.push(...args));
    return {
        backends,
        look: async () => {
            const mark = randomUUID();
            await clients[0].echo(mark);
            await expect.poll(() => seen.includes(mark)).toBe(true);
            const dump = await dumpOf(clients[0], keyPrefix);
            expect(dump).toContain(':log');
            return [dump, ...seen].join('\n');
        },
        close: async () => {
            await Promise.all(backends.map(backend => backend.close()));
            monitor.close();
            clients.forEach(client => client.disconnect());
        }
    };
}

async function openOnPostgres(): Promise<Storage> {
    const postgres = await postgresKinds.find(({ name }) => name.includes('machine'))!.open();
    const tables = await postgres.tables();
    const backends = [0, 1].map(() => createPostgresBackend({ pool: postgres.pool(), ...tables }));
    const published: string[] = [];
    return {
        backends: backends.map(backend => ({ ...backend, messageBus: watched(backend.messageBus, published) })),
        look: async () => {
            const dump = await rowsOf(postgres.pool(), tables.schema);
            expect(dump.length).toBeGreaterThan(1000);
            return [dump, ...published].join('\n');
        },
        close: async () => {
            await Promise.all(backends.map(backend => backend.close()));
            await postgres.close();
        }
    };
}

async function openOnUpstash(): Promise<Storage> {
    const upstash = await openUpstash();
    const keyPrefix = upstash.prefix();
    const intervals = { minIntervalMs: 5, maxIntervalMs: 20 };
    const backends = [0, 1].map(() => createUpstashBackend({ redis: upstash.client(), keyPrefix, ...intervals }));
    const redis = new Redis(upstash.redisUrl);
    return {
        backends,
        look: async () => {
            const dump = await dumpOf(redis, keyPrefix);
            expect(dump).toContain(':log');
            // What was answered has been asked to be written, or is in what is there.
            return [dump, ...upstash.rest.counts.commands.flat()].join('\n');
        },
        close: async () => {
            await Promise.all(backends.map(backend => backend.close()));
            redis.disconnect();
            await upstash.close();
        }
    };
}

/** A client's session on two nodes, and which of its words can be found in the storage. */
async function wordsFound(open: () => Promise<Storage>, encrypt: (backend: SessionBackend) => SessionBackend): Promise<string[]> {
    const storage = await open();
    const scenario = new Scenario();
    const nodes = storage.backends.map(
        (backend, index) => new FetchNode('AB'[index]!, { ...encrypt(backend), furnish: scenario.furnish, revalidateMs: 0 })
    );
    const session = await openSession(nodes);
    const results = await scenario.play(session);
    expect(new Set(results)).toEqual(new Set([`${words.result} of ${words.argument} and ${words.answer}`]));
    await expect.poll(() => session.logged, { timeout: 10_000 }).toEqual([words.log, words.log, words.log, words.log]);
    const found = await storage.look();
    expect(nodes.flatMap(node => node.errors.filter(error => error instanceof SessionError))).toEqual([]);
    await session.close();
    await Promise.all(nodes.flatMap(node => [...node.transports.values()].map(async transport => (await transport).close())));
    await storage.close();
    return Object.entries({ ...words, sessionId: session.sessionId, tool: '"name":"work"', method: 'tools/call' })
        .filter(([, word]) => found.includes(word))
        .map(([name]) => name);
}

describe.each([
    { name: 'memory', open: openMemory },
    { name: 'Redis', open: openOnRedis },
    { name: 'Postgres', open: openOnPostgres },
    { name: 'Upstash', open: openOnUpstash }
])('what is stored and what goes over the bus, on $name', ({ open }) => {
    it('P7: holds no word of the session', async () => {
        expect(await wordsFound(open, backend => encryptBackend(backend, encryption()))).toEqual([]);
    });

    it('holds all of them without encryption, so that they would be found', async () => {
        const found = await wordsFound(open, backend => backend);
        expect(found).toEqual(expect.arrayContaining(['clientName', 'result', 'question', 'answer', 'uri', 'log', 'reason', 'level']));
    });
});
