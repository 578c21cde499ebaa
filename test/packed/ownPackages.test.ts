import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { packages } from '../../scripts/build/packages.mjs';
import { runScript } from './support/runScript.js';
import { typecheck } from './support/typecheck.js';

const scratch = inject('scratch');

/** What each of them must export at least. */
const exported: Record<string, string[]> = {
    '@mcp-sessions/core': [
        ...['InMemorySessionStore', 'NodeStreamableHttpTransport', 'SessionError', 'WebStreamableHttpTransport', 'createMemoryBackend'],
        ...['isSessionError', 'withLock']
    ],
    '@mcp-sessions/redis': ['RedisEventLog', 'RedisMessageBus', 'RedisSessionLock', 'RedisSessionStore', 'createRedisBackend'],
    '@mcp-sessions/postgres': [
        ...['PostgresEventLog', 'PostgresMessageBus', 'PostgresSessionLock', 'PostgresSessionStore', 'createPostgresBackend', 'migrate']
    ],
    '@mcp-sessions/upstash': ['UpstashEventLog', 'UpstashSessionLock', 'UpstashSessionStore', 'createUpstashBackend'],
    '@mcp-sessions/backends': [
        ...['createMemorySessionStore', 'createSessionBackend', 'createSessionStore', 'isRedisAvailable'],
        ...['redisBackedServicesOf', 'registerRedisBackedServices']
    ],
    '@mcp-sessions/opentelemetry': ['instrumentSessions', 'instrumentSessionsIfInstalled'],
    '@mcp-sessions/testkit': ['eventLogContract', 'messageBusContract', 'sessionLockContract', 'sessionStoreContract', 'testContract']
};

describe('the packed packages', () => {
    it('D5: load from ESM and CommonJS with no driver installed', async () => {
        for (const driver of ['ioredis', 'redis', 'pg', '@upstash/redis', '@vercel/kv', '@opentelemetry/api']) {
            expect(existsSync(join(scratch.ownName, 'node_modules', driver)), driver).toBe(false);
        }
        const loaded = await runScript<Record<string, { esm: string[]; cjs: string[] }>>(
            join(scratch.ownName, 'load.mjs'),
            packages.map(({ name }) => name)
        );
        expect(Object.keys(loaded)).toEqual(Object.keys(exported));
        for (const [name, { esm, cjs }] of Object.entries(loaded)) {
            expect(cjs, name).toEqual(esm);
            expect(esm, name).toEqual(expect.arrayContaining(exported[name] ?? []));
        }
    });

    for (const resolution of ['node16', 'bundler'] as const) {
        it(`have types, moduleResolution ${resolution}`, () => {
            writeFileSync(
                join(scratch.ownName, 'packages.ts'),
                `import { InMemorySessionStore, NodeStreamableHttpTransport } from '@mcp-sessions/core';
                 import type { SessionStore } from '@mcp-sessions/core';
                 import { RedisSessionStore } from '@mcp-sessions/redis';
                 export const store: SessionStore = new InMemorySessionStore();
                 export const transport = new NodeStreamableHttpTransport({ sessionIdGenerator: () => 'id', sessionStore: store });
                 export const redisStore = (redis: ConstructorParameters<typeof RedisSessionStore>[0]['redis']): SessionStore =>
                     new RedisSessionStore({ redis, keyPrefix: 'mcp:session:', ttlSeconds: 3600 });`
            );
            expect(typecheck(scratch.ownName, ['packages.ts'], resolution)).toBe('');
        });
    }
});
